"""How far a log has been read, and what of a resumed stream was read before. Pure.

The engine takes in the standard output and the standard error of a container side by
side: either has its own lines in order, but between them a line may be written behind
one with a later stamp. So the place up to which a log was read is kept of each stream.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import format_timestamp, timestamp_nanoseconds

DISORDER: Final = 200_000_000
"""Nanoseconds by which two lines of one container may have changed places."""


@dataclass(slots=True)
class _Edge:
    """The last time stamp that was read of one stream, and the texts that bear it."""

    stamp: bytes
    texts: Counter[bytes] = field(default_factory=Counter)


class ReadPosition:
    """The place in a log up to which it was read.

    Args:
        stamp: Where that is before any line was read; empty for the beginning. Lines
            that bear it are not read yet.
    """

    def __init__(self, stamp: bytes = b"") -> None:
        self.stamp = stamp
        """The latest time stamp that was read; empty before the first."""
        self._edges: dict[LineKind, _Edge] = {}

    @property
    def since(self) -> bytes:
        """The moment from which on there may be lines that were not read."""
        at = timestamp_nanoseconds(self.stamp)
        return (
            self.stamp if at is None or not self._edges else format_timestamp(max(at - DISORDER, 0))
        )

    def note(self, lines: Sequence[LogLine]) -> None:
        """These lines were read too."""
        for kind in (LineKind.STDOUT, LineKind.STDERR):
            own = [line for line in lines if line.kind is kind]
            last = max((line.stamp for line in own), default=b"")
            edge = self._edges.get(kind)
            if not last or (edge is not None and last < edge.stamp):
                continue
            if edge is None or last > edge.stamp:
                edge = self._edges[kind] = _Edge(last)
            edge.texts.update(line.text for line in own if line.stamp == last)
            self.stamp = max(self.stamp, last)

    def overlap(self) -> "Overlap":
        """What drops, from a stream that begins at `since`, what was read before."""
        return Overlap(self.stamp, self.since, self._edges)


class Overlap:
    """Drops, from a resumed stream, the lines that were read before.

    Args:
        stamp: The latest time stamp that was read.
        since: What is older than this was read, in every stream.
        edges: How far each stream was read.
    """

    def __init__(self, stamp: bytes, since: bytes, edges: Mapping[LineKind, _Edge]) -> None:
        self._stamp = stamp
        self._since = since
        self._edges = {
            kind: _Edge(edge.stamp, Counter(edge.texts))
            for kind, edge in edges.items()
            if edge.stamp >= since
        }
        self._passed = not stamp
        self._known = False

    @property
    def missing(self) -> bool:
        """Whether the stream begins later than where the reading had ended."""
        return bool(self._stamp) and self._passed and not self._known

    def drop_from(self, lines: list[LogLine]) -> list[LogLine]:
        """The lines that are new."""
        if not self._edges and self._passed:
            return lines
        new = [line for line in lines if self._is_new(line)]
        latest = max((line.stamp for line in lines), default=b"")
        if latest > self._stamp:
            self._passed = True
            limit = format_timestamp((timestamp_nanoseconds(self._stamp) or 0) + DISORDER)
            if latest > limit:  # nothing that was read comes any more
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
