"""Paths of the ledger and of its workers' files, in a project's folder."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.ledger.reading.task import Task

LEDGER_NAME: Final = "task-ledger.json"


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """The ledger's files of one project."""

    project: Path
    """The project's folder."""

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.project / "data" / LEDGER_NAME

    @property
    def lock(self) -> Path:
        """The worker lock, which exists while a worker is started or running."""
        return self.project / "data/worker-lock.json"

    @property
    def events(self) -> Path:
        """The events of workers."""
        return self.project / "data/worker-events.json"

    def output(self, task: Task) -> Path | None:
        """The output of a task's worker; None if its id can't be part of a file name."""
        name = task.file_name
        return self.project / f"data/worker-output-{name}.txt" if name else None

    def log(self, task: Task) -> Path | None:
        """The log of a task's worker, during its run and later; None like `output`."""
        return self.project / f"logs/worker-{task.short}.log" if task.file_name else None

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders to watch for changes of the ledger."""
        folder = self.project / "data"
        # If the ledger is a link, the folder of its target counts as well.
        return tuple(dict.fromkeys((folder, Path(os.path.realpath(self.ledger)).parent)))
