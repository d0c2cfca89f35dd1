"""Steps and checks for the reverse proxies of recreated and restarted services."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from pixel_tui.humanize import listed
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Proxy
from pixel_tui.operations.planning.plan import Expectation, ExpectedState, Step
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.programs import nginx_test
from pixel_tui.text import NO_TEXT, SafeText, plain

_TESTING: Final = SafeText("The proxy keeps running unchanged.")
CANCEL_EFFECT: Final = SafeText(
    "Its upstream is running again by then; restart it, or it uses old addresses."
)


def restart_proxies(
    draft: PlanDraft, recreated: Iterable[str], handled: Collection[str]
) -> tuple[SafeText, ...]:
    """Add steps that restart the running proxies that keep the address of a recreated service.

    A proxy whose configuration can't be read gets a warning instead.

    Args:
        draft: The plan being drafted.
        recreated: The services that get new containers and maybe new addresses.
        handled: The services that are recreated or restarted anyway.

    Returns:
        The restarted proxies.
    """
    names = list(recreated)
    restarted = []
    for proxy in draft.facts.proxies:
        target = find_target(proxy.service, draft.snapshot)
        if target is None or not target.up or proxy.service in handled:
            continue
        kept = pinned_services(draft, proxy, names)
        if not kept:
            _warn_of_unknown(draft, proxy, names)
            continue
        cause = f"it keeps the address that {listed(kept)} had when it started"
        draft.warn("proxy", f"{proxy.service} is restarted at the end: {cause} ({proxy.file})")
        add_configuration_test(draft, [target])
        argv = draft.command.compose_argv("restart", names=[proxy.service])
        draft.steps.append(Step(plain(f"Restart {proxy.service}"), argv, CANCEL_EFFECT))
        draft.affect(proxy.service, "is restarted at the end", cause)
        draft.raise_to_disruptive()
        draft.interrupt_until_back(target)
        draft.expect_running(target, target.containers, incidental=True)
        restarted.append(proxy.service)
    return tuple(restarted)


def add_configuration_test(draft: PlanDraft, targets: Iterable[Target]) -> None:
    """Add a step that tests the configuration of each running nginx among the targets.

    Call it right before the step that restarts them: `nginx -t` resolves the upstreams, so they
    must be running. If the test fails, the plan stops there and nginx keeps running.
    """
    names = {proxy.service for proxy in draft.facts.proxies}
    for target in targets:
        for container in target.up if target.service in names else ():
            argv = nginx_test.test_argv(draft.command, container.name)
            title = f"Test the configuration of {container.name}"
            draft.steps.append(Step(plain(title), argv, _TESTING, changes_nothing=True))


def verify_pinned_addresses(draft: PlanDraft) -> None:
    """Verify that restarted services keep the addresses that a proxy has resolved."""
    names = [target.service for target in draft.services if target.up]
    for proxy in draft.facts.proxies:
        target = find_target(proxy.service, draft.snapshot)
        kept = pinned_services(draft, proxy, names)
        if not kept or target is None or not target.up or proxy.service in names:
            continue
        draft.warn(
            "proxy",
            f"{proxy.service} keeps the address of {listed(kept)} ({proxy.file}): if that "
            f"changes, {proxy.service} must be restarted as well",
        )
        draft.expected = [
            replace(item, proxy=proxy.service, addresses=_addresses(draft, item.name))
            if item.name in kept and not item.container_id
            else item
            for item in draft.expected
        ]


def verify_through_proxies(draft: PlanDraft) -> None:
    """Verify that running proxies reach the services that are expected to run afterwards.

    If a proxy's routes are unknown, only `/` is requested. Call it last: it uses the expectations
    of the draft.
    """
    names = {item.name for item in draft.expected if item.state is ExpectedState.RUNNING}
    for proxy in draft.facts.proxies:
        target = find_target(proxy.service, draft.snapshot)
        if target is None or not target.up:
            continue
        own = proxy.service in names
        if not proxy.routes and (own or _depends_on_any(draft, proxy, names)):
            path = SafeText("/")
            draft.expected.append(
                Expectation(proxy.service, ExpectedState.REACHED, proxy=proxy.service, path=path)
            )
        for spec in draft.project.services:
            known = {spec.name, *_aliases(draft, spec)}
            route = next((item for item in proxy.routes if item.host in known), None)
            if route is None or not names & {spec.name, proxy.service}:
                continue
            upstream = find_target(spec.name, draft.snapshot)
            if spec.name not in names and (
                upstream is None or not upstream.up or not upstream.healthy
            ):
                continue  # it was not reachable before, and the plan is not about it
            draft.expected.append(
                Expectation(
                    spec.name,
                    ExpectedState.REACHED,
                    proxy=proxy.service,
                    path=plain(route.path),
                    host_name=plain(route.server_name),
                    port=route.port,
                    tls=route.tls,
                )
            )


def _depends_on_any(draft: PlanDraft, proxy: Proxy, services: Collection[str]) -> bool:
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


def pinned_services(draft: PlanDraft, proxy: Proxy, services: Iterable[str]) -> list[str]:
    """Return the services whose address a proxy resolved when it started, and keeps."""
    wanted = set(services)
    return [
        spec.name
        for spec in draft.project.services
        if spec.name in wanted and {spec.name, *_aliases(draft, spec)} & set(proxy.pinned)
    ]


def _aliases(draft: PlanDraft, spec: ServiceSpec) -> set[SafeText]:
    """Return the other names of a service in its networks."""
    service = draft.snapshot.service(spec.name)
    containers = service.regular if service is not None else ()
    aliases = {alias for item in containers for place in item.networks for alias in place.aliases}
    return {spec.container_name, *aliases, *(item.name for item in containers)} - {NO_TEXT}


def _warn_of_unknown(draft: PlanDraft, proxy: Proxy, services: Iterable[str]) -> None:
    if proxy.unknown and _depends_on_any(draft, proxy, set(services)):
        draft.warn(
            "proxy",
            f"unknown whether {proxy.service} keeps old addresses ({proxy.unknown}): if it "
            f"answers 502 afterwards, restart {proxy.service}",
        )
