"""Stop the worker of a task, and kill it if it does not exit."""

from typing import Final

from pixel_tui.errors import NothingToDo
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.choices import choices_of, chosen_task, why_no_ledger
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.catalogue.tasks.workers import add_stop_step, running_worker
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Risk


def draft_stop(draft: PlanDraft) -> None:
    """Draft `docker stop`, and a ledger entry in case the worker writes none."""
    task = chosen_task(draft)
    worker = running_worker(draft, task)
    if worker is None:
        raise NothingToDo(f"No worker is running for {task.short}.")
    draft.risk = Risk.DISRUPTIVE
    add_stop_step(draft, worker)
    if not task.status.ended:
        add_ledger_step(
            draft,
            f"Record that {task.short} was stopped",
            "The worker is stopped; the ledger still marks the task running.",
            "abort",
            task.id,
            *("--only-running", "--reason", "Its worker was stopped by an operator"),
        )
        draft.affect(task.short, "becomes aborted", "unless its worker reports a result")


ACTION: Final = Action(
    name="task-stop",
    verb="Stop the worker of",
    menu_title="Stop its worker",
    group=ActionGroup.LEDGER,
    when="A worker hangs, causes damage, or exceeds its time limit.",
    failure_hint="A container that can't be killed waits for a disk or a network file system. If "
    "only the ledger was not written, use `task-abort`.",
    draft=draft_stop,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.RUNNING),
    blocked_by=why_no_ledger,
    needs_project=False,
)
