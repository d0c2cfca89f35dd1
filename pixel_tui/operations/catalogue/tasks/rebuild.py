"""Have a worker rebuild syntropy, and wait until the new one is running."""

import os
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.ledger.reading.workers import BRAIN, worker_timeout
from pixel_tui.operations.catalogue.tasks.choices import why_ledger_unreadable
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.catalogue.tasks.workers import add_spawn_steps, require_no_worker
from pixel_tui.operations.planning.action import Action, ActionGroup, Scope
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.plan import Risk
from pixel_tui.operations.planning.targets import find_target
from pixel_tui.stack.compose.command import ComposeCommand, shown
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import plain


def why_no_rebuild(snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why syntropy can't be rebuilt; empty if it can."""
    if reason := why_ledger_unreadable(snapshot, facts):
        return reason
    if snapshot.service(BRAIN) is None:
        return f"This project has no service {BRAIN}."
    return "" if facts.ledger.new_id else "Tasks can't be queued here."


def draft_rebuild(draft: PlanDraft) -> None:
    """Draft: queue a task, start its worker, wait for it, and expect a new healthy syntropy."""
    target = find_target(BRAIN, draft.snapshot)
    if target is None:
        raise OperationError(f"This project has no service {BRAIN}.")
    require_no_worker(draft)
    task_id = draft.facts.ledger.new_id
    running = draft.facts.ledger.reading.running
    draft.subject = target.name
    draft.risk = Risk.DISRUPTIVE
    draft.reason = plain(target.condition if target.containers else "it has no container")
    draft.confirm = target.name
    if running:
        names = ", ".join(task.short for task in running[:3])
        draft.warn("task", f"{names} is marked running, but has no worker: see `ledger verify`")
    add_ledger_step(
        draft,
        f"Queue {task_id[:8]}",
        "The task is either queued or not.",
        "add-rebuild",
        *("--compose", _compose_in_worker(draft)),
        task=task_id,
    )
    add_spawn_steps(draft, task_id, rebuild=True)
    add_ledger_step(
        draft,
        f"Wait until {task_id[:8]} is completed",
        "The worker continues to rebuild syntropy: stop it with `task-stop`.",
        "await",
        *("--until", "ended", "--seconds", f"{worker_timeout(draft.snapshot) + 120:.0f}"),
        *("--count", "0"),
        task=task_id,
    )
    draft.affect(target.name, "is rebuilt and recreated", "by the worker")
    draft.note_removed_containers(container.name for container in target.containers)
    draft.expect_running(target, target.containers, created=target.missing)
    if target.up:
        back = "it is healthy" if target.has_health_check else "it runs"
        draft.interrupts.append(plain(f"{target.name}: until the new one is running, and {back}"))


def _compose_in_worker(draft: PlanDraft) -> str:
    """Return how the worker calls compose, in its copy of the project's folder.

    Raises:
        OperationError: Compose needs a file that is not in that folder.
    """
    command, folder = draft.command, Path(draft.command.directory)

    def inside(file: str) -> str:
        path = Path(os.path.normpath(folder / file))
        if not path.is_relative_to(folder):
            raise OperationError(
                "The worker can't read this file: it is outside of the project's folder.",
                on=file,
                hint="Move it into the folder, or use `rebuild`.",
            )
        return str(path.relative_to(folder))

    there = ComposeCommand(
        files=tuple(map(inside, command.files)),
        env_files=tuple(map(inside, command.env_files)),
        project=draft.snapshot.project_name,
        profiles=command.profiles,
    )
    return shown(there.compose_argv())


ACTION: Final = Action(
    name="task-rebuild",
    verb="Have a worker rebuild",
    menu_title="Have a worker rebuild syntropy",
    group=ActionGroup.LEDGER,
    when="Its source has changed. This rebuilds syntropy without leaving a task orphaned: a "
    "separate worker does it, which outlives syntropy.",
    failure_hint="The task's error and its worker's logs say how far it got. If syntropy is down, "
    "`start` it; it still has the old image unless the build finished.",
    draft=draft_rebuild,
    scope=Scope.PROJECT,
    blocked_by=why_no_rebuild,
)
