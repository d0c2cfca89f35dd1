"""The jobs of other consoles, as a read-only console sees them.

It takes the place of `ConsoleJobs`, reads records, and can't start, settle or cancel anything.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.screen import Screen

from pixel_tui.clock import Clock

# Imported after the table is shown.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from pixel_tui.operations.jobs.lock import LockOwner
    from pixel_tui.operations.jobs.reader import JobReader


def call_on_loop(listener: Callable[[], None]) -> Callable[[], None]:
    """Wrap a listener so that any thread can call it; it runs on the current event loop."""
    loop = asyncio.get_running_loop()

    def changed() -> None:
        with suppress(RuntimeError):  # the loop is closed, and a job still runs
            loop.call_soon_threadsafe(listener)

    return changed


class ReadOnlyJobs:
    """Lists and shows jobs.

    Args:
        make_reader: Makes the reader of jobs; gets the function to call when they change.
        clock: The time.
    """

    def __init__(
        self, make_reader: "Callable[[Callable[[], None]], JobReader]", clock: Clock
    ) -> None:
        self._make_reader = make_reader
        self._clock = clock
        self._reader: JobReader | None = None
        self._changed: Callable[[], None] = lambda: None

    def watch_jobs(self) -> None:
        """Start to watch jobs. Blocks for a moment."""
        # Assigned before it starts: it may notify immediately, and its jobs are read then.
        self._reader = self._make_reader(self._notify)
        self._reader.start()

    def _notify(self) -> None:
        self._changed()

    def close(self) -> None:
        """Stop watching."""
        if self._reader is not None:
            self._reader.close()

    def statuses(self) -> "Sequence[JobStatus]":
        """All known jobs, newest first."""
        return self._reader.latest.jobs if self._reader is not None else ()

    @property
    def other(self) -> "LockOwner | None":
        """The owner of another user's running job; None if there is none."""
        return self._reader.latest.other_owner if self._reader is not None else None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Set the listener that is called on the event loop whenever jobs change."""
        self._changed = call_on_loop(listener)

    def open(self, screen: Screen[None], job_id: str) -> None:
        """Show a job by its id."""
        from pixel_tui.operations.jobs.reader import RemoteJob
        from screens.changes.job import JobScreen

        status = self._reader.status(job_id) if self._reader is not None else None
        if self._reader is not None and status is not None:
            screen.app.push_screen(JobScreen(RemoteJob(self._reader, status), self._clock))
