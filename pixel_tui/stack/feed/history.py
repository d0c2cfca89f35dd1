"""Reads the past of containers' logs from the engine, page by page.

The engine finds the last K lines of a log by reading its files backwards, which is fast for any
size. To find a `since`, it parses every line from the first one on, which takes seconds for a
million lines. So a position in the past is found by requesting more and more last lines, and
reading only as much of the response as is needed.
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
"""Factor by which each request goes further back than the previous one."""
NEAR_ENOUGH: Final = 20_000
"""Reading up to this many lines too many is cheaper than another request."""
MARGIN: Final = 1000
"""Lines added to the depth of the previous page for the first request."""
AT_ONCE: Final = 8
"""Number of logs read in parallel."""


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive lines of the past, in order."""

    lines: tuple[LogLine, ...]
    complete: bool
    """There are no lines beyond them."""
    newest: tuple[LogLine, ...] = ()
    """The newest lines read of each container, even those before the start of the page."""


class LogHistory:
    """Reads the past of containers' logs.

    Its methods block and are thread-safe.

    Args:
        engine: The engine to read from (`GET /containers/{id}/logs`).
        containers: The containers; unreadable and never started ones are left out.
    """

    def __init__(self, engine: EngineReader, containers: Sequence[Container]) -> None:
        self._engine = engine
        self._containers = [
            item for item in containers if item.logs_readable and item.started_at is not None
        ]
        self._depths: dict[str, int] = {}
        """Container id to the number of last lines read for the previous page."""
        self._lock = threading.Lock()
        self._open: set[ByteStream] = set()
        self._closed = False

    def before(self, stamp: bytes, count: int, held: Mapping[str, LogLine] | None = None) -> Page:
        """Return the last lines before a time, of all containers in order and without gaps.

        Args:
            stamp: The timestamp in the engine's format; empty for the end of the logs.
            count: The maximum number of lines per container.
            held: Container name to its first known line. Lines are read up to this line, because
                the timestamps of a container's two streams are slightly out of order, and lines
                would be lost by comparing timestamps only.

        Raises:
            EngineError: The engine can't be reached.
        """
        anchors = held or {}

        def tail_of(container: Container) -> Page:
            anchor = anchors.get(container.name)
            return self._tail_before(container, anchor.stamp if anchor else stamp, count, anchor)

        with ThreadPoolExecutor(min(max(len(self._containers), 1), AT_ONCE)) as pool:
            tails = list(pool.map(tail_of, self._containers))
        # The page starts where the first log was cut, so that it has no gaps.
        cut = max((page.lines[0].stamp for page in tails if page.lines and not page.complete),
                  default=b"")  # fmt: skip
        whole = [dropwhile(lambda line: line.stamp < cut, page.lines) for page in tails]
        complete = not cut and all(page.complete for page in tails)
        newest = tuple(line for page in tails for line in _newest(page.lines))
        return Page(tuple(heapq.merge(*whole, key=_stamp)), complete, newest)

    def last_of(self, container: Container, count: int) -> Sequence[LogLine]:
        """Return the last lines of one container.

        Raises:
            EngineError: The engine can't be reached.
        """
        return self._tail_before(container, b"", count, None).lines

    def reader(
        self,
        start: bytes = b"",
        *,
        after: Mapping[str, ReadPosition] | None = None,
        until: bytes = b"",
    ) -> "HistoryReader":
        """Return a reader that reads forward from a time.

        Args:
            start: The timestamp; empty for the first line.
            after: Container id to the position from which to continue.
            until: The timestamp of the last line to read; empty for up to now.
        """
        return HistoryReader(self, self._containers, start, after or {}, until)

    def close(self) -> None:
        """Interrupt all reading; later calls return nothing."""
        with self._lock:
            self._closed = True
            streams, self._open = self._open, set()
        for stream in streams:
            stream.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def batches(
        self, container: Container, tail: int | None
    ) -> Generator[list[LogLine], None, None]:
        """Yield the last lines of a log, or all of it, in batches; nothing if it was removed.

        Raises:
            EngineError: The engine can't be reached, or the connection broke.
        """
        cut = splitter(container.name, tty=container.tty)
        with closing(self.chunks(container, tail)) as chunks:
            for chunk in chunks:
                yield cut.feed(chunk)
        yield cut.flush()

    def chunks(self, container: Container, tail: int | None) -> Generator[bytes, None, None]:
        """Yield the same as raw chunks.

        Raises:
            EngineError: The engine can't be reached, or the connection broke.
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
        """The containers whose past can be read."""
        return tuple(self._containers)

    def depth_of(self, container: Container, stamp: bytes, beyond: int = 0) -> int | None:
        """Return how many last lines reach back before a time; None if all are needed.

        Args:
            container: The container.
            stamp: The timestamp.
            beyond: The number of lines before it that are needed as well.
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
                # Interpolate: most logs grow evenly. Go a little beyond the estimate.
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
        """Return the first of the last lines of a log; None if there are none."""
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
                older = _before(lines, stamp, anchor)
                kept.extend(older)
                seen += len(older)
                if len(older) < len(lines):
                    break
        # If the log has more lines than requested, exactly the requested number was returned.
        return Page(tuple(kept), seen <= count if depth is None else seen < count)


