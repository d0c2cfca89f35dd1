"""Abort a task: it is not retried, and its worker is stopped."""

from typing import Final

from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.shared import (
    choices_of,
    chosen_task,
    ledger_step,
    no_ledger,
    require,
    stop_step,
    worker_of,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Risk


def draft_abort(draft: PlanDraft) -> None:
    """Stop what works on it, and write it down."""
    task = chosen_task(draft)
    require(task, TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.UNKNOWN)
    worker = worker_of(draft, task)
    if worker is not None:
        draft.risk = Risk.DISRUPTIVE
        stop_step(draft, worker)
    gone = task.status is TaskStatus.RUNNING and worker is None
    reason = "Its worker no longer exists" if gone else "Aborted by an operator"
    ledger_step(
        draft,
        f"Abort {task.short}",
        "The task is unchanged, or aborted.",
        "abort",
        *("--reason", reason),
        task=task.id,
    )
    draft.affect(task.short, "becomes aborted")


ACTION: Final = Action(
    name="task-abort",
    verb="Abort",
    group=ActionGroup.LEDGER,
    when="A task is no longer needed, or its worker is gone and it must not be retried.",
    failure_hint="The last line gives the task's current status, or why the ledger could not be "
    "written.",
    draft=draft_abort,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.UNKNOWN),
    blocked_by=no_ledger,
    needs_project=False,
)
