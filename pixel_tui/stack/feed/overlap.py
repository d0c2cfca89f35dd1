"""The position up to which a log was read, and which lines of a resumed stream are new. Pure.

The engine reads stdout and stderr of a container in parallel. The lines of each are in order, but a
line of one may be written after a line of the other with a later timestamp. So the position is kept
for each stream.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import format_timestamp, timestamp_nanoseconds

DISORDER: Final = 200_000_000
"""Nanoseconds by which two lines of one container may be out of order."""


@dataclass(slots=True)
class _StreamPosition:
    """The last timestamp read of one stream, and the texts of the lines with it."""

    stamp: bytes
    texts: Counter[bytes] = field(default_factory=Counter)


class ReadPosition:
    """The position in a log up to which it was read.

    Args:
        stamp: The initial position; empty for the beginning. Lines with this timestamp are not
            read yet.
    """

    def __init__(self, stamp: bytes = b"") -> None:
        self.stamp = stamp
        """The latest timestamp read; empty before the first."""
        self._edges: dict[LineKind, _StreamPosition] = {}

    @property
    def since(self) -> bytes:
        """The timestamp from which on there may be unread lines."""
        at = timestamp_nanoseconds(self.stamp)
        return (
            self.stamp if at is None or not self._edges else format_timestamp(max(at - DISORDER, 0))
        )

    def advance(self, lines: Sequence[LogLine]) -> None:
        """Advance the position by these lines."""
        for kind in (LineKind.STDOUT, LineKind.STDERR):
            own = [line for line in lines if line.kind is kind]
            last = max((line.stamp for line in own), default=b"")
            edge = self._edges.get(kind)
            if not last or (edge is not None and last < edge.stamp):
                continue
            if edge is None or last > edge.stamp:
                edge = self._edges[kind] = _StreamPosition(last)
            edge.texts.update(line.text for line in own if line.stamp == last)
            self.stamp = max(self.stamp, last)

    def overlap(self) -> "Overlap":
        """Return a filter that drops already read lines from a stream that starts at `since`."""
        return Overlap(self.stamp, self.since, self._edges)


class Overlap:
    """Drops the already read lines from a resumed stream.

    Args:
        stamp: The latest timestamp read.
        since: All lines before this timestamp were read, of both streams.
        edges: The position of each stream.
    """

    def __init__(
        self, stamp: bytes, since: bytes, edges: Mapping[LineKind, _StreamPosition]
    ) -> None:
        self._stamp = stamp
        self._since = since
        self._edges = {
            kind: _StreamPosition(edge.stamp, Counter(edge.texts))
            for kind, edge in edges.items()
            if edge.stamp >= since
        }
        self._passed = not stamp
        self._known = False

    @property
    def has_gap(self) -> bool:
        """Whether the stream starts after the position, so that lines are missing."""
        return bool(self._stamp) and self._passed and not self._known

    def filter_new(self, lines: list[LogLine]) -> list[LogLine]:
        """Return the new lines."""
        if not self._edges and self._passed:
            return lines
        new = [line for line in lines if self._is_new(line)]
        latest = max((line.stamp for line in lines), default=b"")
        if latest > self._stamp:
            self._passed = True
            limit = format_timestamp((timestamp_nanoseconds(self._stamp) or 0) + DISORDER)
            if latest > limit:  # no already read line can come any more
                self._edges.clear()
        return new

    def _is_new(self, line: LogLine) -> bool:
        edge = self._edges.get(line.kind)
        if edge is None:
            new = line.stamp >= self._since
        elif line.stamp != edge.stamp:
            new = line.stamp > edge.stamp
        else:
            new = edge.texts[line.text] <= 0
            edge.texts[line.text] -= 1
        if not new:
            self._known = True
        return new
