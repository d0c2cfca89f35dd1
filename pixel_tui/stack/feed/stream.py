"""The logs of several containers in one stream, with navigation into the past.

At the end, a `LogFollower` delivers new lines; lines of several containers are held for a moment to
be sorted. A request for the past stops following: pages are read one at a time, and when they reach
the end, a follower continues from there. Requests are processed by their own thread, one after the
other.
"""

import logging
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from pixel_tui.errors import EngineError
from pixel_tui.stack.feed.feed import FeedState, FeedStatus, HistoryExtent, Source
from pixel_tui.stack.feed.follower import LogFollower
from pixel_tui.stack.feed.history import HistoryReader, LogHistory, Page
from pixel_tui.stack.feed.merge import WINDOW, LineMerger
from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.model.times import timestamp_at
from pixel_tui.text import NO_TEXT, SafeText, plain

log = logging.getLogger(__name__)

PAGE: Final = 2000
"""Lines read at once from the past; per container when going back."""
LATE: Final = timedelta(seconds=5)
"""How late a mark may come."""
AROUND: Final = 500
"""Lines read from before a time that is jumped to."""

MakeFollower = Callable[
    [Callable[[Sequence[LogLine]], None], Mapping[str, ReadPosition] | None], LogFollower
]
"""Creates a follower with a sink for its lines and the positions to continue from."""


