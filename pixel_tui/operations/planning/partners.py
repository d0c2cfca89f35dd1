"""What shares a namespace of a container (`network_mode: service:vpn`) that is started again.

The engine makes new ones for a container at each start (`stack.cut_off` says what that means for
whom); nothing tells. Seen with engine 20.10 and compose 2.40, which restarts it along with
`restart` only, and only where `depends_on` is not written out without `restart: true`. A recreated
container has another id: `cascade` takes along what shares with its service; what names the
container itself (`network_mode: container:vpn`) compose leaves alone, and it is recreated here.
"""

from collections.abc import Collection
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.humanize import span
from pixel_tui.operations.planning.creation import dependency_that_is_off, why_no_up_alone
from pixel_tui.operations.planning.draft import LEFT_ALONE, PlanDraft
from pixel_tui.operations.planning.plan import ExpectedState, Risk, is_up
from pixel_tui.operations.planning.providers import run_providers
from pixel_tui.operations.planning.targets import Target, find_target, find_targets
from pixel_tui.stack.model.container import Namespace
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.text import NO_TEXT, SafeText

CANCELLING: Final = SafeText("The service it shares with is running again; restart it yourself.")
CANCELLING_RECREATION: Final = SafeText(
    "The service it shares with is running again; recreate it yourself."
)
_UNTIL_THEN: Final = {
    Namespace.NETWORK: "has no network until then",
    Namespace.IPC: "is cut off from it until then",
    Namespace.PID: "is killed with it",
}


def why_not_joined(target: Target, snapshot: StackSnapshot) -> str:
    """Why the engine can't start its containers again, as a predicate; empty where it can.

    It stops such a container for a restart, and only then finds that it can't start it.
    """
    owners = dict(target.spec.shares) if target.spec else {}
    for container in target.containers:
        for kind, owner in container.shares:
            if kind in owners and snapshot.container(owner) is None:
                what = f"shares the {kind.value} of a container of {owners[kind]} that is gone"
                return f"{what} (recreate it)"
    return ""


def why_cut_off(target: Target, snapshot: StackSnapshot) -> str:
    """What it runs without of what it shares, as a predicate with what to do; empty if nothing.

    A start leaves such a container as it is. What ended with its partner is started as any other.
    """
    service = snapshot.service(target.service)
    if service is None or service.spec is None or not target.cut_off:
        return ""
    kind = service.cut_off_from
    if kind is None or kind is Namespace.PID:
        return ""
    owner = dict(service.spec.shares)[kind]
    partner = snapshot.service(owner)
    fix = "restart it"
    if why_not_joined(target, snapshot):
        fix = "recreate it"
    elif partner is not None and not any(map(is_up, partner.regular)):
        fix = f"start {owner}: it is restarted with it"
    return f"is running without the {kind.value} of {owner} ({fix})"


def restart_partners(draft: PlanDraft) -> None:
    """See, at the end, to what shares namespaces of what the plan starts again.

    It is restarted, and recreated where the container is gone that it was joined to.

    Raises:
        OperationError: It has to be recreated, and that can't be done.
    """
    running = [item for item in draft.expected if item.outcome is ExpectedState.RUNNING]
    names = {item.name for item in running}
    again = {life.container_id for item in running for life in item.before}
    seen_to = {item.name for item in running if item.before}
    _restart_containers(draft, again)
    if draft.snapshot.project_trouble is not None:
        return
    # `up` recreates what shares with a service by itself, where the plan names it.
    made = {*draft.remade, *(target.name for target in draft.chosen)}
    gone = {
        container.id
        for name in draft.remade
        if (service := draft.snapshot.service(name)) is not None
        for container in service.regular
    }
    for service in draft.snapshot.services:
        target = find_target(service.name, draft.snapshot)
        if target is None or not target.up or service.spec is None or service.name in seen_to:
            continue
        owners = {kind: SafeText(name) for kind, name in service.spec.shares}
        lost = [(kind, name) for kind, name in owners.items() if name in names]
        reason = why_not_joined(target, draft.snapshot) if lost else ""
        shared = [pair for container in service.regular for pair in container.shares]
        started = [kind for kind, owner in shared if owner in again and kind in owners]
        removed = [kind for kind, owner in shared if owner in gone and kind in owners]
        if reason:
            _not_left_alone(draft, target)
            if why := _why_not_recreated(draft, target):
                # It is cut off already: no reason to leave the rest undone.
                draft.leave_alone(target.name, f"{reason}, and {why}")
            else:
                _recreate(draft, target, *lost[0])
        elif removed and service.name not in made:
            _recreate(draft, target, removed[0], owners[removed[0]])
        elif started:
            _restart(draft, target, started[0], owners[started[0]])


