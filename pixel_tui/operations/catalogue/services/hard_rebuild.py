"""Rebuild the images without the build cache, and recreate the containers.

The guide's second step against a container that loops or crashes.
"""

from functools import partial
from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.compose_up import draft_rebuild, refuse_build
from pixel_tui.operations.planning.up_failures import why_build_fails

ACTION: Final = Action(
    name="hard-rebuild",
    verb="Rebuild without cache",
    group=ActionGroup.RECOVERY,
    when="A container crashes, its logs don't say why, and a rebuild did not help. No cached "
    "layer is used, so it takes as long as the first build.",
    failure_hint="If the build fails, the old container keeps running: the last lines say what "
    "could not be fetched or compiled.",
    refuse=refuse_build,
    predict_failure=why_build_fails,
    draft=partial(draft_rebuild, cached=False),
)
