"""Recreate the containers from the current compose file."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.cascade import draft_recreate, refuse_up
from pixel_tui.operations.planning.creation import why_no_up_alone

ACTION: Final = Action(
    name="recreate",
    verb="Recreate",
    group=ActionGroup.SERVICES,
    when="The compose file or `.env` has changed, or the container itself is broken. Data "
    "written inside it, outside of volumes, is lost.",
    failing="Compose's message says why it can't be created; its logs say why it exits.",
    refuse=refuse_up,
    impossible=why_no_up_alone,
    draft=draft_recreate,
)
