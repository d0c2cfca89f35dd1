"""Rebuild the images from their sources, and recreate the containers."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.compose_up import draft_rebuild, refuse_build
from pixel_tui.operations.planning.up_failures import why_build_fails

ACTION: Final = Action(
    name="rebuild",
    verb="Rebuild",
    group=ActionGroup.RECOVERY,
    when="The source or a build-time variable has changed, such as `NEXT_PUBLIC_...`.",
    failure_hint="If the build fails, the old container keeps running: fix the error in the last "
    "lines. `hard-rebuild` helps if a cached layer is the cause.",
    refuse=refuse_build,
    predict_failure=why_build_fails,
    draft=draft_rebuild,
)
