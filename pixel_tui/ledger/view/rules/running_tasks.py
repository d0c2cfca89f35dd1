"""Rules that compare tasks marked running with their containers."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.humanize import age, span
from pixel_tui.ledger.reading.task import Task, TaskType
from pixel_tui.ledger.view.rules.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import SafeText, plain

SLOW_SECONDS: Final = 20 * 60.0
SILENT_SECONDS: Final = 10 * 60.0
LATE_SECONDS: Final = 60.0
"""How long a worker has to exit after its timeout, before it is killed."""


def _fix_action(task: Task) -> str:
    can_retry = task.tries_left and task.type is not TaskType.SYNTROPY_REBUILD
    return "task-requeue" if can_retry else "task-abort"


def gone(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks without a container."""
    for task in case.running:
        if case.settled(task.started) and case.worker_of(task) is None:
            yield LedgerFinding(
                Rule.GONE,
                plain(f"{task.short} is marked running, but its container is gone"),
                task.id,
                _fix_action(task),
                task.id,
                severity=LedgerSeverity.ERROR,
            )


def ended(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks whose container has exited without recording the result."""
    for task in case.running:
        worker = case.worker_of(task)
        if worker is None or worker.up or not case.settled(worker.container.finished_at):
            continue
        if worker.container.exit_code is None:
            continue  # created, but not started yet
        if (
            task.started
            and worker.container.finished_at
            and (worker.container.finished_at < task.started)
        ):
            continue  # a container of the previous attempt
        yield LedgerFinding(
            Rule.ENDED,
            plain(f"{task.short} is marked running, but {worker.container.name} is {worker.words}"),
            task.id,
            _fix_action(task),
            task.id,
            severity=LedgerSeverity.ERROR,
        )


def overdue(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks that have exceeded their worker's timeout."""
    for task in case.running:
        worker, seconds = case.worker_of(task), task.seconds(case.now)
        if worker is None or not worker.up or seconds is None:
            continue
        if seconds > case.timeout + LATE_SECONDS:
            words = f"{task.short} runs for {age(seconds)}: a worker has {span(case.timeout)}"
            yield LedgerFinding(
                Rule.OVERDUE,
                plain(words),
                task.id,
                "task-stop",
                task.id,
                severity=LedgerSeverity.ERROR,
            )


def slow(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks that take long."""
    for task in case.running:
        worker, seconds = case.worker_of(task), task.seconds(case.now)
        if worker is None or not worker.up or seconds is None:
            continue
        if SLOW_SECONDS < seconds <= case.timeout + LATE_SECONDS:
            yield LedgerFinding(
                Rule.SLOW,
                plain(f"{task.short} runs for {age(seconds)}"),
                task.id,
                advice=SafeText("look at its log"),
                severity=LedgerSeverity.NOTE,
            )


def silent(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks whose worker has not written for long."""
    for task in case.running:
        worker = case.worker_of(task)
        last_write = max(
            filter(None, (case.reading.last_writes.get(task.id), task.started)), default=None
        )
        if worker is None or not worker.up or last_write is None:
            continue
        seconds = (case.now - last_write).total_seconds()
        if seconds > SILENT_SECONDS:
            yield LedgerFinding(
                Rule.SILENT,
                plain(f"the worker of {task.short} has written nothing for {age(seconds)}"),
                task.id,
                advice=SafeText("look at its log; stop it with task-stop where it hangs"),
            )
