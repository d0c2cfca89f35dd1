"""Make the containers anew, from the compose file as it is now."""

from typing import Final

from pixel_tui.operations.action import Action, Group
from pixel_tui.operations.cascade import CANCEL_UP, draft_up, refuse_up
from pixel_tui.operations.convergence import UpOptions, kept_scales
from pixel_tui.operations.draft import Draft
from pixel_tui.stack.sync import changed_and_baked


def draft_recreate(draft: Draft) -> None:
    """`up --force-recreate --no-deps`: nothing but what it names."""
    names = [target.name for target in draft.services]
    scales = kept_scales(draft.snapshot, names, alone=True)
    options = UpOptions(force=True, alone=True, scales=scales)
    words = ("up", "--detach", "--force-recreate", "--no-deps", *options.scale_words)
    draft.compose_step(draft.services, *words, cancelling=CANCEL_UP)
    draft_up(draft, options)
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
    draft=draft_recreate,
)
