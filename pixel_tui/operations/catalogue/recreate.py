"""Make the containers anew, from the compose file as it is now."""

from typing import Final

from pixel_tui.operations.action import Action, Group
from pixel_tui.operations.cascade import draft_recreate, refuse_up
from pixel_tui.operations.draft import Draft
from pixel_tui.stack.sync import changed_and_baked


def draft_and_warn(draft: Draft) -> None:
    """Recreate, and say what only a rebuild would change."""
    draft_recreate(draft)
    for target in draft.services:
        baked = changed_and_baked(target.spec, target.containers) if target.spec else ()
        if baked:
            draft.warn(
                "built in",
                f"{', '.join(baked)} is built into the image of {target.name}, which keeps the old"
                " value: rebuild it instead",
            )


ACTION: Final = Action(
    name="recreate",
    verb="Recreate",
    group=Group.SERVICES,
    when="The compose file or the `.env` has changed, or a container is broken in itself. What was"
    " written inside it and in no volume is lost.",
    failing="Compose's own words say why it can't be created; its log says why it ends.",
    refuse=refuse_up,
    draft=draft_and_warn,
)
