"""What a plan has to know of a proxy in front of the services that it recreates."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Proxy
from pixel_tui.operations.planning.plan import Expectation, ExpectedState, Risk, Step
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.programs import nginx_test
from pixel_tui.text import NO_TEXT, SafeText, plain

_TESTING: Final = SafeText("The proxy keeps running unchanged.")
CANCELLING: Final = SafeText(
    "Its upstream is running again by then; restart it, or it uses old addresses."
)


def proxies_to_restart(
    draft: PlanDraft, recreated: Iterable[str], seen_to: Collection[str]
) -> tuple[SafeText, ...]:
    """Add a step that restarts each running proxy which keeps the address of one of these.

    Where a proxy's configuration can't be read, it says so in its place.

    Args:
        draft: The plan in the making.
        recreated: The services that get new containers, and so may get other addresses.
        seen_to: The services that are recreated or restarted in any case.

    Returns:
        The proxies that the plan restarts.
    """
    names = list(recreated)
    restarted = []
    for proxy in draft.facts.proxies:
        target = find_target(proxy.service, draft.snapshot)
        if target is None or not target.up or proxy.service in seen_to:
            continue
        kept = kept_addresses(draft, proxy, names)
        if not kept:
            _warn_of_unknown(draft, proxy, names)
            continue
        cause = f"it keeps the address that {listed(kept)} had when it started"
        draft.warn("proxy", f"{proxy.service} is restarted at the end: {cause} ({proxy.file})")
        test_configuration(draft, [target])
        argv = draft.command.compose_argv("restart", names=[proxy.service])
        draft.steps.append(Step(plain(f"Restart {proxy.service}"), argv, CANCELLING))
        draft.affect(proxy.service, "is restarted at the end", cause)
        if draft.risk is Risk.SAFE:
            draft.risk = Risk.DISRUPTIVE
        back = "it is healthy" if target.probed else "it runs"
        draft.interrupt(target, f"up to {span(target.grace)} to stop, then until {back} again")
        draft.expect_running(target, target.containers, by_the_way=True)
        restarted.append(proxy.service)
    return tuple(restarted)


def test_configuration(draft: PlanDraft, targets: Iterable[Target]) -> None:
    """Add a step that tests the configuration of each running nginx among these.

    Call it right before the step that restarts them: `nginx -t` looks its upstreams up, so what
    is behind it has to be there. Where the test fails the plan ends, and nginx runs on as it is.
    """
    names = {proxy.service for proxy in draft.facts.proxies}
    for target in targets:
        for container in target.up if target.service in names else ():
            argv = nginx_test.test_argv(draft.command, container.name)
            title = f"Test the configuration of {container.name}"
            draft.steps.append(Step(plain(title), argv, _TESTING, changes_nothing=True))


def watch_kept_addresses(draft: PlanDraft) -> None:
    """Verify that what is only restarted is found where a proxy goes on to look for it."""
    names = [target.service for target in draft.services if target.up]
    for proxy in draft.facts.proxies:
        target = find_target(proxy.service, draft.snapshot)
        kept = kept_addresses(draft, proxy, names)
        if not kept or target is None or not target.up or proxy.service in names:
            continue
        draft.warn(
            "proxy",
            f"{proxy.service} keeps the address of {listed(kept)} ({proxy.file}): if that "
            f"changes, {proxy.service} must be restarted as well",
        )
        draft.expected = [
            replace(item, keeper=proxy.service, addresses=_addresses(draft, item.name))
            if item.name in kept and not item.container_id
            else item
            for item in draft.expected
        ]


def ask_proxies(draft: PlanDraft) -> None:
    """Verify that the proxies that run still reach what is expected to run afterwards.

    Where a proxy's routes are not known it is asked for `/` alone. Call it last: it goes by
    what is expected by then.
    """
    names = {item.name for item in draft.expected if item.outcome is ExpectedState.RUNNING}
    for proxy in draft.facts.proxies:
        target = find_target(proxy.service, draft.snapshot)
        if target is None or not target.up:
            continue
        own = proxy.service in names
        if not proxy.routes and (own or _stands_before(draft, proxy, names)):
            path = SafeText("/")
            draft.expected.append(
                Expectation(proxy.service, ExpectedState.REACHED, keeper=proxy.service, path=path)
            )
        for spec in draft.project.services:
            known = {spec.name, *_names(draft, spec)}
            route = next((item for item in proxy.routes if item.host in known), None)
            if route is None or not names & {spec.name, proxy.service}:
                continue
            behind = find_target(spec.name, draft.snapshot)
            if spec.name not in names and (behind is None or not behind.up or not behind.well):
                continue  # it was out of reach before, and the plan is not about it
            draft.expected.append(
                Expectation(
                    spec.name,
                    ExpectedState.REACHED,
                    keeper=proxy.service,
                    path=plain(route.path),
                    host_name=plain(route.server_name),
                    port=route.port,
                    tls=route.tls,
                )
            )


def _stands_before(draft: PlanDraft, proxy: Proxy, services: Collection[str]) -> bool:
    return any(
        dependency.service in services
        for spec in draft.project.services
        if spec.name == proxy.service
        for dependency in spec.depends_on
    )


def _addresses(draft: PlanDraft, name: str) -> tuple[SafeText, ...]:
    service = draft.snapshot.service(name)
    containers = service.regular if service is not None else ()
    found = {place.address for item in containers for place in item.networks} - {NO_TEXT}
    return tuple(sorted(found))


def kept_addresses(draft: PlanDraft, proxy: Proxy, services: Iterable[str]) -> list[str]:
    """Which of these services a proxy knows by an address that it never looks up again."""
    wanted = set(services)
    return [
        spec.name
        for spec in draft.project.services
        if spec.name in wanted and {spec.name, *_names(draft, spec)} & set(proxy.pinned)
    ]


def _names(draft: PlanDraft, spec: ServiceSpec) -> set[SafeText]:
    """The other names under which a service can be reached in its networks."""
    service = draft.snapshot.service(spec.name)
    containers = service.regular if service is not None else ()
    aliases = {alias for item in containers for place in item.networks for alias in place.aliases}
    return {spec.container_name, *aliases, *(item.name for item in containers)} - {NO_TEXT}


def _warn_of_unknown(draft: PlanDraft, proxy: Proxy, services: Iterable[str]) -> None:
    if proxy.unknown and _stands_before(draft, proxy, set(services)):
        draft.warn(
            "proxy",
            f"unknown whether {proxy.service} keeps old addresses ({proxy.unknown}): if it "
            f"answers 502 afterwards, restart {proxy.service}",
        )
