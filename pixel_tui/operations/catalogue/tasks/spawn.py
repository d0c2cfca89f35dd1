"""Start a worker for a pending task."""

from typing import Final

from pixel_tui.ledger.reading.task import TaskStatus, TaskType
from pixel_tui.operations.catalogue.tasks.choices import (
    choices_of,
    chosen_task,
    require_attempts_left,
    require_status,
    why_no_ledger,
)
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.catalogue.tasks.workers import (
    add_spawn_steps,
    require_no_worker,
    require_pause,
)
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft

START_SECONDS: Final = 120
"""The time limit for a worker to report that its task has started."""


def draft_spawn(draft: PlanDraft) -> None:
    """Draft: take the lock, start the container, and check that the task has started."""
    task = chosen_task(draft)
    require_status(task, TaskStatus.PENDING)
    require_attempts_left(task)
    require_no_worker(draft)
    require_pause(draft, task)
    rebuild = task.type is TaskType.SYNTROPY_REBUILD
    add_spawn_steps(draft, task.id, rebuild=rebuild)
    add_ledger_step(
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
    blocked_by=why_no_ledger,
)
