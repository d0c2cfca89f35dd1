"""Rebuild the images without the build cache, and recreate the containers.

The guide's second step against a container that loops or crashes.
"""

from functools import partial
from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.cascade import draft_rebuild, refuse_build
from pixel_tui.operations.planning.creation import why_no_build

ACTION: Final = Action(
    name="hard-rebuild",
    verb="Rebuild without cache",
    group=ActionGroup.RECOVERY,
    when="A container crashes, its logs don't say why, and a rebuild did not help. No cached "
    "layer is used, so it takes as long as the first build.",
    failing="If the build fails, the old container keeps running: the last lines say what could "
    "not be fetched or compiled.",
    refuse=refuse_build,
    impossible=why_no_build,
    draft=partial(draft_rebuild, cached=False),
)
