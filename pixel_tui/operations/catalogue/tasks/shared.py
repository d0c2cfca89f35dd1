"""Shared by the actions on tasks: choices, requirements and steps."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from pixel_tui.errors import NothingToDo, OperationError
from pixel_tui.humanize import span
from pixel_tui.ledger.reading.places import LEDGER_NAME
from pixel_tui.ledger.reading.task import Task, TaskStatus, shown
from pixel_tui.ledger.reading.workers import SERVICE, Worker, container_name, workers_of
from pixel_tui.ledger.view.findings import case_of
from pixel_tui.ledger.view.truth import Truth, findings_of, truth_of, truths_of
from pixel_tui.ledger.writing.program import ledger_argv
from pixel_tui.operations.planning.action import Choice
from pixel_tui.operations.planning.draft import PlanDraft
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.networks import refuse_changed_networks
from pixel_tui.operations.planning.plan import Step, is_up
from pixel_tui.operations.planning.words import listed
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

PAUSE_SECONDS: Final = 60.0
"""The pause after a failure before a new worker starts."""
START_SECONDS: Final = 120
"""The time limit for a worker to report that its task has started."""
GRACE_SECONDS: Final = 30
"""The time for a worker to exit before it is killed."""


def why_no_ledger(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why there is no usable ledger; empty if there is one."""
    reading = facts.ledger.reading
    if reading.trouble is not None:
        return f"{reading.trouble.what} {reading.trouble.hint}"
    fix = "`pixel-tui ledger add` creates one"
    return "" if reading.present else f"There is no task ledger (data/task-ledger.json): {fix}."


def why_ledger_unreadable(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why the ledger can't be read; empty if it can, or if it does not exist yet."""
    trouble = facts.ledger.reading.trouble
    return f"{trouble.what} {trouble.hint}" if trouble is not None else ""


def choices_of(*statuses: TaskStatus) -> Callable[[Facts], Sequence[Choice]]:
    """Return a function that lists the tasks of these statuses, newest first."""

    def choices(facts: Facts) -> Sequence[Choice]:
        found = [task for task in facts.ledger.reading.tasks if task.status in statuses and task.id]
        return tuple(
            Choice(task.id, plain(f"{task.short}  {task.status_text:<9}  {shown(task.headline)}"))
            for task in reversed(found)
        )

    return choices


def chosen_task(draft: PlanDraft) -> Task:
    """Return the task of the draft, and set the draft's subject and reason.

    Raises:
        OperationError: There is no task of that id, or there are several.
    """
    found = draft.facts.ledger.reading.named(draft.subject)
    if not found:
        raise OperationError("No such task.", on=draft.subject, hint="See `pixel-tui ledger list`.")
    if len(found) > 1:
        same = len({task.id for task in found}) == 1
        why = "Several tasks have this id" if same else "Several ids start with that"
        raise OperationError(f"{why}.", on=draft.subject)
    (task,) = found
    fingerprint_workers(draft)
    draft.subject = plain(task.short)
    draft.reason = plain(f"{task.status_text}: {shown(task.headline)}")
    return task


def fingerprint_workers(draft: PlanDraft) -> None:
    """Make the plan depend on the workers: it is outdated if one starts or exits."""
    draft.also_fingerprinted.append(SafeText(SERVICE))


def truth_about(draft: PlanDraft, task: Task, now: datetime) -> Truth:
    """Return the state of a task according to the stack."""
    case = case_of(draft.facts.ledger.reading, draft.snapshot, now)
    return truth_of(truths_of(case, findings_of(case)), task)


def require_status(task: Task, *statuses: TaskStatus) -> None:
    """Raise `NothingToDo` if the task's status is none of these."""
    if task.status not in statuses:
        raise NothingToDo(f"The task {task.short} is {task.status_text or 'odd'}.")


def require_attempts_left(
    task: Task, hint: str = "Queue it as a new task if you want to try again."
) -> None:
    """Raise `OperationError` if the task has no attempts left."""
    if not task.tries_left:
        raise OperationError(
            f"The task has had {task.tries} of {task.max_attempts} attempts.",
            on=task.short,
            hint=hint,
        )


def add_ledger_step(
    draft: PlanDraft, title: str, cancel_effect: str, verb: str, *words: str, task: str = ""
) -> None:
    """Add a step that runs the program for changes to the ledger.

    Args:
        draft: The plan.
        title: The step's title.
        cancel_effect: What cancelling this step leaves behind.
        verb: The program's verb.
        words: Its options.
        task: The id of the task.
    """
    argv = ledger_argv(draft.command, verb, *words, name=task)
    draft.steps.append(Step(plain(title), argv, SafeText(cancel_effect)))
    if verb not in {"lock", "unlock"}:
        _warn_of_file_mounts(draft)


def _warn_of_file_mounts(draft: PlanDraft) -> None:
    """Warn of containers that mount the ledger file itself: they keep the replaced file."""
    names = [
        container.name
        for service in draft.snapshot.services
        for container in service.containers
        if is_up(container)
        and any(PurePosixPath(mount.source).name == LEDGER_NAME for mount in container.mounts)
    ]
    if names and not any(check.name == "mounted" for check in draft.checks):
        mount = "mounts" if len(names) == 1 else "mount"
        draft.warn(
            "mounted",
            f"{listed(names)} {mount} {LEDGER_NAME} itself, not its folder: it uses the old file "
            "until a restart",
        )


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
            "The compose file has no service `worker`.", hint="See `pixel-tui status`."
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
