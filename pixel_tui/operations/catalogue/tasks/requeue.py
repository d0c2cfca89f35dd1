"""Let a task whose worker is gone be tried again."""

from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.shared import (
    DEAD,
    choices_of,
    chosen_task,
    ledger_step,
    no_ledger,
    require,
    truth_about,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft


def draft_requeue(draft: PlanDraft) -> None:
    """One step: it waits again, where it is an orphan and has attempts left."""
    task = chosen_task(draft)
    require(task, TaskStatus.RUNNING)
    truth = truth_about(draft, task, draft.facts.read_at)
    if truth.verdict not in DEAD:
        where = f": {truth.worker.container.name} is {truth.worker.words}" if truth.worker else ""
        raise OperationError(
            f"The task may be at work{where}.",
            on=task.short,
            remedy="Stop its worker with `task-stop`, or wait a moment.",
        )
    if not task.tries_left:
        raise OperationError(
            f"The task has had {task.tries} of {task.max_attempts} attempts.",
            on=task.short,
            remedy="Give it up with `task-abort`.",
        )
    ledger_step(
        draft, f"Requeue {task.short}", "It waits, or is as it was.", "requeue", task=task.id
    )
    draft.affect(task.short, "becomes pending", f"its worker is {truth.verdict.value}")


ACTION: Final = Action(
    name="task-requeue",
    verb="Requeue",
    group=ActionGroup.LEDGER,
    when="A task is marked running, its worker is gone or has ended, and it is worth another try.",
    failing="Its last line says what the task is by now, or why the ledger could not be written.",
    draft=draft_requeue,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.RUNNING),
    obstacle=no_ledger,
    needs_project=False,
)