def tell_ends(draft: PlanDraft) -> None:
    """Say what is killed with the containers that the plan stops: their processes are its own."""
    ended = {container.id for target in draft.chosen for container in target.containers}
    chosen = {target.service for target in draft.chosen}
    for service in draft.snapshot.services:
        target = find_target(service.name, draft.snapshot)
        if target is None or service.name in chosen:
            continue
        killed = [item for item in target.up if item.pid_of in ended]
        if killed:
            owner = draft.snapshot.container(killed[0].pid_of)
            draft.affect(
                target.name,
                "is killed with it, without a grace period",
                f"it shares the PID namespace of {owner.service if owner else NO_TEXT}",
            )


def _restart_containers(draft: PlanDraft, again: Collection[str]) -> None:
    """The same by container, where compose does not know the service."""
    found: dict[TargetRef, tuple[Namespace, str]] = {}
    for service in draft.snapshot.services:
        if service.spec is not None and draft.snapshot.project_trouble is None:
            continue
        for container in service.regular:
            shared = [pair for pair in container.shares if pair[1] in again]
            if shared and is_up(container) and container.id not in again:
                found[TargetRef(container.service, container.id)] = shared[0]
    targets = find_targets(list(found), draft.snapshot)
    draft.docker_step(targets, "restart", cancelling=CANCELLING, verb="Restart")
    for target in targets:
        kind, owner_id = found[TargetRef(target.service, target.containers[0].id)]
        owner = draft.snapshot.container(owner_id)
        _affect_restart(draft, target, kind, owner.name if owner else NO_TEXT)


def _why_not_recreated(draft: PlanDraft, target: Target) -> str:
    off = dependency_that_is_off(target.spec, draft.project) if target.spec else ""
    return off or why_no_up_alone(target, draft.snapshot, draft.facts)


def _recreate(draft: PlanDraft, target: Target, kind: Namespace, owner: SafeText) -> None:
    if reason := _why_not_recreated(draft, target):
        raise OperationError(f"{target.name} must be recreated as well, and {reason}.")
    words = ("up", "--detach", "--force-recreate", "--no-deps")
    along = run_providers(draft, [target.service], alone=True)
    draft.compose_step(
        (target,), *words, cancelling=CANCELLING_RECREATION, verb="Recreate", along=along
    )
    cause = f"it shares the {kind.value} of a container of {owner} that is gone"
    draft.affect(target.name, "is recreated at the end", cause)
    draft.remade.append(target.service)
    draft.lose_layers(item.name for item in target.containers)
    _expect_back(draft, target)


def _restart(draft: PlanDraft, target: Target, kind: Namespace, owner: SafeText) -> None:
    words = ("restart", "--no-deps")
    draft.compose_step((target,), *words, cancelling=CANCELLING, verb="Restart")
    _affect_restart(draft, target, kind, owner)


def _affect_restart(draft: PlanDraft, target: Target, kind: Namespace, owner: SafeText) -> None:
    cause = f"it shares the {kind.value} of {owner}, and {_UNTIL_THEN[kind]}"
    draft.affect(target.name, "is restarted at the end", cause)
    _expect_back(draft, target)


def _not_left_alone(draft: PlanDraft, target: Target) -> None:
    """Take back that nothing is done to it, which was said before this was known."""
    about = f"{target.name} "
    draft.checks = [
        check
        for check in draft.checks
        if check.name != LEFT_ALONE or not check.message.startswith(about)
    ]


def _expect_back(draft: PlanDraft, target: Target) -> None:
    _not_left_alone(draft, target)
    if draft.risk is Risk.SAFE:
        draft.risk = Risk.DISRUPTIVE
    back = "it is healthy" if target.probed else "it runs"
    draft.interrupt(target, f"up to {span(target.grace)} to stop, then until {back} again")
    earlier = [item for item in draft.expected if item.name == target.name]
    draft.expected = [item for item in draft.expected if item not in earlier]
    about = any(not item.by_the_way for item in earlier)
    draft.expect_running(target, target.containers, by_the_way=not about)
