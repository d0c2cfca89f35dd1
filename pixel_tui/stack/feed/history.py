"""The past of some containers' logs, read from the engine a page at a time.

The engine finds the last K lines of a log by reading its files backwards, which is fast
however long they are; a `since` it finds by taking every line apart from the first one on,
which takes seconds for a million. So a place in the past is found by asking for more and
more last lines, and reading only so much of the answer as is needed.
"""

import heapq
import threading
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from itertools import dropwhile, islice, takewhile
from typing import Final

from pixel_tui.errors import EngineRefused
from pixel_tui.stack.feed.frames import splitter
from pixel_tui.stack.feed.overlap import DISORDER, ReadPosition
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.source import ByteStream, EngineReader, LogRequest
from pixel_tui.stack.model.times import format_timestamp, timestamp_nanoseconds

GROWTH: Final = 4
"""How much further back each next look for a place goes."""
NEAR_ENOUGH: Final = 20_000
"""So many lines more than needed may be read, for what another look would cost."""
MARGIN: Final = 1000
"""Lines by which a look goes further back than the one before."""
AT_ONCE: Final = 8
"""Logs that are read at the same time."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of the past, in order."""

    lines: tuple[LogLine, ...]
    complete: bool
    """Nothing lies beyond them."""
    newest: tuple[LogLine, ...] = ()
    """The newest lines that were read of each container, also where the page begins later."""


