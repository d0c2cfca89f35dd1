"""What shares the network of a container (`network_mode: service:vpn`) that is started again.

The engine makes a new network namespace for a container at each start. What shared the one of
before keeps that, empty, until it is restarted; nothing tells. Seen with engine 20.10 and compose
2.40, which restarts it along with `restart` only, and only where `depends_on` is not written out
without `restart: true`. A recreated container has another id: `cascade` takes such along.
"""

from collections.abc import Collection
from typing import Final

from pixel_tui.operations.draft import Draft
from pixel_tui.operations.plan import Outcome, Risk, is_up
from pixel_tui.operations.targets import Target, find_target, find_targets
from pixel_tui.operations.words import duration
from pixel_tui.stack.model import NO_TEXT, StackSnapshot
from pixel_tui.text import SafeText, plain

CANCELLING: Final = SafeText("What it shares the network of runs again; restart it yourself.")
CANCELLING_RECREATION: Final = SafeText(
    "What it shares the network of runs again; recreate it yourself."
)


def why_no_network(target: Target, snapshot: StackSnapshot) -> str:
    """Why the engine can't start its containers again, as a predicate; empty where it can.

    It stops such a container for a restart, and only then finds that it can't start it.
    """
    gateway = target.spec.network_of if target.spec else ""
    joined = [item.network_of for item in target.containers if item.network_of]
    if gateway and any(snapshot.container(item) is None for item in joined):
        return f"shares the network of a container of {gateway} that is gone (recreate it)"
    return ""


def restart_partners(draft: Draft) -> None:
    """See, at the end, to what runs in the network of what the plan starts again.

    It is restarted, and recreated where the container is gone that it was joined to.
    """
    running = [item for item in draft.expected if item.outcome is Outcome.RUNNING]
    names = {item.name for item in running}
    again = {life.container_id for item in running for life in item.before}
    seen_to = {item.name for item in running if item.before}
    _restart_containers(draft, again)
    if draft.snapshot.project_trouble is not None:
        return
    for service in draft.snapshot.services:
        target = find_target(service.name, draft.snapshot)
        if target is None or not target.up or service.spec is None or service.name in seen_to:
            continue
        gateway = service.spec.network_of
        reason = why_no_network(target, draft.snapshot) if gateway in names else ""
        if reason:
            left = plain(f"{target.name} {reason}")
            draft.checks = [check for check in draft.checks if check.message != left]
            _recreate(draft, target, gateway)
        elif any(item.network_of in again for item in service.regular):
            _restart(draft, target, gateway)


def _restart_containers(draft: Draft, again: Collection[str]) -> None:
    """The same by container, where compose does not know the service."""
    ids = [
        container.id
        for service in draft.snapshot.services
        if service.spec is None or draft.snapshot.project_trouble is not None
        for container in service.regular
        if is_up(container) and container.network_of in again and container.id not in again
    ]
    targets = find_targets(ids, draft.snapshot)
    draft.docker_step(targets, "restart", cancelling=CANCELLING, verb="Restart")
    for target in targets:
        gateway = draft.snapshot.container(target.containers[0].network_of)
        _affect_restart(draft, target, gateway.name if gateway else NO_TEXT)


def _recreate(draft: Draft, target: Target, gateway: SafeText) -> None:
    words = ("up", "--detach", "--force-recreate", "--no-deps")
    draft.compose_step((target,), *words, cancelling=CANCELLING_RECREATION, verb="Recreate")
    cause = f"it shares the network of a container of {gateway} that is gone"
    draft.affect(target.name, "is recreated at the end", cause)
    draft.remade.append(target.service)
    names = " and ".join(item.name for item in target.containers)
    draft.warn("inside", f"what {names} wrote outside of its volumes is lost")
    _expect_back(draft, target)


def _restart(draft: Draft, target: Target, gateway: SafeText) -> None:
    words = ("restart", "--no-deps")
    draft.compose_step((target,), *words, cancelling=CANCELLING, verb="Restart")
    _affect_restart(draft, target, gateway)


def _affect_restart(draft: Draft, target: Target, gateway: SafeText) -> None:
    cause = f"it shares the network of {gateway}, and has none until then"
    draft.affect(target.name, "is restarted at the end", cause)
    _expect_back(draft, target)


def _expect_back(draft: Draft, target: Target) -> None:
    if draft.risk is Risk.SAFE:
        draft.risk = Risk.DISRUPTIVE
    back = "it is healthy" if target.probed else "it runs"
    draft.interrupt(target, f"up to {duration(target.grace)} to stop, then until {back} again")
    draft.expected = [item for item in draft.expected if item.name != target.name]
    draft.expect_running(target, target.containers)
