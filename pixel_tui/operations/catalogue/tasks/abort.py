"""Abort a task: it is not retried, and its worker is stopped."""

from typing import Final

from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.choices import (
    choices_of,
    chosen_task,
    require_status,
    why_no_ledger,
)
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.catalogue.tasks.workers import add_stop_step, running_worker
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Risk


def draft_abort(draft: PlanDraft) -> None:
    """Draft an abort: stop its worker, and record it in the ledger."""
    task = chosen_task(draft)
    require_status(task, TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.UNKNOWN)
    worker = running_worker(draft, task)
    if worker is not None:
        draft.risk = Risk.DISRUPTIVE
        add_stop_step(draft, worker)
    gone = task.status is TaskStatus.RUNNING and worker is None
    reason = "Its worker no longer exists" if gone else "Aborted by an operator"
    add_ledger_step(
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
    blocked_by=why_no_ledger,
    needs_project=False,
)
