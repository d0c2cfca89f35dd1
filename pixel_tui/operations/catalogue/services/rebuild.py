"""Build the images anew from their sources, and run what was built."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.cascade import draft_rebuild, refuse_build
from pixel_tui.operations.planning.creation import why_no_build

ACTION: Final = Action(
    name="rebuild",
    verb="Rebuild",
    group=ActionGroup.RECOVERY,
    when="The source has changed, or a variable that is baked in while building, such as"
    " `NEXT_PUBLIC_...`.",
    failing="Where the build fails, what ran before still runs: mend what the last lines name."
    " `hard-rebuild` helps where an old layer is at fault.",
    refuse=refuse_build,
    impossible=why_no_build,
    draft=draft_rebuild,
)
