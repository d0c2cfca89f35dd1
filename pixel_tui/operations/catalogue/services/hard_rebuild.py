"""Build the images anew without anything that was kept of earlier builds.

The guide's second step against a container that loops or crashes.
"""

from functools import partial
from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.cascade import draft_rebuild, refuse_build
from pixel_tui.operations.planning.creation import why_no_build

ACTION: Final = Action(
    name="hard-rebuild",
    verb="Rebuild from nothing",
    group=ActionGroup.RECOVERY,
    when="A container loops or crashes, its log does not say why, and a rebuild did not help:"
    " nothing of earlier builds is used. It takes as long as the first build.",
    failing="Where the build fails, what ran before still runs: the last lines say what could not"
    " be fetched or compiled.",
    refuse=refuse_build,
    impossible=why_no_build,
    draft=partial(draft_rebuild, cached=False),
)
