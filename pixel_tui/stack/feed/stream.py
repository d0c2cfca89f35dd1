"""The logs of some containers in one stream, with a past that can be gone back to.

While it stands at the end, a `LogFollower` brings what comes; lines of several containers
are held for a moment, so that they find their order. A wish to see the past ends that: its
pages are read one at a time, and once they have come to the end, a follower goes on from
there. A thread of its own does what is wished, one wish after the other.
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
from pixel_tui.stack.feed.merge import WINDOW, Merge
from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.model.times import timestamp_at
from pixel_tui.text import NO_TEXT, SafeText, plain

log = logging.getLogger(__name__)

PAGE: Final = 2000
"""Lines that are read at once from the past; of each container when going back."""
LATE: Final = timedelta(seconds=5)
"""By how much what happened may be told late."""
AROUND: Final = 500
"""Lines from before a moment that is gone to."""

MakeFollower = Callable[
    [Callable[[Sequence[LogLine]], None], Mapping[str, ReadPosition] | None], LogFollower
]
"""Makes a follower that gives its lines to the first, and reads on from the second."""


class LogStream:
    """A `LogFeed` over any engine that speaks Docker's API.

    Args:
        engine: Where logs are asked for.
        make_follower: Makes what follows them.
        monotonic: Seconds on a clock that never goes back.
        ring: Where the lines are kept.
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
        self._merge = Merge()
        self._marks: list[LogLine] = []
        """What happened, by its time, until lines of that time have come."""
        self._last_stamp = b""
        """The latest stamp of what the ring was given at its end."""
        self._merging = threading.Event()
        """Set while lines are held that must be given out soon."""
        self._sources: dict[str, Source] = {}
        self._seen: tuple[object, ...] = ()
        """What the sources were found out from."""
        self._ordered: tuple[Source, ...] = ()
        self._reach = HistoryExtent()
        self._begins_at: int | None = None
        """The sequence number of the very first line, where it was held."""
        self._reader: HistoryReader | None = None
        self._history: LogHistory | None = None
        self._wish: Callable[[], None] | None = None
        self._wished = threading.Event()
        self._closing = threading.Event()
        self._follower = self._follow(None)

    def start(self) -> None:
        """Begin to read."""
        for run, name in ((self._give_out, "log-merge"), (self._fulfil, "log-past")):
            threading.Thread(target=run, name=name, daemon=True).start()
        self._follower.start()

    # What a screen sees.

    @property
    def status(self) -> FeedStatus:
        """How it stands; a part of the past stands whatever the containers do."""
        if self._closing.is_set():
            return FeedStatus(FeedState.CLOSED)
        return self._follower.status if self._reach.last else FeedStatus(FeedState.LIVE)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The containers, in the order of the stack; those that are gone at the end."""
        wanted, read = self._follower.wanted(), self._follower.containers
        names = tuple((item.id, item.name) for item in (*wanted, *read))
        if names != self._seen:  # in a flood the lock is hard to get
            with self._lock:
                self._order_sources(wanted, read)
                self._seen = names
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
        """How the kept lines lie in what the engine has."""
        begins_at = self._begins_at
        if begins_at is None and self._reach.last and self._follower.begins:
            begins_at = 0
        first = begins_at is not None and self.ring.extent.first <= begins_at
        return replace(self._reach, first=first)

    @property
    def closed(self) -> bool:
        """Whether nobody wants it any more."""
        return self._closing.is_set()

    def close(self) -> None:
        """Stop reading, and hold no line any more."""
        self._closing.set()
        self._wished.set()
        self._merging.set()
        self._follower.close()
        history = self._history
        if history is not None:
            history.close()
        with self._lock:
            self._leave_end()
            self._reader = None
            # It may be long until the garbage collector finds this object and the thirty
            # megabytes that its lines can come to.
            self.ring.restart()

    def snapshot_changed(self) -> None:
        """The picture of the stack is another one."""
        self._follower.snapshot_changed()

    def mark(self, words: str, at: datetime, source: str = "") -> None:
        """Say in the stream what happened, among the lines of that time.

        What is older than all that is held, or came when later lines were given out long
        ago, is left out: no mark stands where it does not belong.
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

    # Wishes.

    def older(self) -> None:
        """Put a page of older lines before the first one."""
        if not (self._reach.loading or self.reach.first):
            self._ask(self._read_older)

    def newer(self) -> None:
        """In the past: append a page of newer lines; at the end, follow again."""
        if not (self._reach.loading or self._reach.last):
            self._ask(self._read_newer, going_on=True)

    def to_first(self) -> None:
        """Hold the very first lines."""
        self._ask(lambda: self._stand_at(b""))

    def to_moment(self, at: datetime) -> None:
        """Hold the lines around a moment."""
        self._ask(lambda: self._stand_at(timestamp_at(at.astimezone(UTC))))

    def to_last(self) -> None:
        """Hold the last lines and follow."""
        self._ask(self._return_to_end)

    def _ask(self, wish: Callable[[], None], *, going_on: bool = False) -> None:
        with self._lock:
            self._wish = wish
            self._reach = replace(self._reach, loading=True, trouble=NO_TEXT)
            history = self._history
        if history is not None and not going_on:
            history.close()  # what is being read is not wanted any more
        self._wished.set()

    def _fulfil(self) -> None:
        while True:
            self._wished.wait()
            self._wished.clear()
            if self._closing.is_set():
                return
            with self._lock:
                wish, self._wish = self._wish, None
            if wish is None:
                continue
            trouble = NO_TEXT
            try:
                wish()
            except EngineError as error:
                trouble = plain(f"{error.what} {error.remedy}".strip())
            except Exception:
                log.exception("a part of a log's past can't be read")
                trouble = SafeText("This part of the log can't be read; the log file says why.")
            with self._lock:
                if self._wish is None:
                    self._reach = replace(self._reach, loading=False, trouble=trouble)

    # On the thread of the past.

    def _new_history(self) -> LogHistory:
        history = LogHistory(self._engine, self._follower.wanted())
        with self._lock:
            self._history = history
            if self._closing.is_set() or self._wish is not None:
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
                self._leave_end()
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

    def _stand_at(self, stamp: bytes) -> None:
        history = self._new_history()
        older = history.before(stamp, AROUND) if stamp else Page((), complete=True)
        reader = history.reader(older.lines[0].stamp if older.lines else stamp)
        page = reader.read(PAGE)
        with self._lock:
            if history.closed:
                return
            self._leave_end()
            self._reader = reader
            self._begins_at = 0 if older.complete else None
            self.ring.restart(page.lines)
            if page.complete:
                self._follow_from(reader)

    def _return_to_end(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._leave_end()
            self._reader = None
            self._reach = HistoryExtent(loading=True)
            self._begins_at = None
            self.ring.restart()
            self._follower = self._follow(None)
        self._follower.start()

    def _leave_end(self) -> None:
        self._follower.close()
        self._merge = Merge()
        self._marks, self._last_stamp = [], b""
        self._reach = replace(self._reach, last=False)

    def _follow_from(self, reader: HistoryReader) -> None:
        self._reader = None
        self._reach = replace(self._reach, last=True)
        extent = self.ring.extent
        last = self.ring.window(extent.following - 1, extent.following).lines
        self._last_stamp = last[0].stamp if last else b""
        self._follower = self._follow(reader.reached())
        self._follower.start()

    def _follow(self, reached: Mapping[str, ReadPosition] | None) -> LogFollower:
        made: list[LogFollower] = []
        follower = self._make_follower(lambda lines: self._take(made[0], lines), reached)
        made.append(follower)
        return follower

    # What comes.

    def _take(self, follower: LogFollower, lines: Sequence[LogLine]) -> None:
        alone = len(follower.containers) < 2
        with self._lock:
            if follower is not self._follower or not self._reach.last:
                return  # it was left, and has not noticed yet
            placed = self._with_marks(lines)
            if alone and not self._merge.held:
                self._append(placed)
                return
            self._append(self._merge.feed(placed, self._monotonic()))
            if self._merge.held:
                self._merging.set()

    def _with_marks(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """Put the marks of their time between lines."""
        if not (self._marks and lines):
            return lines
        begins = not (self._last_stamp or self._merge.held)
        if begins:  # what happened before is in the part of the past that is not held
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

    def _give_out(self) -> None:
        """Give out what was held long enough."""
        while not self._closing.is_set():
            self._merging.wait()
            self._closing.wait(WINDOW)
            with self._lock:
                self._merging.clear()
                # Before the first lines have come nobody knows where a mark belongs.
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
    """How far each container was read, from the last lines that are held of all."""
    last = lines[-1].stamp if lines else b""
    found: dict[str, ReadPosition] = {}
    for container in containers:
        own = [line for line in lines if line.source == container.name]
        reached = found[container.id] = ReadPosition(b"" if own else last)
        reached.note(own)
    return found
