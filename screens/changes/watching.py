"""Looking at the jobs of other consoles, from one that changes nothing.

A read-only console has this in the place of `ConsoleJobs`. It reads what is written down, and has
no way to begin, to settle or to cancel anything.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.screen import Screen

from pixel_tui.clock import Clock

# It is imported when the table stands.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from pixel_tui.operations.jobs.lock import LockOwner
    from pixel_tui.operations.jobs.reader import JobReader


def on_this_loop(listener: Callable[[], None]) -> Callable[[], None]:
    """What has the running event loop call the listener; it may be called on any thread."""
    loop = asyncio.get_running_loop()

    def changed() -> None:
        with suppress(RuntimeError):  # the console has ended, and a job has not
            loop.call_soon_threadsafe(listener)

    return changed


class Watching:
    """Shows jobs.

    Args:
        make_sight: Makes what sees them; it is given what to call when something has changed.
        clock: The time.
    """

    def __init__(
        self, make_sight: "Callable[[Callable[[], None]], JobReader]", clock: Clock
    ) -> None:
        self._make_sight = make_sight
        self._clock = clock
        self._sight: JobReader | None = None
        self._changed: Callable[[], None] = lambda: None

    def watch_jobs(self) -> None:
        """Look from now on. Blocks for a moment."""
        # Known before it looks: what it sees at once is asked for at once, and told once only.
        self._sight = self._make_sight(self._tell_changed)
        self._sight.start()

    def _tell_changed(self) -> None:
        self._changed()

    def close(self) -> None:
        """Look no more."""
        if self._sight is not None:
            self._sight.close()

    def statuses(self) -> "Sequence[JobStatus]":
        """Every job that is known, newest first."""
        return self._sight.latest.jobs if self._sight is not None else ()

    @property
    def other(self) -> "LockOwner | None":
        """Another user, who changes the stack at the moment."""
        return self._sight.latest.other_owner if self._sight is not None else None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this, on the event loop, whenever a job moves."""
        self._changed = on_this_loop(listener)

    def open(self, screen: Screen[None], job_id: str) -> None:
        """Show a job with its output."""
        from pixel_tui.operations.jobs.reader import RemoteJob
        from screens.changes.job import JobScreen

        status = self._sight.status(job_id) if self._sight is not None else None
        if self._sight is not None and status is not None:
            screen.app.push_screen(JobScreen(RemoteJob(self._sight, status), self._clock))
