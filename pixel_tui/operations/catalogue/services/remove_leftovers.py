"""Remove the containers that an interrupted recreate left beside the old ones."""

from typing import Final

from pixel_tui.operations.planning.action import Action, ActionGroup
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.leftovers import removal_steps
from pixel_tui.operations.planning.targets import Target


def refuse(target: Target) -> str:
    """Return why it has no leftovers, as a predicate; empty if it has."""
    return "" if target.leftovers else "has no container left over from a recreate"


def draft_remove(draft: PlanDraft) -> None:
    """Draft `docker rm` without `--volumes`: the old container uses the same volumes."""
    containers = [item for target in draft.targets for item in target.leftovers]
    draft.steps += removal_steps(draft, containers)


ACTION: Final = Action(
    name="remove-leftovers",
    verb="Remove leftovers of",
    menu_title="Remove leftovers of a recreate",
    group=ActionGroup.RECOVERY,
    when="A recreate was cancelled or killed, and both its containers are still there. Volumes "
    "are not changed. `start`, `restart`, `recreate` and `rebuild` do this themselves.",
    failure_hint="Docker's message says why. A running container is stopped first.",
    refuse=refuse,
    draft=draft_remove,
)
