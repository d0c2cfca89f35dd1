"""The logs pane, added after the table has been painted.

Its imports and its mounting would delay the first table, and no log is followed before that.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pixel_tui.clock import Clock
from pixel_tui.stack.watch.observer import Observer
from screens.dashboard.panes import Pane, Panes
from widgets.rows.service_row import Row

if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from screens.dashboard.logs_pane import LogsPane


class DeferredLogsPane:
    """Mounts the logs pane once it is wanted; does nothing to it before.

    Args:
        observer: Reads the logs.
        clock: The time.
        reveals: Whether a key may show secrets.
    """

    def __init__(self, observer: Observer, clock: Clock, *, reveals: bool) -> None:
        self._observer = observer
        self._clock = clock
        self._reveals = reveals
        self._statuses: Sequence[JobStatus] = ()
        self._mounted = asyncio.Event()
        self.requested = False
        """Whether the pane is mounted, or being mounted."""
        self.pane: LogsPane | None = None
        """None before it is mounted."""

    async def mount(self, panes: Panes) -> None:
        """Replace the placeholder by the logs pane; returns once it is mounted."""
        if not self.requested:
            self.requested = True
            pane = self._make()
            try:
                await panes.replace(Pane.LOGS, pane)
                self.pane = pane
            finally:
                self._mounted.set()  # also if the screen is being removed
            pane.logs.mark_jobs(self._statuses)
        await self._mounted.wait()

    def _make(self) -> "LogsPane":
        from screens.dashboard.logs_pane import LogsPane

        return LogsPane(self._observer, self._clock, reveals=self._reveals, id=Pane.LOGS.value)

    def follow(self, rows: Sequence[Row]) -> None:
        """Follow the logs of these rows."""
        if self.pane is not None:
            self.pane.follow(rows)

    def tick(self, now: datetime) -> None:
        """Update the ages."""
        if self.pane is not None:
            self.pane.tick(now)

    def mark_jobs(self, statuses: "Sequence[JobStatus]") -> None:
        """Mark in the logs when jobs started and finished."""
        self._statuses = statuses
        if self.pane is not None:
            self.pane.logs.mark_jobs(statuses)

    def clear_selection(self) -> bool:
        """Clear the selection in the log; returns whether there was one."""
        return self.pane is not None and self.pane.log_view.clear_selection()
