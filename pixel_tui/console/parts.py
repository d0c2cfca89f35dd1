"""The parts that a console is made of."""

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
    """What a console is made of."""

    observer: Observer
    operations: Operations | None
    """None in a read-only console: there is nothing that could change anything."""
    clock: Clock
    modes: tuple[Mode, ...]
    """What the header says."""
    settings: Settings
    memory: Memory
    environment: Mapping[str, str]
    state_folder: Path
    """Where the audit trail of its changes is."""
    open_ledger: "Callable[[], LedgerAccess]"
    """Makes what looks at the task ledger."""
    open_environment: "Callable[[], EnvironmentAccess]"
    """What reads the environment file and, where anything may be changed, what changes it."""
    log_path: Path | None = None
    drills: "tuple[Drill, ...]" = ()
    """Faults to practise on; only a demonstration has any."""
    read_only_jobs: ReadOnlyJobs | None = None
    """Where there are no operations: sees the jobs of other consoles, and only sees them."""
    learn_secrets: Callable[[], None] = lambda: None
    """Has the secrets of the environment files masked in logs; blocks."""

    @property
    def jobs(self) -> ConsoleJobs | ReadOnlyJobs | None:
        """The jobs of this console and of others, or only of others."""
        return self.operations.jobs if self.operations is not None else self.read_only_jobs

    def close(self) -> None:
        """Begin nothing more, and record what still runs without the console."""
        if self.jobs is not None:
            self.jobs.close()
