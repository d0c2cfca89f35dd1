"""A bounded buffer of log lines, written by reader threads and read by a screen."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class LineKind(IntEnum):
    """The origin of a line."""

    STDOUT = 1
    STDERR = 2
    MARK = 3
    """A line of pixel-tui about what happened here, not of a container."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as the container wrote it: bytes that are not yet safe to show."""

    stamp: bytes
    """The engine's RFC 3339 timestamp in UTC with nanoseconds; empty if it has none."""
    source: str
    """The container's name."""
    kind: LineKind
    text: bytes
    """Without its line end."""


_DROPPED: Final = LogLine(b"", "", LineKind.MARK, b"")


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive lines of a ring."""

    first: int
    """The sequence number of the first of the lines."""
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """The range of lines that a ring keeps at one moment."""

    epoch: int
    """Changed by `restart`, which invalidates all earlier sequence numbers."""
    first: int
    """The sequence number of the oldest line; negative if older lines were prepended."""
    following: int
    """The sequence number of the next line to come."""


class Ring:
    """A buffer of consecutive log lines, limited in number and in bytes. Thread-safe.

    Every line has a sequence number that never changes. Lines added at one end displace those at
    the other.

    Args:
        max_lines: Maximum number of lines.
        max_bytes: Maximum bytes of text (one line is kept whatever its size).
    """

    def __init__(self, max_lines: int = 100_000, max_bytes: int = 32 * 1024 * 1024) -> None:
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._lines: list[LogLine] = []
        self._unused = 0
        """The number of unused entries at the start of the list."""
        self._bytes = 0
        self._first = 0
        self._epoch = 0
        self._lock = threading.Lock()
        self._listener: Callable[[], None] = _no_listener

    def set_listener(self, listener: Callable[[], None]) -> None:
        """Set a function to call after each change, on the thread that makes it.

        It must return at once.
        """
        self._listener = listener

    def extend(self, lines: Sequence[LogLine]) -> None:
        """Append lines, and drop from the start what no longer fits."""
        with self._lock:
            self._append(lines)
        self._listener()

    def prepend(self, lines: Sequence[LogLine]) -> int:
        """Insert older lines before the first one, and drop from the end what no longer fits.

        If there are more lines than fit at all, the last of them are kept.

        Returns:
            The number of lines dropped from the end.
        """
        with self._lock:
            lines = lines[-self._max_lines :] if lines else lines
            self._lines[: self._unused] = lines
            self._unused = 0
            self._first -= len(lines)
            self._bytes += sum(len(line.text) for line in lines)
            dropped = 0
            while self._too_many():
                self._bytes -= len(self._lines.pop().text)
                dropped += 1
        self._listener()
        return dropped

    def restart(self, lines: Sequence[LogLine] = ()) -> None:
        """Replace all lines by these; sequence numbers start again at zero."""
        with self._lock:
            self._lines, self._unused, self._bytes, self._first = [], 0, 0, 0
            self._epoch += 1
            self._append(lines)
        self._listener()

    @property
    def extent(self) -> Extent:
        """The range of kept lines."""
        with self._lock:
            return Extent(self._epoch, self._first, self._first + len(self._lines) - self._unused)

    def window(self, start: int, stop: int) -> Window:
        """Return the kept lines from sequence number `start` up to, not including, `stop`."""
        with self._lock:
            begin = max(start - self._first, 0)
            end = max(stop - self._first, begin)
            kept = self._lines[self._unused + begin : self._unused + end]
            return Window(self._first + begin, tuple(kept))

    def lines(self, numbers: Sequence[int]) -> tuple[LogLine | None, ...]:
        """Return the lines with these sequence numbers; None for each that is not kept."""
        with self._lock:
            kept, offset = self._lines, self._unused - self._first
            places = range(self._unused, len(kept))
            return tuple(
                kept[number + offset] if number + offset in places else None for number in numbers
            )

    def _append(self, lines: Sequence[LogLine]) -> None:
        kept = self._lines
        kept.extend(lines)
        self._bytes += sum([len(line.text) for line in lines])
        dropped = max(len(kept) - self._unused - self._max_lines, 0)
        dropped_end = self._unused + dropped
        self._bytes -= sum([len(line.text) for line in kept[self._unused : dropped_end]])
        while self._bytes > self._max_bytes and len(kept) - dropped_end > 1:
            self._bytes -= len(kept[dropped_end].text)
            dropped_end += 1
        self._first += dropped_end - self._unused
        if dropped_end > self._max_lines // 8:
            del kept[:dropped_end]
            dropped_end = 0
        else:  # the list is compacted rarely; release the dropped lines from memory until then
            kept[self._unused : dropped_end] = [_DROPPED] * (dropped_end - self._unused)
        self._unused = dropped_end

    def _too_many(self) -> bool:
        count = len(self._lines) - self._unused
        return count > self._max_lines or (self._bytes > self._max_bytes and count > 1)


def _no_listener() -> None:
    """Do nothing: the default listener."""
