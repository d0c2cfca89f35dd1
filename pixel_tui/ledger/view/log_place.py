"""Finds the log of a task."""

from dataclasses import dataclass
from pathlib import Path

from pixel_tui.files import is_file
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task
from pixel_tui.ledger.reading.workers import Worker
from pixel_tui.ledger.view.view import LedgerView


@dataclass(frozen=True, slots=True)
class TaskLogPlace:
    """A log: a container's or a file. Exactly one of the two is set."""

    worker: Worker | None = None
    path: Path | None = None


def log_of(task: Task, view: LedgerView, place: LedgerPlace) -> TaskLogPlace | None:
    """Return the log of the running container, else the log file, else the output file.

    Without files, an exited container still has its log. Accesses files, so not for the event
    loop.

    Returns:
        None if there is no log, or no longer.
    """
    workers = [worker for worker in view.workers if task.id and worker.works_on(task.id)]
    readable = [worker for worker in workers if worker.container.logs_readable]
    if readable and readable[0].up:
        return TaskLogPlace(worker=readable[0])
    for path in (place.log(task), place.output(task)):
        if path is not None and is_file(path):
            return TaskLogPlace(path=path)
    return TaskLogPlace(worker=readable[0]) if readable else None