class LogStream:
    """A `LogFeed` of containers' logs read through Docker's API.

    Args:
        engine: The engine to read from.
        make_follower: Creates the follower.
        monotonic: A monotonic clock, in seconds.
        ring: The buffer for the lines; a new one by default.
    """

    def __init__(
        self,
        engine: EngineReader,
        make_follower: MakeFollower,
        *,
        monotonic: Callable[[], float],
        ring: Ring | None = None,
    ) -> None:
        self.ring = ring or Ring()
        self._engine = engine
        self._make_follower = make_follower
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._merge = LineMerger()
        self._marks: list[LogLine] = []
        """Marks by time, which wait for lines of that time."""
        self._last_stamp = b""
        """The latest timestamp appended to the ring."""
        self._merging = threading.Event()
        """Set while held lines must be released soon."""
        self._sources: dict[str, Source] = {}
        self._sources_key: tuple[object, ...] = ()
        """The containers that the present sources were derived from."""
        self._ordered: tuple[Source, ...] = ()
        self._reach = HistoryExtent()
        self._begins_at: int | None = None
        """The sequence number of the first line of the logs, if the ring has it."""
        self._reader: HistoryReader | None = None
        self._history: LogHistory | None = None
        self._request: Callable[[], None] | None = None
        self._requested = threading.Event()
        self._closing = threading.Event()
        self._follower = self._follow(None)

    def start(self) -> None:
        """Start the threads and the follower."""
        for run, name in ((self._release_held, "log-merge"), (self._process_requests, "log-past")):
            threading.Thread(target=run, name=name, daemon=True).start()
        self._follower.start()

    # For screens.

    @property
    def status(self) -> FeedStatus:
        """The present state; in the past, it is live whatever the containers' state."""
        if self._closing.is_set():
            return FeedStatus(FeedState.CLOSED)
        return self._follower.status if self._reach.last else FeedStatus(FeedState.LIVE)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The containers in the order of the stack, removed ones last."""
        wanted, read = self._follower.wanted(), self._follower.containers
        names = tuple((item.id, item.name) for item in (*wanted, *read))
        if names != self._sources_key:  # under heavy logging, the lock is contended
            with self._lock:
                self._order_sources(wanted, read)
                self._sources_key = names
        return self._ordered

    def _order_sources(self, wanted: Sequence[Container], read: Sequence[Container]) -> None:
        services = [item.service for item in wanted]
        for container in {item.id: item for item in (*wanted, *read)}.values():
            several = services.count(container.service) > 1
            if container.oneoff:
                label = container.name
            else:
                label = plain(f"{container.service}{f'-{container.number}' if several else ''}")
            self._sources[container.name] = Source(container.name, container.service, label)
        here = [self._sources[item.name] for item in wanted]
        gone = [item for item in self._sources.values() if item not in here]
        self._ordered = (*here, *gone)

    @property
    def reach(self) -> HistoryExtent:
        """The position of the kept lines in the complete logs."""
        begins_at = self._begins_at
        if begins_at is None and self._reach.last and self._follower.has_first_line:
            begins_at = 0
        first = begins_at is not None and self.ring.extent.first <= begins_at
        return replace(self._reach, first=first)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closing.is_set()

    def close(self) -> None:
        """Stop reading and drop all lines."""
        self._closing.set()
        self._requested.set()
        self._merging.set()
        self._follower.close()
        history = self._history
        if history is not None:
            history.close()
        with self._lock:
            self._stop_following()
            self._reader = None
            # It may take long until the garbage collector frees this object, whose lines can
            # take thirty megabytes.
            self.ring.restart()

    def snapshot_changed(self) -> None:
        """Notify the follower of a change of the snapshot."""
        self._follower.snapshot_changed()

    def mark(self, words: str, at: datetime, source: str = "") -> None:
        """Insert a mark among the lines of its time.

        It is dropped if it is older than all kept lines, or much older than released ones, because
        it would be in the wrong place.
        """
        line = LogLine(timestamp_at(at), source, LineKind.MARK, words.encode())
        with self._lock:
            if not self._reach.last:
                return
            if self._last_stamp > line.stamp:
                if self._last_stamp > timestamp_at(at + LATE):
                    return
                line = replace(line, stamp=self._last_stamp)
            insort(self._marks, line, key=_stamp)
            self._merging.set()

    # Requests.

    def older(self) -> None:
        """Request a page of older lines."""
        if not (self._reach.loading or self.reach.first):
            self._submit(self._read_older)

    def newer(self) -> None:
        """Request a page of newer lines, if not at the end."""
        if not (self._reach.loading or self._reach.last):
            self._submit(self._read_newer, continues=True)

    def jump_to_first(self) -> None:
        """Request the first lines."""
        self._submit(lambda: self._jump_to(b""))

    def jump_to_time(self, at: datetime) -> None:
        """Request the lines around a time."""
        self._submit(lambda: self._jump_to(timestamp_at(at.astimezone(UTC))))

    def jump_to_last(self) -> None:
        """Request the last lines, and follow."""
        self._submit(self._return_to_end)

    def _submit(self, request: Callable[[], None], *, continues: bool = False) -> None:
        with self._lock:
            self._request = request
            self._reach = replace(self._reach, loading=True, trouble=NO_TEXT)
            history = self._history
        if history is not None and not continues:
            history.close()  # this request replaces the running one
        self._requested.set()

    def _process_requests(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            if self._closing.is_set():
                return
            with self._lock:
                request, self._request = self._request, None
            if request is None:
                continue
            trouble = NO_TEXT
            try:
                request()
            except EngineError as error:
                trouble = plain(f"{error.what} {error.hint}".strip())
            except Exception:
                log.exception("older log lines can't be read")
                trouble = SafeText("This part of the logs can't be read; see pixel-tui's log file.")
            with self._lock:
                if self._request is None:
                    self._reach = replace(self._reach, loading=False, trouble=trouble)

    # On the thread for requests.

    def _new_history(self) -> LogHistory:
        history = LogHistory(self._engine, self._follower.wanted())
        with self._lock:
            self._history = history
            if self._closing.is_set() or self._request is not None:
                history.close()
        return history

    def _read_older(self) -> None:
        extent = self.ring.extent
        held: dict[str, LogLine] = {}
        first = b""
        for line in self.ring.window(extent.first, extent.following).lines:
            if line.kind is not LineKind.MARK:
                first = first or line.stamp
                held.setdefault(line.source, line)
        history = self._new_history()
        page = history.before(first, PAGE, held)
        with self._lock:
            if history.closed or self.ring.extent.epoch != extent.epoch:
                return
            dropped = self.ring.prepend(page.lines)
            if page.complete:
                self._begins_at = self.ring.extent.first
            if dropped:
                self._stop_following()
                self._reader = None

    def _read_newer(self) -> None:
        reader = self._reader
        if reader is None or reader.closed:
            extent = self.ring.extent
            lines = self.ring.window(extent.first, extent.following).lines
            said = [line for line in lines if line.kind is not LineKind.MARK]
            reader = self._new_history().reader(after=_reached(said, self._follower.wanted()))
            self._reader = reader
        page = reader.read(PAGE)
        with self._lock:
            if self._closing.is_set():
                return
            self.ring.extend(page.lines)
            if page.complete and not reader.closed:
                self._follow_from(reader)

    def _jump_to(self, stamp: bytes) -> None:
        history = self._new_history()
        older = history.before(stamp, AROUND) if stamp else Page((), complete=True)
        reader = history.reader(older.lines[0].stamp if older.lines else stamp)
        page = reader.read(PAGE)
        with self._lock:
            if history.closed:
                return
            self._stop_following()
            self._reader = reader
            self._begins_at = 0 if older.complete else None
            self.ring.restart(page.lines)
            if page.complete:
                self._follow_from(reader)

    def _return_to_end(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._stop_following()
            self._reader = None
            self._reach = HistoryExtent(loading=True)
            self._begins_at = None
            self.ring.restart()
            self._follower = self._follow(None)
        self._follower.start()

    def _stop_following(self) -> None:
        self._follower.close()
        self._merge = LineMerger()
        self._marks, self._last_stamp = [], b""
        self._reach = replace(self._reach, last=False)

    def _follow_from(self, reader: HistoryReader) -> None:
        self._reader = None
        self._reach = replace(self._reach, last=True)
        extent = self.ring.extent
        last = self.ring.window(extent.following - 1, extent.following).lines
        self._last_stamp = last[0].stamp if last else b""
        self._follower = self._follow(reader.positions())
        self._follower.start()

    def _follow(self, reached: Mapping[str, ReadPosition] | None) -> LogFollower:
        made: list[LogFollower] = []
        follower = self._make_follower(lambda lines: self._receive(made[0], lines), reached)
        made.append(follower)
        return follower

    # New lines.

    def _receive(self, follower: LogFollower, lines: Sequence[LogLine]) -> None:
        alone = len(follower.containers) < 2
        with self._lock:
            if follower is not self._follower or not self._reach.last:
                return  # a closed follower that has not stopped yet
            placed = self._with_marks(lines)
            if alone and not self._merge.held:
                self._append(placed)
                return
            self._append(self._merge.feed(placed, self._monotonic()))
            if self._merge.held:
                self._merging.set()

    def _with_marks(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """Insert the waiting marks between lines by time."""
        if not (self._marks and lines):
            return lines
        begins = not (self._last_stamp or self._merge.held)
        if begins:  # earlier marks belong to the past, which is not kept
            first = bisect_left(self._marks, lines[0].stamp, key=_stamp)
            del self._marks[:first]
        placed: list[LogLine] = []
        for line in lines:
            while self._marks and self._marks[0].stamp <= line.stamp:
                placed.append(self._marks.pop(0))
            placed.append(line)
        return placed

    def _append(self, lines: Sequence[LogLine]) -> None:
        if lines:
            self._last_stamp = max(self._last_stamp, lines[-1].stamp)
            self.ring.extend(lines)

    def _release_held(self) -> None:
        """Release lines that were held long enough, until closed."""
        while not self._closing.is_set():
            self._merging.wait()
            self._closing.wait(WINDOW)
            with self._lock:
                self._merging.clear()
                # Before the first lines, the place of a mark is not known.
                known = self._last_stamp or self.status.state is not FeedState.CONNECTING
                marks, self._marks = (self._marks, []) if known else ([], self._marks)
                self._append(self._merge.feed(marks, self._monotonic()))
                if self._merge.held or self._marks:
                    self._merging.set()


def _stamp(line: LogLine) -> bytes:
    return line.stamp


def _reached(
    lines: Sequence[LogLine], containers: Sequence[Container]
) -> Mapping[str, ReadPosition]:
    """Return the position of each container's log, from its last kept line."""
    last = lines[-1].stamp if lines else b""
    found: dict[str, ReadPosition] = {}
    for container in containers:
        own = [line for line in lines if line.source == container.name]
        reached = found[container.id] = ReadPosition(b"" if own else last)
        reached.advance(own)
    return found
