"""The logs pane, opened when the table has been painted.

What it imports and mounts would hold the first table up, and no log is opened before that.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pixel_tui.clock import Clock
from pixel_tui.stack.watch.observer import Observer
from screens.dashboard.panes import Pane, Panes
from widgets.rows.service_row import Row

if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from screens.dashboard.logs_pane import LogsPane

LOGS_TITLE: Final = "2 Logs"


class LateLogs:
    """Puts the logs pane in its place, and does nothing to it before.

    Args:
        observer: Reads the logs.
        clock: The time.
        selected: What is followed: the marked rows, else the one under the cursor.
        copy: Sends text to the terminal's clipboard.
        reveals: Whether a key may show secrets.
    """

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        *,
        selected: Callable[[], Sequence[Row]],
        copy: Callable[[str], None],
        reveals: bool,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._selected = selected
        self._copy = copy
        self._reveals = reveals
        self._statuses: Sequence[JobStatus] = ()
        self._opened = asyncio.Event()
        self.begun = False
        self.pane: LogsPane | None = None
        """None before it is there."""

    async def open(self, panes: Panes) -> None:
        """Put the logs pane in the place that is kept for it; returns when it is there."""
        if not self.begun:
            self.begun = True
            pane = self._make()
            try:
                await panes.replace(Pane.LOGS, pane)
                self.pane = pane
            finally:
                self._opened.set()  # also where the screen is being taken down
            pane.logs.tell(self._statuses)
            self.follow()
        await self._opened.wait()

    def _make(self) -> "LogsPane":
        from screens.dashboard.logs_pane import LogsPane

        return LogsPane(
            self._observer,
            self._clock,
            selected=self._selected,
            copy=self._copy,
            reveals=self._reveals,
            id=Pane.LOGS.value,
        )

    def follow(self) -> None:
        """Follow what is selected."""
        if self.pane is not None:
            self.pane.follow_selected()

    def tick(self, now: datetime) -> None:
        """It is later."""
        if self.pane is not None:
            self.pane.tick(now)

    def tell(self, statuses: "Sequence[JobStatus]") -> None:
        """Mark in the logs when jobs began and ended."""
        self._statuses = statuses
        if self.pane is not None:
            self.pane.logs.tell(statuses)

    def clear_selection(self) -> bool:
        """Clear what is selected in the log; returns whether anything was."""
        return self.pane is not None and self.pane.log_view.let_go()
