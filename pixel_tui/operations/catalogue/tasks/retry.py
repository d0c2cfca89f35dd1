"""Retry a failed or aborted task."""

from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.shared import (
    choices_of,
    chosen_task,
    ledger_step,
    mind_the_pause,
    no_ledger,
    require,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft


def draft_retry(draft: PlanDraft) -> None:
    """One step: it waits again, where it has attempts left."""
    task = chosen_task(draft)
    require(task, TaskStatus.FAILED, TaskStatus.ABORTED)
    if not task.tries_left:
        raise OperationError(
            f"The task has had {task.tries} of {task.max_attempts} attempts.",
            on=task.short,
            hint="Queue it as a new task if you want to try again.",
        )
    mind_the_pause(draft, task)
    ledger_step(
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
    blocked_by=no_ledger,
    needs_project=False,
)
