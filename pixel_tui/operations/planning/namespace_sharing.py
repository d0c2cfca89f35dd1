"""Restarts for services that share a namespace of a restarted container.

An example is `network_mode: service:vpn`. The engine creates new namespaces each time a container
starts, and the containers that share the old ones are cut off (`stack.model.cut_off`). Compose
2.40 with engine 20.10 restarts them only with `restart`, and not if `depends_on` is written out
without `restart: true`. A recreated container has another id: `compose_up` recreates what shares
with its service, but compose ignores what names the container itself
(`network_mode: container:vpn`), so it is recreated here.
"""

from collections.abc import Collection
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.operations.planning.draft import SKIPPED, PlanDraft
from pixel_tui.operations.planning.plan import ExpectedState, is_up
from pixel_tui.operations.planning.providers import add_provider_effects
from pixel_tui.operations.planning.targets import Target, find_target, find_targets
from pixel_tui.operations.planning.up_failures import inactive_dependency, why_up_no_deps_fails
from pixel_tui.stack.model.container import Namespace
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.text import NO_TEXT, SafeText

CANCEL_EFFECT: Final = SafeText("The service it shares with is running again; restart it yourself.")
CANCEL_RECREATE_EFFECT: Final = SafeText(
    "The service it shares with is running again; recreate it yourself."
)
_UNTIL_THEN: Final = {
    Namespace.NETWORK: "has no network until then",
    Namespace.IPC: "is cut off from it until then",
    Namespace.PID: "is killed with it",
}


def missing_namespace(target: Target, snapshot: StackSnapshot) -> str:
    """Return the shared namespace whose owner is gone, as a predicate; empty if there is none.

    The engine stops such a container for a restart, and only then notices that it can't start it.
    """
    owners = dict(target.spec.shares) if target.spec else {}
    for container in target.containers:
        for kind, owner in container.shares:
            if kind in owners and snapshot.container(owner) is None:
                what = f"shares the {kind.value} of a container of {owners[kind]} that is gone"
                return f"{what} (recreate it)"
    return ""


