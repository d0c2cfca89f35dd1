"""Queue a task again whose worker is gone."""

from datetime import datetime
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.view.findings import case_of
from pixel_tui.ledger.view.truth import Truth, findings_of, truth_of, truths_of
from pixel_tui.operations.catalogue.tasks.choices import (
    choices_of,
    chosen_task,
    require_attempts_left,
    require_status,
    why_no_ledger,
)
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.guards import WORKER_GONE


def draft_requeue(draft: PlanDraft) -> None:
    """Draft the change to pending of a task whose worker is gone."""
    task = chosen_task(draft)
    require_status(task, TaskStatus.RUNNING)
    truth = truth_about(draft, task, draft.facts.read_at)
    if truth.verdict not in WORKER_GONE:
        where = f": {truth.worker.container.name} is {truth.worker.words}" if truth.worker else ""
        raise OperationError(
            f"The task may be running{where}.",
            on=task.short,
            hint="Stop its worker with `task-stop`, or wait a moment.",
        )
    require_attempts_left(task, hint="Abort it with `task-abort`.")
    add_ledger_step(
        draft,
        f"Requeue {task.short}",
        "The task is either pending or unchanged.",
        "requeue",
        task=task.id,
    )
    draft.affect(task.short, "becomes pending", f"its worker is {truth.verdict.value}")


def truth_about(draft: PlanDraft, task: Task, now: datetime) -> Truth:
    """Return the state of a task according to the stack."""
    case = case_of(draft.facts.ledger.reading, draft.snapshot, now)
    return truth_of(truths_of(case, findings_of(case)), task)


ACTION: Final = Action(
    name="task-requeue",
    verb="Requeue",
    group=ActionGroup.LEDGER,
    when="A task is marked running, its worker is gone or has exited, and you want to try again.",
    failure_hint="The last line gives the task's current status, or why the ledger could not be "
    "written.",
    draft=draft_requeue,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.RUNNING),
    blocked_by=why_no_ledger,
    needs_project=False,
)
