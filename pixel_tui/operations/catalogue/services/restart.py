"""Restart containers without changing their configuration."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.restarting import draft_restart
from pixel_tui.operations.planning.start_failures import why_restart_fails
from pixel_tui.operations.planning.targets import Target


def draft_plain_restart(draft: PlanDraft) -> None:
    """Draft a restart, and warn of changes that it does not apply."""
    draft_restart(draft)
    draft.warn_of_old_configuration()


def refuse(target: Target) -> str:
    """Return why a target can't be restarted, as a predicate; empty if it can."""
    if target.leftover_reason or target.provider_reason:
        return target.leftover_reason or target.provider_reason
    return "" if target.containers else "has no container (start it)"


ACTION: Final = Action(
    name="restart",
    verb="Restart",
    group=ActionGroup.SERVICES,
    when="The service hangs, answers wrongly, or must reload a mounted file. It keeps its "
    "configuration: after a change of the compose file or `.env`, use `recreate`.",
    failure_hint="Its logs say why it does not start again. If it exits each time, it needs "
    "`rebuild`.",
    refuse=refuse,
    predict_failure=why_restart_fails,
    draft=draft_plain_restart,
    by_container=True,
)
