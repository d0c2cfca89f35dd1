"""What the actions on tasks share."""

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
from pixel_tui.ledger.view.truth import TaskVerdict, Truth, findings_of, truth_of, truths_of
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
"""So long after a failure no new worker is started."""
START_SECONDS: Final = 120
"""So long a worker has to write down that it has begun."""
GRACE_SECONDS: Final = 30
"""So long a worker has to end before it is killed."""


def no_ledger(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Why nothing can be done with a task."""
    reading = facts.ledger.reading
    if reading.trouble is not None:
        return f"{reading.trouble.what} {reading.trouble.hint}"
    fix = "`pixel-tui ledger add` creates one"
    return "" if reading.present else f"There is no task ledger (data/task-ledger.json): {fix}."


def troubled_ledger(_snapshot: StackSnapshot, facts: Facts) -> str:
    """Why nothing can be queued: where there is no ledger one is made."""
    trouble = facts.ledger.reading.trouble
    return f"{trouble.what} {trouble.hint}" if trouble is not None else ""


def choices_of(*statuses: TaskStatus) -> Callable[[Facts], Sequence[Choice]]:
    """What lists the tasks of some statuses, the newest first."""

    def choices(facts: Facts) -> Sequence[Choice]:
        found = [task for task in facts.ledger.reading.tasks if task.status in statuses and task.id]
        return tuple(
            Choice(task.id, plain(f"{task.short}  {task.status_text:<9}  {shown(task.headline)}"))
            for task in reversed(found)
        )

    return choices


def chosen_task(draft: PlanDraft) -> Task:
    """The task that the draft is about; its title and its reason say which.

    Raises:
        OperationError: There is none of that id, or several.
    """
    found = draft.facts.ledger.reading.named(draft.subject)
    if not found:
        raise OperationError("No such task.", on=draft.subject, hint="See `pixel-tui ledger list`.")
    if len(found) > 1:
        same = len({task.id for task in found}) == 1
        why = "Several tasks have this id" if same else "Several ids start with that"
        raise OperationError(f"{why}.", on=draft.subject)
    (task,) = found
    mind_workers(draft)
    draft.subject = plain(task.short)
    draft.reason = plain(f"{task.status_text}: {shown(task.headline)}")
    return task


def mind_workers(draft: PlanDraft) -> None:
    """Have the plan made anew where a worker comes, or ends, before it is run."""
    draft.also_fingerprinted.append(SafeText(SERVICE))


def truth_about(draft: PlanDraft, task: Task, now: datetime) -> Truth:
    """What the stack shows of a task."""
    case = case_of(draft.facts.ledger.reading, draft.snapshot, now)
    return truth_of(truths_of(case, findings_of(case)), task)


def require(task: Task, *statuses: TaskStatus) -> None:
    """Raise `NothingToDo` where the task's status is none of these."""
    if task.status not in statuses:
        raise NothingToDo(f"The task {task.short} is {task.status_text or 'odd'}.")


def ledger_step(
    draft: PlanDraft, title: str, cancelling: str, verb: str, *words: str, task: str = ""
) -> None:
    """A step of the program that changes the ledger.

    Args:
        draft: The plan.
        title: What the step does.
        cancelling: What it means to cancel it.
        verb: What the program is to do.
        words: Options.
        task: The id of the task that it is done to.
    """
    argv = ledger_argv(draft.command, verb, *words, name=task)
    draft.steps.append(Step(plain(title), argv, SafeText(cancelling)))
    if verb not in {"lock", "unlock"}:
        _warn_of_file_mounts(draft)


def _warn_of_file_mounts(draft: PlanDraft) -> None:
    """The ledger is replaced by another file, and a file that is mounted stays what it was."""
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


def require_idle(draft: PlanDraft) -> None:
    """Raise `OperationError` where a worker runs, or is being started: there is one at a time."""
    facts = draft.facts
    mind_workers(draft)
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


def mind_the_pause(draft: PlanDraft, task: Task) -> None:
    """Want the task's name typed where the last failure is younger than a minute."""
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


def spawn_steps(draft: PlanDraft, task_id: str, *, rebuild: bool = False) -> None:
    """Start a worker for a task, as syntropy does."""
    service = draft.snapshot.service(SERVICE)
    if service is None or service.spec is None:
        raise OperationError(
            "The compose file has no service `worker`.", hint="See `pixel-tui status`."
        )
    refuse_changed_networks(draft, [SERVICE])  # `run` makes networks again, as `up` does
    name = container_name(task_id, rebuild=rebuild)
    old = [worker for worker in workers_of(draft.snapshot) if worker.container.name == name]
    if old:
        argv = draft.command.docker_argv("rm", names=[name])
        draft.steps.append(
            Step(plain(f"Remove the old {name}"), argv, SafeText("Nothing is started."))
        )
        draft.affect(name, "of the previous attempt is removed", "its name is needed")
    if not rebuild:
        ledger_step(draft, "Take the worker lock", "Nothing is started.", "lock", task=task_id)
    argv = draft.command.compose_argv(
        *("--profile", SERVICE, "run", "-d", "--name", name),
        *("-e", f"TASK_ID={task_id}"),
        *("-e", f"HOST_PIXEL_ROOT={draft.command.directory}"),
        SERVICE,
    )
    cancelling = SafeText("A started worker keeps running: stop it with `task-stop`.")
    draft.steps.append(Step(plain(f"Start {name}"), argv, cancelling))
    draft.affect(name, "is created and started")


def worker_of(draft: PlanDraft, task: Task) -> Worker | None:
    """The container of a task that is at work."""
    found = (item for item in workers_of(draft.snapshot) if item.up and item.works_on(task.id))
    return next(found, None)


def stop_step(draft: PlanDraft, worker: Worker) -> None:
    """Stop a worker: it is asked to end, and killed where it does not."""
    name = worker.container.name
    argv = draft.command.docker_argv("stop", "--time", str(GRACE_SECONDS), names=[name])
    cancelling = SafeText("Docker continues to stop it; the ledger is not changed.")
    draft.steps.append(Step(plain(f"Stop {name}"), argv, cancelling))
    draft.affect(name, "is stopped", f"it has {span(GRACE_SECONDS)} before it is killed")
    draft.interrupts.append(plain(f"{name}: its work on the task is interrupted"))


DEAD: Final = {TaskVerdict.GONE, TaskVerdict.ENDED}
