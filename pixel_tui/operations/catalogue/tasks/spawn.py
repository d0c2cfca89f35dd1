"""Start a worker for a pending task."""

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
            hint="Queue it as a new task if you want to try again.",
        )
    require_idle(draft)
    mind_the_pause(draft, task)
    rebuild = task.type is TaskType.SYNTROPY_REBUILD
    spawn_steps(draft, task.id, rebuild=rebuild)
    ledger_step(
        draft,
        f"Check that {task.short} has started",
        "The worker keeps running: stop it with `task-stop`.",
        "await",
        *("--until", "started", "--seconds", str(START_SECONDS)),
        *("--count", str(task.attempts)),
        task=task.id,
    )


ACTION: Final = Action(
    name="task-spawn",
    verb="Start a worker for",
    menu_title="Start its worker",
    group=ActionGroup.LEDGER,
    when="A task is pending, and syntropy does not start a worker for it. Only one worker runs "
    "at a time, and none in the first minute after a failure unless you type the task's "
    "short id.",
    failure_hint="Its container's logs say why it did not start. If there is no container, remove "
    "the lock with `task-unlock`.",
    draft=draft_spawn,
    scope=Scope.TASK,
    choices=choices_of(TaskStatus.PENDING),
    blocked_by=no_ledger,
)
