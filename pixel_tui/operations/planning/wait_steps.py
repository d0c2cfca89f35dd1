"""Steps that wait until dependencies are healthy or have completed."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.humanize import listed, span
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Step
from pixel_tui.operations.planning.targets import Target
from pixel_tui.stack.programs.health_wait import wait_argv
from pixel_tui.text import SafeText, plain

LIMIT_SECONDS: Final = 120
"""The time limit for health; after it the plan continues, and is verified at the end."""
TASK_SECONDS: Final = 600
"""The time limit for a task; after it the plan stops."""
CANCEL_EFFECT: Final = SafeText("The dependency has been restarted; its dependents are unchanged.")


def wait_for_health(draft: PlanDraft, targets: Sequence[Target]) -> None:
    """Add a step that waits until the targets are healthy, unless there is none.

    Args:
        draft: The plan being drafted.
        targets: Services and containers with a health check.
    """
    containers = [item.name for target in targets for item in target.containers]
    argv = wait_argv(draft.command, containers, LIMIT_SECONDS)
    _wait(draft, targets, "healthy", argv, LIMIT_SECONDS)


def wait_for_completion(draft: PlanDraft, targets: Sequence[Target]) -> None:
    """Add a step that waits until the targets have completed, unless there is none.

    If one fails or times out, the plan stops there, and its dependants are not started.

    Args:
        draft: The plan being drafted.
        targets: Services and containers that are tasks.
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
        draft.steps.append(Step(plain(title), argv, CANCEL_EFFECT))
