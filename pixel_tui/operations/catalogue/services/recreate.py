"""Make the containers anew, from the compose file as it is now."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.cascade import draft_recreate, refuse_up
from pixel_tui.operations.planning.creation import why_no_up_alone

ACTION: Final = Action(
    name="recreate",
    verb="Recreate",
    group=ActionGroup.SERVICES,
    when="The compose file or the `.env` has changed, or a container is broken in itself. What was"
    " written inside it and in no volume is lost.",
    failing="Compose's own words say why it can't be created; its log says why it ends.",
    refuse=refuse_up,
    impossible=why_no_up_alone,
    draft=draft_recreate,
)
