"""Queue a task again whose worker is gone."""

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
            f"The task may be running{where}.",
            on=task.short,
            hint="Stop its worker with `task-stop`, or wait a moment.",
        )
    if not task.tries_left:
        raise OperationError(
            f"The task has had {task.tries} of {task.max_attempts} attempts.",
            on=task.short,
            hint="Abort it with `task-abort`.",
        )
    ledger_step(
        draft,
        f"Requeue {task.short}",
        "The task is either pending or unchanged.",
        "requeue",
        task=task.id,
    )
    draft.affect(task.short, "becomes pending", f"its worker is {truth.verdict.value}")


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
    blocked_by=no_ledger,
    needs_project=False,
)
