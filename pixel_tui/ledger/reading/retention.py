"""Files and containers of workers that ended long ago."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.reading.workers import Worker

RETENTION_DAYS: Final = 7
"""How long syntropy keeps finished tasks."""
_OUTPUT: Final = re.compile(r"worker-output-(?P<task>[A-Za-z0-9][A-Za-z0-9_-]*)\.txt", re.ASCII)
_LOG: Final = re.compile(r"worker-(?P<task>[A-Za-z0-9_-]{8})\.log", re.ASCII)


@dataclass(frozen=True, slots=True)
class RemovableFile:
    """A file of a worker that can be removed."""

    path: Path
    size: int


def removable_files(
    place: LedgerPlace, reading: LedgerReading, now: datetime, days: float = RETENTION_DAYS
) -> tuple[RemovableFile, ...]:
    """Return old outputs and logs whose tasks have ended.

    Args:
        place: The files' paths.
        reading: The ledger, because the files of pending and running tasks stay.
        now: The time.
        days: Files written in the last days stay.
    """
    open_ids = [task.id for task in reading.tasks if not task.status.ended]
    limit = (now - timedelta(days=days)).timestamp()
    found = []
    for path, name in _worker_files(place):
        try:
            status = path.lstat()
        except OSError:
            continue
        if status.st_mtime < limit and not any(item.startswith(name) for item in open_ids):
            found.append(RemovableFile(path, status.st_size))
    return tuple(found)


def removable_workers(
    workers: tuple[Worker, ...], now: datetime, days: float = RETENTION_DAYS
) -> tuple[Worker, ...]:
    """Return the containers of workers that exited at least so many days ago."""
    limit = now - timedelta(days=days)
    return tuple(
        worker
        for worker in workers
        if not worker.up
        and worker.container.finished_at is not None
        and worker.container.finished_at < limit
    )


def _worker_files(place: LedgerPlace) -> Iterator[tuple[Path, str]]:
    for folder, pattern in (("data", _OUTPUT), ("logs", _LOG)):
        try:
            paths = sorted((place.project / folder).iterdir())
        except OSError:
            continue
        for path in paths:
            match = pattern.fullmatch(path.name)
            if match and path.is_file() and not path.is_symlink():
                yield path, match["task"]