class HistoryReader:
    """Reads forward from a position in the past, only as much as requested.

    Args:
        history: Reads the logs.
        containers: The containers.
        start: The timestamp to start from; empty for the first line.
        after: Container id to the position from which to continue.
        until: The timestamp of the last line to read; empty for all.
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
        """Return the next lines; fewer than `count` only if there are no more.

        Raises:
            EngineError: The engine can't be reached, or the connection broke.
        """
        lines = tuple(islice(self._merged, count))
        by_source: dict[str, list[LogLine]] = {}
        for line in lines:
            by_source.setdefault(line.source, []).append(line)
        for source, read_lines in by_source.items():
            self._reached[self._ids[source]].advance(read_lines)
        return Page(lines, len(lines) < count)

    def positions(self) -> Mapping[str, ReadPosition]:
        """Return the position up to which each log was read, by container id."""
        return self._reached

    @property
    def closed(self) -> bool:
        """Whether the history was closed."""
        return self._history.closed

    def close(self) -> None:
        """Stop reading. `LogHistory.close` interrupts a read on another thread."""
        for stream in self._streams:
            stream.close()

    def _lines_of(
        self, container: Container, start: bytes, after: ReadPosition | None
    ) -> Generator[LogLine, None, None]:
        resumed = after is not None and bool(after.stamp)
        begin = after.since if after is not None and resumed else start
        depth = self._history.depth_of(container, begin) if begin else None
        overlap = after.overlap() if after is not None and resumed else None
        started = not begin
        with closing(self._history.batches(container, depth)) as batches:
            for lines in batches:
                fresh = lines
                if not started:
                    # Lines after the first one of that time are later, whatever their timestamp.
                    fresh = list(dropwhile(lambda line: line.stamp < begin, lines))
                    started = bool(fresh)
                for line in overlap.filter_new(fresh) if overlap is not None else fresh:
                    if self._until and line.stamp > self._until:
                        return
                    yield line


def _newest(lines: Sequence[LogLine]) -> Sequence[LogLine]:
    """Return the lines with each stream's latest timestamp, which may not be the last lines."""
    last: dict[LineKind, bytes] = {}
    for line in lines:
        last[line.kind] = max(last.get(line.kind, b""), line.stamp)
    return [line for line in lines if line.stamp == last[line.kind]]


def _share(later: bytes, stamp: bytes, earlier: bytes) -> float:
    """Return the position of a time between a later (0.0) and an earlier one (1.0)."""
    high, at, low = (timestamp_nanoseconds(item) or 0 for item in (later, stamp, earlier))
    return min(max((high - at) / (high - low), 0.0), 1.0) if high > low else 0.5


def _stamp(line: LogLine) -> bytes:
    return line.stamp


def _before(lines: list[LogLine], stamp: bytes, anchor: LogLine | None) -> list[LogLine]:
    """Return the lines before the first known one, or before a time."""
    if not stamp:
        return lines
    if anchor is None:
        return list(takewhile(lambda line: line.stamp < stamp, lines))
    limit = format_timestamp((timestamp_nanoseconds(stamp) or 0) + DISORDER)
    for at, line in enumerate(lines):
        if line.stamp >= stamp and (line == anchor or line.stamp > limit):
            return lines[:at]
    return lines
