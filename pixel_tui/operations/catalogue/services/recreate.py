"""Recreate the containers from the current compose file."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.compose_up import draft_recreate, refuse_up
from pixel_tui.operations.planning.up_failures import why_up_no_deps_fails

ACTION: Final = Action(
    name="recreate",
    verb="Recreate",
    group=ActionGroup.SERVICES,
    when="The compose file or `.env` has changed, or the container itself is broken. Data "
    "written inside it, outside of volumes, is lost.",
    failure_hint="Compose's message says why it can't be created; its logs say why it exits.",
    refuse=refuse_up,
    predict_failure=why_up_no_deps_fails,
    draft=draft_recreate,
)
