"""A step that waits: it changes nothing, and what comes behind it finds what it needs."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.humanize import span
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Step
from pixel_tui.operations.planning.targets import Target
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.programs.health_wait import wait_argv
from pixel_tui.text import SafeText, plain

LIMIT_SECONDS: Final = 120
"""What is not healthy by then is not waited for any longer: the plan goes on, and is verified."""
TASK_SECONDS: Final = 600
"""The same of a task: what is not done by then ends the plan."""
CANCELLING: Final = SafeText("The dependency has been restarted; its dependents are unchanged.")


def wait_for_health(draft: PlanDraft, targets: Sequence[Target]) -> None:
    """Add a step that waits until these are healthy, where there are any.

    Args:
        draft: The plan in the making.
        targets: Services with a health check, and containers.
    """
    containers = [item.name for target in targets for item in target.containers]
    argv = wait_argv(draft.command, containers, LIMIT_SECONDS)
    _wait(draft, targets, "healthy", argv, LIMIT_SECONDS)


def wait_for_completion(draft: PlanDraft, targets: Sequence[Target]) -> None:
    """Add a step that waits until these have done their work, where there are any.

    Where one fails, or takes longer, the plan ends there: what depends on it is not begun.

    Args:
        draft: The plan in the making.
        targets: Services that run to their end, and containers.
    """
    containers = [item.name for target in targets for item in target.containers]
    argv = wait_argv(draft.command, containers, TASK_SECONDS, completed=True)
    _wait(draft, targets, "done", argv, TASK_SECONDS)


def _wait(
    draft: PlanDraft, targets: Sequence[Target], how: str, argv: tuple[str, ...], limit: int
) -> None:
    if targets:
        names = listed([target.name for target in targets])
        are = "is" if len(targets) == 1 else "are"
        title = f"Wait until {names} {are} {how}, for at most {span(limit)}"
        draft.steps.append(Step(plain(title), argv, CANCELLING))
