"""Statistics of finished tasks: throughput, success and durations."""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from pixel_tui.clock import Clock
from pixel_tui.ledger.reading.task import Task
from pixel_tui.ledger.view.statistics import Statistics, statistics_of
from screens.shared.composed import when_composed
from screens.shared.scrolling import ScrollingDialog
from widgets.key_bar import KeyBar
from widgets.lines.text_lines import TextLines
from widgets.rows.task_statistics import statistics_lines

SPANS: Final = (14, 60)
"""The periods to choose from, in days."""


class TaskStatisticsScreen(ScrollingDialog[None]):
    """Shows tables by type and by day, with bars.

    Args:
        tasks: The tasks of the ledger.
        clock: The time.
    """

    SCROLLED = "TextLines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "span", "14 or 60 days", id="statistics.days"),
        Binding("i", "dismiss(None)", "Close", show=False, id="statistics.close"),
    ]

    def __init__(self, tasks: Sequence[Task], clock: Clock) -> None:
        super().__init__()
        self._tasks = tasks
        self._clock = clock
        self._days = SPANS[0]
        self._statistics: Statistics | None = None

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with Vertical(classes="dialog -tall") as dialog:
            dialog.border_title = "Statistics"
            yield TextLines(id="task-statistics")
        yield KeyBar()

    def on_mount(self) -> None:
        """Count in a thread: there may be many tasks."""
        self.run_worker(self._count(), exclusive=True, group="count")

    def on_resize(self) -> None:
        """Draw the bars for the new width."""
        self._draw()

    async def _count(self) -> None:
        now = self._clock.now()
        zone = now.astimezone().tzinfo or UTC
        self._statistics = await asyncio.to_thread(
            statistics_of, self._tasks, now=now, days=self._days, zone=zone
        )
        self._draw()

    @when_composed
    def _draw(self) -> None:
        text = self.query_one(TextLines)
        if self._statistics is not None and text.width:
            text.show_lines(statistics_lines(self._statistics, text.width))

    def action_span(self) -> None:
        """Switch to the next period."""
        self._days = SPANS[(SPANS.index(self._days) + 1) % len(SPANS)]
        self.run_worker(self._count(), exclusive=True, group="count")
