"""Which logs are followed: those of the table's row, of marked rows, or of chosen services."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pixel_tui.logs.activity import Activity
from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import plain
from widgets.logs.pane import LogPane
from widgets.rows.service_row import Column, Row

# What a change or a log needs is imported with the first one.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from pixel_tui.stack.feed.history import LogHistory

KEPT_PLACES: Final = 200
NAMED: Final = 3
"""Services that the title names."""


class FollowedLogs:
    """Opens and closes feeds, and remembers how far each log was read.

    Args:
        observer: Where logs come from.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._feed: LogFeed | None = None
        self._targets: tuple[LogTarget, ...] | None = None
        self._chosen: tuple[str, ...] | None = None
        """The services that were chosen; empty for all, None for the table's rows."""
        self._read_to: OrderedDict[tuple[LogTarget, ...], bytes] = OrderedDict()
        """The stamp of the last line that was looked at, by what was looked at."""
        self._jobs: Sequence[JobStatus] = ()
        self._told: set[str] = set()
        """What of the jobs was said in this stream already."""
        self.activity = Activity()

    @property
    def feed(self) -> LogFeed | None:
        """What is followed."""
        return self._feed

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose logs are followed."""
        return tuple(target.service for target in self._targets or ())

    def choose(self, services: Sequence[str], every: Sequence[str]) -> None:
        """Follow these whatever the table's cursor does; none for the table's rows again.

        Args:
            services: Their names.
            every: The names of all: where all are chosen, later ones are too.
        """
        chosen = tuple(services)
        self._chosen = None if not chosen else () if set(chosen) == set(every) else chosen

    def follow(self, rows: Sequence[Row], pane: LogPane) -> None:
        """Follow what is wanted now, if that is something else than before.

        Args:
            rows: The table's: the marked ones, else the one under the cursor.
            pane: Where it is shown.
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
        self._told.clear()
        self.mark_jobs(self._jobs)
        title = " + ".join(names[:NAMED])
        more = f" + {len(names) - NAMED} more" if len(names) > NAMED else ""
        pane.show(
            self._feed, f"2 Logs  {title}{more}", self.activity, self._read_to.get(targets, b"")
        )

    def close(self, pane: LogPane | None = None) -> None:
        """End what is followed."""
        if self._feed is not None:
            if pane is not None:
                self.looked_away(pane)
            self._feed.close()
            self._feed = None

    def looked_away(self, pane: LogPane) -> None:
        """The reader leaves: remember how far was read."""
        stamp = pane.log_view.page.last_stamp
        if self._targets is not None and stamp:
            self._read_to[self._targets] = stamp
            self._read_to.move_to_end(self._targets)
            if len(self._read_to) > KEPT_PLACES:
                self._read_to.popitem(last=False)

    def returned(self, pane: LogPane) -> None:
        """The reader is back: mark where he was."""
        if self._targets is not None:
            pane.log_view.mark_since(self._read_to.get(self._targets, b""))

    def history(self) -> "LogHistory":
        """What the engine has of these logs."""
        return self._observer.log_history(self._targets or ())

    def mark_jobs(self, jobs: "Sequence[JobStatus]") -> None:
        """Say in the stream when a job of these services began, and what came of it."""
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
        """The container whose log a job belongs to; empty for several, None for no followed one."""
        if self._feed is None:
            return None
        about = {*map(str, job.plan.targets), *(str(item.service) for item in job.plan.affects)}
        followed = set(self.services)
        if followed and about.isdisjoint(followed):
            return None
        own = [item.container for item in self._feed.sources if item.service in about]
        return own[0] if len(own) == 1 else ""

    def _mark(self, event: str, words: str, at: datetime, source: str) -> None:
        if event not in self._told and self._feed is not None:
            self._told.add(event)
            self._feed.mark(words, at, source)
