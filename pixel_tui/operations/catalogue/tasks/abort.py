"""Give a task up: it is not tried any more, and its worker is stopped."""

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
    reason = "Its worker was gone" if gone else "Aborted by an operator"
    ledger_step(
        draft,
        f"Abort {task.short}",
        "The task is as it was, or aborted.",
        "abort",
        *("--reason", reason),
        task=task.id,
    )
    draft.affect(task.short, "becomes aborted")


ACTION: Final = Action(
    name="task-abort",
    verb="Abort",
    group=ActionGroup.LEDGER,
    when="A task is not wanted any more, or its worker is gone and it is not to be tried again.",
    failing="Its last line says what the task is by now, or why the ledger could not be written.",
    draft=draft_abort,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.UNKNOWN),
    obstacle=no_ledger,
    needs_project=False,
)
