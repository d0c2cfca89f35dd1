"""Rebuild the images from their sources, and recreate the containers."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.cascade import draft_rebuild, refuse_build
from pixel_tui.operations.planning.creation import why_no_build

ACTION: Final = Action(
    name="rebuild",
    verb="Rebuild",
    group=ActionGroup.RECOVERY,
    when="The source or a build-time variable has changed, such as `NEXT_PUBLIC_...`.",
    failing="If the build fails, the old container keeps running: fix the error in the last "
    "lines. `hard-rebuild` helps if a cached layer is the cause.",
    refuse=refuse_build,
    impossible=why_no_build,
    draft=draft_rebuild,
)
