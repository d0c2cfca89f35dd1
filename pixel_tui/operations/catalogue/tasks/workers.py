"""Starting and stopping workers, and what is required before."""

from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.humanize import span
from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.reading.workers import SERVICE, Worker, container_name, workers_of
from pixel_tui.operations.catalogue.tasks.ledger_steps import add_ledger_step
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.networks import refuse_changed_networks
from pixel_tui.operations.planning.plan import Step
from pixel_tui.text import SafeText, plain

PAUSE_SECONDS: Final = 60.0
"""The pause after a failure before a new worker starts."""
GRACE_SECONDS: Final = 30
"""The time for a worker to exit before it is killed."""


def fingerprint_workers(draft: PlanDraft) -> None:
    """Make the plan depend on the workers: it is outdated if one starts or exits."""
    draft.also_fingerprinted.append(SafeText(SERVICE))


def require_no_worker(draft: PlanDraft) -> None:
    """Raise `OperationError` if a worker is running or starting: only one may run at a time."""
    facts = draft.facts
    fingerprint_workers(draft)
    up = [worker for worker in workers_of(draft.snapshot) if worker.up]
    if up:
        raise OperationError(
            f"A worker is already running: {up[0].container.name} is {up[0].words}.",
            hint="Only one worker runs at a time: wait for it, or stop it with `task-stop`.",
        )
    lock = facts.ledger.reading.lock
    if lock is None:
        return
    whose = f" for {lock.task[:8]}" if lock.task else ""
    if lock.starting(facts.read_at):
        raise OperationError(
            f"A worker is being started: the lock is held{whose}.", hint="Wait a moment."
        )
    raise OperationError(
        f"The worker lock is held{whose}, but no worker is running: it is stale.",
        hint="Remove it with `task-unlock`.",
    )


def require_pause(draft: PlanDraft, task: Task) -> None:
    """Require the task's short id to be typed in the first minute after a failure."""
    now = draft.facts.read_at
    ends = [
        item.completed
        for item in draft.facts.ledger.reading.tasks
        if item.status is TaskStatus.FAILED and item.completed is not None
    ]
    ends += [
        worker.container.finished_at
        for worker in workers_of(draft.snapshot)
        if worker.container.exit_code and worker.container.finished_at is not None
    ]
    ago = min(((now - end).total_seconds() for end in ends), default=PAUSE_SECONDS, key=abs)
    if 0 <= ago < PAUSE_SECONDS:
        left = span(round(PAUSE_SECONDS - ago))
        draft.warn(
            "pause", f"a worker failed {span(int(ago))} ago: the next one must wait {left} more"
        )
        draft.confirm = SafeText(task.short)


def add_spawn_steps(draft: PlanDraft, task_id: str, *, rebuild: bool = False) -> None:
    """Add the steps that start a worker for a task, as syntropy does."""
    service = draft.snapshot.service(SERVICE)
    if service is None or service.spec is None:
        raise OperationError(
            "The compose file has no service `worker`.",
            hint=f"See `{draft.snapshot.typed.pixel_tui} status`.",
        )
    refuse_changed_networks(draft, [SERVICE])  # `run` recreates networks, as `up` does
    name = container_name(task_id, rebuild=rebuild)
    old = [worker for worker in workers_of(draft.snapshot) if worker.container.name == name]
    if old:
        argv = draft.command.docker_argv("rm", names=[name])
        draft.steps.append(
            Step(plain(f"Remove the old {name}"), argv, SafeText("Nothing is started."))
        )
        draft.affect(name, "of the previous attempt is removed", "its name is needed")
    if not rebuild:
        add_ledger_step(draft, "Take the worker lock", "Nothing is started.", "lock", task=task_id)
    argv = draft.command.compose_argv(
        *("--profile", SERVICE, "run", "-d", "--name", name),
        *("-e", f"TASK_ID={task_id}"),
        *("-e", f"HOST_PIXEL_ROOT={draft.command.directory}"),
        SERVICE,
    )
    cancel_effect = SafeText("A started worker keeps running: stop it with `task-stop`.")
    draft.steps.append(Step(plain(f"Start {name}"), argv, cancel_effect))
    draft.affect(name, "is created and started")


def running_worker(draft: PlanDraft, task: Task) -> Worker | None:
    """Return the running worker of a task; None if there is none."""
    found = (item for item in workers_of(draft.snapshot) if item.up and item.works_on(task.id))
    return next(found, None)


def add_stop_step(draft: PlanDraft, worker: Worker) -> None:
    """Add a step that stops a worker; it is killed after the grace period."""
    name = worker.container.name
    argv = draft.command.docker_argv("stop", "--time", str(GRACE_SECONDS), names=[name])
    cancel_effect = SafeText("Docker continues to stop it; the ledger is not changed.")
    draft.steps.append(Step(plain(f"Stop {name}"), argv, cancel_effect))
    draft.affect(name, "is stopped", f"it has {span(GRACE_SECONDS)} before it is killed")
    draft.interrupts.append(plain(f"{name}: its work on the task is interrupted"))
