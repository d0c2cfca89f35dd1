"""Start a worker for a task that waits."""

from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.ledger.reading.task import TaskStatus, TaskType
from pixel_tui.operations.catalogue.tasks.shared import (
    START_SECONDS,
    choices_of,
    chosen_task,
    ledger_step,
    mind_the_pause,
    no_ledger,
    require,
    require_idle,
    spawn_steps,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft


def draft_spawn(draft: PlanDraft) -> None:
    """The lock, the container, and a look at whether it has begun."""
    task = chosen_task(draft)
    require(task, TaskStatus.PENDING)
    if not task.tries_left:
        raise OperationError(
            f"The task has had {task.tries} of {task.max_attempts} attempts.",
            on=task.short,
            remedy="Queue it as a new one where it is worth another.",
        )
    require_idle(draft)
    mind_the_pause(draft, task)
    rebuild = task.type is TaskType.SYNTROPY_REBUILD
    spawn_steps(draft, task.id, rebuild=rebuild)
    ledger_step(
        draft,
        f"See that {task.short} has begun",
        "The worker goes on: stop it with `task-stop`.",
        "await",
        *("--until", "started", "--seconds", str(START_SECONDS)),
        *("--count", str(task.attempts)),
        task=task.id,
    )


ACTION: Final = Action(
    name="task-spawn",
    verb="Start a worker for",
    alone="Start its worker",
    group=ActionGroup.LEDGER,
    when="A task waits, and syntropy does not start a worker for it. There is one worker at a"
    " time, and none within a minute after a failure unless the task's short id is typed.",
    failing="The log of its container says why it did not begin. Where it was never made, remove"
    " the lock with `task-unlock`.",
    draft=draft_spawn,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.PENDING),
    obstacle=no_ledger,
)