class LogHistory:
    """Reads the past of some containers' logs.

    Its methods block, and may be called from any thread.

    Args:
        engine: Where the logs are asked for (`GET /containers/{id}/logs`).
        containers: Whose logs. Those that can't be read, or have never run, are left out.
    """

    def __init__(self, engine: EngineReader, containers: Sequence[Container]) -> None:
        self._engine = engine
        self._containers = [
            item for item in containers if item.logs_readable and item.started_at is not None
        ]
        self._depths: dict[str, int] = {}
        """How many last lines led to the page before, by container id."""
        self._lock = threading.Lock()
        self._open: set[ByteStream] = set()
        self._closed = False

    def before(self, stamp: bytes, count: int, held: Mapping[str, LogLine] | None = None) -> Page:
        """The last lines older than a moment, of all containers in order and without a hole.

        Args:
            stamp: The moment, as the engine writes it; empty for the end of the logs.
            count: How many of each container at most.
            held: The first line that is known already, by the container's name. Lines are
                taken up to it: two streams of one container write stamps a little out of
                order, so that a stamp alone would lose lines.

        Raises:
            EngineError: The engine can't be asked.
        """
        anchors = held or {}

        def tail_of(container: Container) -> Page:
            anchor = anchors.get(container.name)
            return self._tail_before(container, anchor.stamp if anchor else stamp, count, anchor)

        with ThreadPoolExecutor(min(max(len(self._containers), 1), AT_ONCE)) as pool:
            tails = list(pool.map(tail_of, self._containers))
        # Where one log goes on further back than it was read, the others stop there too.
        cut = max((page.lines[0].stamp for page in tails if page.lines and not page.complete),
                  default=b"")  # fmt: skip
        whole = [dropwhile(lambda line: line.stamp < cut, page.lines) for page in tails]
        complete = not cut and all(page.complete for page in tails)
        newest = tuple(line for page in tails for line in _newest(page.lines))
        return Page(tuple(heapq.merge(*whole, key=_stamp)), complete, newest)

    def last_of(self, container: Container, count: int) -> Sequence[LogLine]:
        """The last lines of one container.

        Raises:
            EngineError: The engine can't be asked.
        """
        return self._tail_before(container, b"", count, None).lines

    def reader(
        self,
        start: bytes = b"",
        *,
        after: Mapping[str, ReadPosition] | None = None,
        until: bytes = b"",
    ) -> "HistoryReader":
        """Read on from a moment.

        Args:
            start: The moment; empty for the very first line.
            after: How far each container's log was read before, by its id.
            until: Read no line that is later; empty for up to now.
        """
        return HistoryReader(self, self._containers, start, after or {}, until)

    def close(self) -> None:
        """End whatever is being read; what is asked for afterwards is empty."""
        with self._lock:
            self._closed = True
            streams, self._open = self._open, set()
        for stream in streams:
            stream.close()

    @property
    def closed(self) -> bool:
        """Whether nobody wants it any more."""
        return self._closed

    def batches(
        self, container: Container, tail: int | None
    ) -> Generator[list[LogLine], None, None]:
        """The last lines of a log, or all of it, as they come; nothing of one that is gone.

        Raises:
            EngineError: The engine can't be asked, or broke the connection off.
        """
        cut = splitter(container.name, tty=container.tty)
        with closing(self.chunks(container, tail)) as chunks:
            for chunk in chunks:
                yield cut.feed(chunk)
        yield cut.flush()

    def chunks(self, container: Container, tail: int | None) -> Generator[bytes, None, None]:
        """The same as the engine sends it.

        Raises:
            EngineError: The engine can't be asked, or broke the connection off.
        """
        try:
            stream = self._engine.logs(LogRequest(container.id, tail, follow=False))
        except EngineRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return
            raise
        with self._lock:
            self._open.add(stream)
            closed = self._closed
        try:
            while not (closed or self._closed) and (chunk := stream.read()):
                yield chunk
        finally:
            with self._lock:
                self._open.discard(stream)
            stream.close()

    @property
    def containers(self) -> Sequence[Container]:
        """Whose past can be read."""
        return tuple(self._containers)

    def depth_of(self, container: Container, stamp: bytes, beyond: int = 0) -> int | None:
        """How many last lines reach back behind a moment; None where all of them are needed.

        Args:
            container: Whose log.
            stamp: The moment.
            beyond: So many lines from before it are wanted too.
        """
        stamp = format_timestamp(max((timestamp_nanoseconds(stamp) or 0) - DISORDER, 0))
        reach = max(self._depths.get(container.id, 0), beyond) + MARGIN
        short, later, first = 0, b"", self._first_of(container, reach)
        while first is not None and first.stamp >= stamp:
            short, later, reach = reach, first.stamp, reach * GROWTH
            further = self._first_of(container, reach)
            if further == first:
                return None
            first = further
        if first is None:
            return None
        halve = False
        while reach - short > NEAR_ENOUGH:
            middle = (short + reach) // 2
            if later and not halve:
                # Most logs grow evenly: look where it would stand then, and a little beyond.
                share = _share(later, stamp, first.stamp)
                middle = min(int(short + (reach - short) * share) + NEAR_ENOUGH // 2, reach - 1)
            halve = not halve
            found = self._first_of(container, middle)
            if found is not None and found.stamp < stamp:
                reach, first = middle, found
            else:
                short, later = middle, found.stamp if found is not None else later
        self._depths[container.id] = reach + beyond
        return reach + beyond

    def _first_of(self, container: Container, tail: int) -> LogLine | None:
        """The first of the last lines of a log; None where there are none."""
        with closing(self.batches(container, tail)) as batches:
            return next((lines[0] for lines in batches if lines), None)

    def _tail_before(
        self, container: Container, stamp: bytes, count: int, anchor: LogLine | None
    ) -> Page:
        depth = self.depth_of(container, stamp, count) if stamp else count
        kept: deque[LogLine] = deque(maxlen=count)
        seen = 0
        with closing(self.batches(container, depth)) as batches:
            for lines in batches:
                older = _up_to(lines, stamp, anchor)
                kept.extend(older)
                seen += len(older)
                if len(older) < len(lines):
                    break
        # A log that has more than was asked for gives as much as was asked for.
        return Page(tuple(kept), seen <= count if depth is None else seen < count)


class HistoryReader:
    """Reads on from a place in the past; nothing is read that was not asked for.

    Args:
        history: Where from.
        containers: Whose logs.
        start: From which moment; empty for the beginning.
        after: How far each was read before.
        until: Up to which moment; empty for all.
    """

    def __init__(
        self,
        history: LogHistory,
        containers: Sequence[Container],
        start: bytes,
        after: Mapping[str, ReadPosition],
        until: bytes,
    ) -> None:
        self._history = history
        self._until = until
        self._ids = {str(item.name): item.id for item in containers}
        self._reached = {item.id: after.get(item.id) or ReadPosition() for item in containers}
        self._streams = [self._lines_of(item, start, after.get(item.id)) for item in containers]
        self._merged = heapq.merge(*self._streams, key=_stamp)

    def read(self, count: int) -> Page:
        """The next lines; fewer only where there are no more.

        Raises:
            EngineError: The engine can't be asked, or broke the connection off.
        """
        lines = tuple(islice(self._merged, count))
        by_source: dict[str, list[LogLine]] = {}
        for line in lines:
            by_source.setdefault(line.source, []).append(line)
        for source, said in by_source.items():
            self._reached[self._ids[source]].note(said)
        return Page(lines, len(lines) < count)

    def reached(self) -> Mapping[str, ReadPosition]:
        """How far each log was given out, by container id."""
        return self._reached

    @property
    def closed(self) -> bool:
        """Whether nothing more comes, since nobody wants it."""
        return self._history.closed

    def close(self) -> None:
        """Read no more. What is being read on another thread is ended by `LogHistory.close`."""
        for stream in self._streams:
            stream.close()

    def _lines_of(
        self, container: Container, start: bytes, after: ReadPosition | None
    ) -> Generator[LogLine, None, None]:
        resumed = after is not None and bool(after.stamp)
        begin = after.since if after is not None and resumed else start
        depth = self._history.depth_of(container, begin) if begin else None
        overlap = after.overlap() if after is not None and resumed else None
        begun = not begin
        with closing(self._history.batches(container, depth)) as batches:
            for lines in batches:
                fresh = lines
                if not begun:
                    # What stands behind the first line of that time is later, whatever it says.
                    fresh = list(dropwhile(lambda line: line.stamp < begin, lines))
                    begun = bool(fresh)
                for line in overlap.drop_from(fresh) if overlap is not None else fresh:
                    if self._until and line.stamp > self._until:
                        return
                    yield line


def _newest(lines: Sequence[LogLine]) -> Sequence[LogLine]:
    """The lines of each stream's latest time, which need not be the last ones."""
    last: dict[LineKind, bytes] = {}
    for line in lines:
        last[line.kind] = max(last.get(line.kind, b""), line.stamp)
    return [line for line in lines if line.stamp == last[line.kind]]


def _share(later: bytes, stamp: bytes, earlier: bytes) -> float:
    """How much of the way from a later time back to an earlier one a time is."""
    high, at, low = (timestamp_nanoseconds(item) or 0 for item in (later, stamp, earlier))
    return min(max((high - at) / (high - low), 0.0), 1.0) if high > low else 0.5


def _stamp(line: LogLine) -> bytes:
    return line.stamp


def _up_to(lines: list[LogLine], stamp: bytes, anchor: LogLine | None) -> list[LogLine]:
    """The lines before the first one that is known already, or not older than a moment."""
    if not stamp:
        return lines
    if anchor is None:
        return list(takewhile(lambda line: line.stamp < stamp, lines))
    limit = format_timestamp((timestamp_nanoseconds(stamp) or 0) + DISORDER)
    for at, line in enumerate(lines):
        if line.stamp >= stamp and (line == anchor or line.stamp > limit):
            return lines[:at]
    return lines
