"""Rules that compare worker containers and the lock with the ledger."""

from collections.abc import Iterator
from datetime import datetime

from pixel_tui.humanize import age
from pixel_tui.ledger.reading.workers import Worker
from pixel_tui.ledger.view.rules.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import SafeText, plain

_EXIT_SECONDS = 30.0
"""How long a worker may run after it has recorded its task's result."""


def stranger(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find workers that run without a task in the ledger."""
    if case.reading.trouble is not None or not case.known:
        return
    changed = case.reading.changed
    for worker in case.workers:
        created = worker.container.created_at
        is_new = created is not None and (case.now - created).total_seconds() < _EXIT_SECONDS
        if not worker.up or (created and is_new and (changed is None or changed < created)):
            continue
        if not any(worker.works_on(task.id) for task in case.reading.tasks if task.id):
            task_text = (
                f"task {worker.task[:8]}, which is not in the ledger" if worker.task else "no task"
            )
            yield LedgerFinding(
                Rule.STRANGER,
                plain(f"{worker.container.name} is at work on {task_text}"),
                worker.task,
                advice=plain(f"stop it where it should not run: docker stop {_id(worker)}"),
            )


def finished(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find workers that run for a task that has ended."""
    running = [worker for worker in case.workers if worker.up]
    if not running:
        return  # the usual case: no task needs to be checked
    for task in case.reading.tasks:
        if not task.status.ended or task.completed is None or not case.settled(task.completed):
            continue
        seconds_after = (case.now - task.completed).total_seconds()
        if seconds_after < _EXIT_SECONDS:
            continue
        worker = next((item for item in running if item.works_on(task.id)), None)
        if worker is not None and _started_before(worker, task.completed):
            words = (
                f"{worker.container.name} is at work {age(seconds_after)} after its task has ended"
            )
            yield LedgerFinding(Rule.FINISHED, plain(words), task.id, "task-stop", task.id)


def crowd(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find more than one running worker."""
    running = [worker for worker in case.workers if worker.up]
    if len(running) > 1:
        names = ", ".join(worker.container.name for worker in running[:5])
        yield LedgerFinding(
            Rule.CROWD,
            plain(f"{len(running)} workers are at work at the same time: {names}"),
            advice=SafeText("stop all but one: they write over each other's files"),
            severity=LedgerSeverity.ERROR,
        )


def lock(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find a lock that is held without a worker."""
    held = case.reading.lock
    if held is None or not case.settled(held.created) or held.starting(case.now):
        return
    if not any(worker.up for worker in case.workers):
        suffix = f" for {held.task[:8]}" if held.task else ""
        yield LedgerFinding(
            Rule.LOCK,
            plain(f"the worker lock is held{suffix}, and no worker runs"),
            held.task,
            "task-unlock",
        )


def _id(worker: Worker) -> str:
    return worker.container.short_id


def _started_before(worker: Worker, at: datetime) -> bool:
    started = worker.container.started_at
    return started is None or started < at
