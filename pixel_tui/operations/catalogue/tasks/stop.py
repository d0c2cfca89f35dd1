"""Stop the worker of a task: it is asked to end, and killed where it does not."""

from typing import Final

from pixel_tui.errors import NothingToDo
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.operations.catalogue.tasks.shared import (
    choices_of,
    chosen_task,
    ledger_step,
    no_ledger,
    stop_step,
    worker_of,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.plan import Risk


def draft_stop(draft: PlanDraft) -> None:
    """`docker stop`, and the ledger where the worker did not write down its end itself."""
    task = chosen_task(draft)
    worker = worker_of(draft, task)
    if worker is None:
        raise NothingToDo(f"No worker is at work on {task.short}.")
    draft.risk = Risk.DISRUPTIVE
    stop_step(draft, worker)
    if not task.status.ended:
        ledger_step(
            draft,
            f"Write down that {task.short} was stopped",
            "The worker is stopped; the ledger still says that the task runs.",
            "abort",
            task.id,
            *("--only-running", "--reason", "Its worker was stopped by an operator"),
        )
        draft.affect(task.short, "becomes aborted", "unless its worker says how it ended")


ACTION: Final = Action(
    name="task-stop",
    verb="Stop the worker of",
    alone="Stop its worker",
    group=ActionGroup.LEDGER,
    when="A worker hangs, does harm, or runs for longer than it may.",
    failing="What outlives even a kill waits for a disk or a network file system. Where only the"
    " ledger was not written, `task-abort` does that.",
    draft=draft_stop,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.RUNNING),
    obstacle=no_ledger,
    needs_project=False,
)
