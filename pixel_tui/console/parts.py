"""The parts of a console."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.clock import Clock
from pixel_tui.settings import Memory, Settings
from pixel_tui.stack.watch.observer import Observer
from screens.changes.console_jobs import ConsoleJobs
from screens.changes.flow import Operations
from screens.changes.read_only_jobs import ReadOnlyJobs
from widgets.dashboard.status_bar import Mode

if TYPE_CHECKING:
    from pixel_tui.demo.drills import Drill
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.view.access import LedgerAccess


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """Everything that the app needs."""

    observer: Observer
    operations: Operations | None
    """None in a read-only console."""
    clock: Clock
    modes: tuple[Mode, ...]
    """Shown in the header."""
    settings: Settings
    memory: Memory
    environment: Mapping[str, str]
    state_folder: Path
    """The folder with the audit trail, jobs and preferences."""
    open_ledger: "Callable[[], LedgerAccess]"
    """Returns the access to the task ledger."""
    open_environment: "Callable[[], EnvironmentAccess]"
    """Returns the access to the environment files."""
    log_path: Path | None = None
    drills: "tuple[Drill, ...]" = ()
    """Faults to practise on; only the demo has any."""
    read_only_jobs: ReadOnlyJobs | None = None
    """Watches the jobs of other consoles if there are no operations."""
    learn_secrets: Callable[[], None] = lambda: None
    """Masks the secrets of the environment files in logs; blocks."""

    @property
    def jobs(self) -> ConsoleJobs | ReadOnlyJobs | None:
        """The jobs of this console and of others; in a read-only console only of others."""
        return self.operations.jobs if self.operations is not None else self.read_only_jobs

    def close(self) -> None:
        """Start no more jobs, and record those that continue without the console."""
        if self.jobs is not None:
            self.jobs.close()
