"""Stop running services."""

from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.namespace_sharing import note_killed_sharers
from pixel_tui.operations.planning.plan import Risk, is_up
from pixel_tui.operations.planning.restarting import CANCEL_EFFECT
from pixel_tui.operations.planning.targets import Target


def refuse(target: Target) -> str:
    """Return why a target can't be stopped, as a predicate; empty if it can."""
    if not target.containers:
        return target.provider_reason or "has no container"
    return "" if target.up else "is already stopped"


def draft_stop(draft: PlanDraft) -> None:
    """Draft `stop`, which stops only the named services."""
    draft.risk = Risk.DISRUPTIVE
    draft.compose_step(draft.services, "stop", cancel_effect=CANCEL_EFFECT)
    draft.docker_step(draft.singles, "stop", cancel_effect=CANCEL_EFFECT)
    for target in draft.targets:
        draft.affect(target.name, "is stopped")
        how_long = (
            f"up to {span(target.stop_grace_seconds)} to stop, then until it is started again"
        )
        draft.interrupt(target, how_long)
        draft.expect_stopped(target)
    note_killed_sharers(draft)
    draft.affect_dependants(
        "until it is started again", spared=[item.service for item in draft.effects]
    )
    if draft.all_services:
        _warn_of_running(draft)


def _warn_of_running(draft: PlanDraft) -> None:
    """Warn of the containers that `stop` of all services leaves running, with the reason."""
    stopped = {container.id for target in draft.targets for container in target.containers}
    for service in draft.snapshot.services:
        for container in service.containers:
            if container.id in stopped or not is_up(container):
                continue
            if container.oneoff:
                why = "`docker compose run` started it"
            elif service.spec is None:
                why = "not in the compose file"
            else:
                why = "its profile is not active"
            draft.warn("keeps running", f"{container.name} ({why}): stop it by name")


ACTION: Final = Action(
    name="stop",
    verb="Stop",
    group=ActionGroup.SERVICES,
    when="A service causes damage, or must be down while you work on it.",
    failure_hint="Docker kills a container that does not exit in its grace period. If even that "
    "fails, it waits for a disk or a network file system.",
    refuse=refuse,
    draft=draft_stop,
    by_container=True,
)
