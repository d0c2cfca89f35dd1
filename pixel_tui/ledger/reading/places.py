"""Where the ledger and the files of its workers are, below a project's folder."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.ledger.reading.task import Task

LEDGER_NAME: Final = "task-ledger.json"


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """The files of one project."""

    project: Path
    """The project's folder."""

    @property
    def ledger(self) -> Path:
        """The queue."""
        return self.project / "data" / LEDGER_NAME

    @property
    def lock(self) -> Path:
        """There while a worker is started, and while it runs."""
        return self.project / "data/worker-lock.json"

    @property
    def events(self) -> Path:
        """What happened to workers."""
        return self.project / "data/worker-events.json"

    def output(self, task: Task) -> Path | None:
        """What a task's worker said; None where its id makes no file's name."""
        name = task.file_name
        return self.project / f"data/worker-output-{name}.txt" if name else None

    def log(self, task: Task) -> Path | None:
        """The log of a task's worker, while it runs and later."""
        return self.project / f"logs/worker-{task.short}.log" if task.file_name else None

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders whose changes concern the ledger."""
        folder = self.project / "data"
        # Where the ledger is a link, what happens beside its target counts as well.
        return tuple(dict.fromkeys((folder, Path(os.path.realpath(self.ledger)).parent)))
