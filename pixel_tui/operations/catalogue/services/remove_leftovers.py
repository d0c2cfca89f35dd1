"""Remove what a recreate that was cancelled or killed left beside the old container."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.leftovers import removal_steps
from pixel_tui.operations.planning.targets import Target


def refuse(target: Target) -> str:
    """Why there is nothing to remove, as a predicate; empty where there is."""
    return "" if target.leftovers else "has no container left by a recreate"


def draft_remove(draft: PlanDraft) -> None:
    """`docker rm`, without its volumes: the old container has the same."""
    containers = [item for target in draft.chosen for item in target.leftovers]
    draft.steps += removal_steps(draft, containers)


ACTION: Final = Action(
    name="remove-leftovers",
    verb="Remove leftovers of",
    alone="Remove leftovers of a recreate",
    group=ActionGroup.RECOVERY,
    when="A recreate was cancelled or killed, and its new container is still beside the old one."
    " Volumes are left as they are. `start`, `restart`, `recreate` and `rebuild` do this by"
    " themselves.",
    failing="The engine's own words say why. A container that runs is stopped first.",
    refuse=refuse,
    draft=draft_remove,
)
