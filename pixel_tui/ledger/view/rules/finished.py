"""A worker runs for a task that has ended."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pixel_tui.humanize import age
from pixel_tui.ledger.reading.workers import Worker
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import plain

EXIT_SECONDS: Final = 30.0
"""How long a worker may run after it has recorded its task's result."""


def find_finished(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find workers that run for a task that has ended."""
    running = [worker for worker in case.workers if worker.up]
    if not running:
        return  # the usual case: no task needs to be checked
    for task in case.reading.tasks:
        if not task.status.ended or task.completed is None or not case.settled(task.completed):
            continue
        seconds_after = (case.now - task.completed).total_seconds()
        if seconds_after < EXIT_SECONDS:
            continue
        worker = next((item for item in running if item.works_on(task.id)), None)
        if worker is not None and _started_before(worker, task.completed):
            words = (
                f"{worker.container.name} is still running {age(seconds_after)} after its task "
                "finished"
            )
            yield LedgerFinding("finished", plain(words), task.id, "task-stop", task.id)


def _started_before(worker: Worker, at: datetime) -> bool:
    started = worker.container.started_at
    return started is None or started < at


RULE: Final = Rule("finished", order=70, find=find_finished)
