"""A bounded buffer of log lines, written by reader threads and read by a screen."""

import threading
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice


class LineKind(IntEnum):
    """Where a line comes from."""

    STDOUT = 1
    STDERR = 2
    MARK = 3
    """Not a container's word: the console says what happened at this place."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as the container wrote it: bytes, not yet safe to show."""

    stamp: bytes
    """The engine's RFC 3339 time in UTC with nanoseconds; empty where it has none."""
    source: str
    """The container's name."""
    kind: LineKind
    text: bytes
    """Without its line end."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of a ring, taken at one moment."""

    first: int
    """The sequence number of the first of the lines."""
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """Which lines a ring keeps, at one moment."""

    epoch: int
    """Another one after `restart`: the numbers before mean nothing any more."""
    first: int
    """The sequence number of the oldest line; below zero where older ones were put before."""
    following: int
    """The sequence number of the next line to come."""


class Ring:
    """The newest lines, bounded in number and in bytes.

    Every line has a sequence number that never changes; the oldest are dropped,
    and how many is known. All methods may be called from any thread.

    Args:
        max_lines: How many lines are kept.
        max_bytes: How many bytes of text are kept (one line is kept whatever its size).
    """

    def __init__(self, max_lines: int = 20_000, max_bytes: int = 16 * 1024 * 1024) -> None:
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._lines: deque[LogLine] = deque()
        self._bytes = 0
        self._first = 0
        self._lock = threading.Lock()

    def extend(self, lines: list[LogLine]) -> None:
        """Append a batch and drop what no longer fits."""
        with self._lock:
            self._lines.extend(lines)
            self._bytes += sum(len(line.text) for line in lines)
            while len(self._lines) > self._max_lines or (
                self._bytes > self._max_bytes and len(self._lines) > 1
            ):
                self._bytes -= len(self._lines.popleft().text)
                self._first += 1

    @property
    def bounds(self) -> tuple[int, int]:
        """The sequence number of the oldest line kept, and of the next to come."""
        with self._lock:
            return self._first, self._first + len(self._lines)

    def window(self, start: int, stop: int) -> Window:
        """The kept lines from sequence number `start` up to, not including, `stop`."""
        with self._lock:
            begin = max(start - self._first, 0)
            end = max(stop - self._first, begin)
            return Window(self._first + begin, tuple(islice(self._lines, begin, end)))
