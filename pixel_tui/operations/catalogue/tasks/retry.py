"""Retry a failed or aborted task."""

from typing import Final

from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.choices import (
    choices_of,
    chosen_task,
    require_attempts_left,
    require_status,
    why_no_ledger,
)
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.catalogue.tasks.workers import require_pause
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft


def draft_retry(draft: PlanDraft) -> None:
    """Draft the change to pending of a finished task."""
    task = chosen_task(draft)
    require_status(task, TaskStatus.FAILED, TaskStatus.ABORTED)
    require_attempts_left(task)
    require_pause(draft, task)
    add_ledger_step(
        draft,
        f"Retry {task.short}",
        "The task is either pending or unchanged.",
        "retry",
        task=task.id,
    )
    draft.affect(task.short, "becomes pending", f"{task.tries} of {task.max_attempts} attempts")


ACTION: Final = Action(
    name="task-retry",
    verb="Retry",
    group=ActionGroup.LEDGER,
    when="The cause of the failure is fixed. The task waits until syntropy or `task-spawn` "
    "starts a worker.",
    failure_hint="The last line gives the task's current status, or why the ledger could not be "
    "written.",
    draft=draft_retry,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.FAILED, TaskStatus.ABORTED),
    blocked_by=why_no_ledger,
    needs_project=False,
)