def why_cut_off(target: Target, snapshot: StackSnapshot) -> str:
    """Return the namespace that a running target is cut off from, as a predicate with what to do.

    A start does not change such a container. One that exited with the owner is started normally.

    Returns:
        The predicate; empty if it is not cut off.
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
    if missing_namespace(target, snapshot):
        fix = "recreate it"
    elif partner is not None and not any(map(is_up, partner.regular)):
        fix = f"start {owner}: it is restarted with it"
    return f"is running without the {kind.value} of {owner} ({fix})"


def restart_sharers(draft: PlanDraft) -> None:
    """Add steps, at the end, for services that share namespaces of restarted containers.

    They are restarted, or recreated if the container that they share with is gone.

    Raises:
        OperationError: A service must be recreated, and can't be.
    """
    running = [item for item in draft.expected if item.state is ExpectedState.RUNNING]
    names = {item.name for item in running}
    restarted = {run.container_id for item in running for run in item.previous_runs}
    handled = {item.name for item in running if item.previous_runs}
    _restart_containers(draft, restarted)
    if draft.snapshot.project_trouble is not None:
        return
    # `up` itself recreates what shares with a service, if the plan names it.
    made = {*draft.recreated, *(target.name for target in draft.targets)}
    gone = {
        container.id
        for name in draft.recreated
        if (service := draft.snapshot.service(name)) is not None
        for container in service.regular
    }
    for service in draft.snapshot.services:
        target = find_target(service.name, draft.snapshot)
        if target is None or not target.up or service.spec is None or service.name in handled:
            continue
        owners = {kind: SafeText(name) for kind, name in service.spec.shares}
        lost = [(kind, name) for kind, name in owners.items() if name in names]
        reason = missing_namespace(target, draft.snapshot) if lost else ""
        shared = [pair for container in service.regular for pair in container.shares]
        started = [kind for kind, owner in shared if owner in restarted and kind in owners]
        removed = [kind for kind, owner in shared if owner in gone and kind in owners]
        if reason:
            _unskip(draft, target)
            if why := _why_not_recreated(draft, target):
                # It is cut off already, which is no reason to refuse the complete plan.
                draft.skip(target.name, f"{reason}, and {why}")
            else:
                _recreate(draft, target, *lost[0])
        elif removed and service.name not in made:
            _recreate(draft, target, removed[0], owners[removed[0]])
        elif started:
            _restart(draft, target, started[0], owners[started[0]])


def note_killed_sharers(draft: PlanDraft) -> None:
    """Record the services that are killed because they share a stopped PID namespace."""
    ended = {container.id for target in draft.targets for container in target.containers}
    chosen = {target.service for target in draft.targets}
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


def _restart_containers(draft: PlanDraft, restarted: Collection[str]) -> None:
    """Restart sharing containers whose service compose does not know."""
    found: dict[TargetRef, tuple[Namespace, str]] = {}
    for service in draft.snapshot.services:
        if service.spec is not None and draft.snapshot.project_trouble is None:
            continue
        for container in service.regular:
            shared = [pair for pair in container.shares if pair[1] in restarted]
            if shared and is_up(container) and container.id not in restarted:
                found[TargetRef(container.service, container.id)] = shared[0]
    targets = find_targets(list(found), draft.snapshot)
    draft.docker_step(targets, "restart", cancel_effect=CANCEL_EFFECT, verb="Restart")
    for target in targets:
        kind, owner_id = found[TargetRef(target.service, target.containers[0].id)]
        owner = draft.snapshot.container(owner_id)
        _affect_restart(draft, target, kind, owner.name if owner else NO_TEXT)


def _why_not_recreated(draft: PlanDraft, target: Target) -> str:
    off = inactive_dependency(target.spec, draft.project) if target.spec else ""
    return off or why_up_no_deps_fails(target, draft.snapshot, draft.facts)


def _recreate(draft: PlanDraft, target: Target, kind: Namespace, owner: SafeText) -> None:
    if reason := _why_not_recreated(draft, target):
        raise OperationError(f"{target.name} must be recreated as well, and {reason}.")
    words = ("up", "--detach", "--force-recreate", "--no-deps")
    also_named = add_provider_effects(draft, [target.service], no_deps=True)
    draft.compose_step(
        (target,),
        *words,
        cancel_effect=CANCEL_RECREATE_EFFECT,
        verb="Recreate",
        also_named=also_named,
    )
    cause = f"it shares the {kind.value} of a container of {owner} that is gone"
    draft.affect(target.name, "is recreated at the end", cause)
    draft.recreated.append(target.service)
    draft.note_removed_containers(item.name for item in target.containers)
    _expect_back(draft, target)


def _restart(draft: PlanDraft, target: Target, kind: Namespace, owner: SafeText) -> None:
    words = ("restart", "--no-deps")
    draft.compose_step((target,), *words, cancel_effect=CANCEL_EFFECT, verb="Restart")
    _affect_restart(draft, target, kind, owner)


def _affect_restart(draft: PlanDraft, target: Target, kind: Namespace, owner: SafeText) -> None:
    cause = f"it shares the {kind.value} of {owner}, and {_UNTIL_THEN[kind]}"
    draft.affect(target.name, "is restarted at the end", cause)
    _expect_back(draft, target)


def _unskip(draft: PlanDraft, target: Target) -> None:
    """Remove the warning that a target is not changed."""
    about = f"{target.name} "
    draft.checks = [
        check
        for check in draft.checks
        if check.name != SKIPPED or not check.message.startswith(about)
    ]


def _expect_back(draft: PlanDraft, target: Target) -> None:
    _unskip(draft, target)
    draft.raise_to_disruptive()
    draft.interrupt_until_back(target)
    earlier = [item for item in draft.expected if item.name == target.name]
    draft.expected = [item for item in draft.expected if item not in earlier]
    about = any(not item.incidental for item in earlier)
    draft.expect_running(target, target.containers, incidental=not about)
