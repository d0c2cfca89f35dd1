"""The followed logs: of the selected rows or of chosen services."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pixel_tui.logs.activity import Activity
from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import plain
from screens.shared.pane_title import pane_title
from widgets.logs.pane import LogPane
from widgets.rows.service_row import Column, Row

# Imported with the first job or log.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from pixel_tui.stack.feed.history import LogHistory

MAX_POSITIONS: Final = 200
MAX_NAMED: Final = 3
"""The number of services named in the title."""


class FollowedLogs:
    """Opens and closes feeds, and remembers the position of the reader in each log.

    Args:
        observer: The source of logs.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._feed: LogFeed | None = None
        self._targets: tuple[LogTarget, ...] | None = None
        self._chosen: tuple[str, ...] | None = None
        """The chosen services; empty for all, None for the table's rows."""
        self._positions: OrderedDict[tuple[LogTarget, ...], bytes] = OrderedDict()
        """The stamp of the last line that was read, by targets."""
        self._jobs: Sequence[JobStatus] = ()
        self._marked: set[str] = set()
        """The events of jobs that are already marked in this feed."""
        self.activity = Activity()

    @property
    def feed(self) -> LogFeed | None:
        """The followed feed; None if there is none."""
        return self._feed

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose logs are followed."""
        return tuple(target.service for target in self._targets or ())

    def choose_services(self, services: Sequence[str], every: Sequence[str]) -> None:
        """Follow these instead of the table's rows; none for the table's rows again.

        Args:
            services: The names of the services.
            every: The names of all services; if all are chosen, later ones are followed too.
        """
        chosen = tuple(services)
        self._chosen = None if not chosen else () if set(chosen) == set(every) else chosen

    def follow(self, rows: Sequence[Row], pane: LogPane) -> None:
        """Follow the chosen services, else the rows; do nothing if that is unchanged.

        Args:
            rows: The marked rows, else the one under the cursor.
            pane: The pane that shows the log.
        """
        if self._chosen is None and not rows:
            return
        if self._chosen is None:
            targets = tuple(LogTarget(row.service, row.container_id) for row in rows)
            names = [
                row.cells[Column.SERVICE].text if row.container_id else plain(row.service)
                for row in rows
            ]
        else:
            targets = tuple(LogTarget(name) for name in self._chosen)
            names = [plain(name) for name in self._chosen] or [plain("all services")]
        if targets == self._targets:
            return
        self.close(pane)
        self._targets, self.activity = targets, Activity()
        self._feed = self._observer.follow_logs(targets)
        self._marked.clear()
        self.mark_jobs(self._jobs)
        name = pane_title(pane, "logs", "2")
        title = " + ".join(names[:MAX_NAMED])
        more = f" + {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        pane.show(
            self._feed, f"{name}  {title}{more}", self.activity, self._positions.get(targets, b"")
        )

    def close(self, pane: LogPane | None = None) -> None:
        """Close the feed."""
        if self._feed is not None:
            if pane is not None:
                self.save_position(pane)
            self._feed.close()
            self._feed = None

    def save_position(self, pane: LogPane) -> None:
        """Remember how far the log was read."""
        stamp = pane.log_view.page.last_stamp
        if self._targets is not None and stamp:
            self._positions[self._targets] = stamp
            self._positions.move_to_end(self._targets)
            if len(self._positions) > MAX_POSITIONS:
                self._positions.popitem(last=False)

    def mark_position(self, pane: LogPane) -> None:
        """Mark how far the log was read."""
        if self._targets is not None:
            pane.log_view.mark_since(self._positions.get(self._targets, b""))

    def history(self) -> "LogHistory":
        """The complete history of these logs."""
        return self._observer.log_history(self._targets or ())

    def mark_jobs(self, jobs: "Sequence[JobStatus]") -> None:
        """Mark in the feed when jobs on these services started and finished, and their results."""
        self._jobs = jobs
        marks: list[tuple[datetime, str, str, str]] = []
        for job in jobs:
            source = self._source_of(job)
            if source is None:
                continue
            if job.started_at is not None:
                words = f"pixel-tui: {job.plan.title}"
                marks.append((job.started_at, f"{job.id} began", words, source))
            if job.finished_at is not None:
                words = f"pixel-tui: {job.plan.title} {job.state.value}"
                marks.append((job.finished_at, f"{job.id} ended", words, source))
        for at, event, words, source in sorted(marks):
            self._mark(event, words, at, source)

    def _source_of(self, job: "JobStatus") -> str | None:
        """The container that a job affects; empty for several, None if none of them is followed."""
        if self._feed is None:
            return None
        about = {*map(str, job.plan.targets), *(str(item.service) for item in job.plan.affects)}
        followed = set(self.services)
        if followed and about.isdisjoint(followed):
            return None
        own = [item.container for item in self._feed.sources if item.service in about]
        return own[0] if len(own) == 1 else ""

    def _mark(self, event: str, words: str, at: datetime, source: str) -> None:
        if event not in self._marked and self._feed is not None:
            self._marked.add(event)
            self._feed.mark(words, at, source)
