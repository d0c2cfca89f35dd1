"""How far a log has been read, and what of a resumed stream was read before. Pure."""

from collections import Counter
from collections.abc import Sequence

from pixel_tui.stack.ring import LineKind, LogLine


class Reached:
    """The place in a log up to which it was read: a time stamp, and the lines that bear it.

    Args:
        stamp: Where that is before any line was read; empty for the beginning.
    """

    def __init__(self, stamp: bytes = b"") -> None:
        self.stamp = stamp
        """The last time stamp that was read; empty before the first."""
        self._lines: Counter[tuple[LineKind, bytes]] = Counter()

    def note(self, lines: Sequence[LogLine]) -> None:
        """These lines were read too."""
        last = max((line.stamp for line in lines), default=b"")
        if last < self.stamp or not last:
            return
        if last > self.stamp:
            self.stamp = last
            self._lines = Counter()
        for line in lines:
            if line.stamp == last:
                self._lines[line.kind, line.text] += 1

    def overlap(self) -> "Overlap":
        """What drops from a stream that begins at the last stamp what was read before."""
        return Overlap(self.stamp, self._lines)


class Overlap:
    """Drops, from a resumed stream, the lines that were read before.

    Args:
        stamp: The last time stamp that was read.
        seen: The lines that bore it, counted.
    """

    def __init__(self, stamp: bytes, seen: Counter[tuple[LineKind, bytes]]) -> None:
        self._stamp = stamp
        self._seen = Counter(seen)
        self._passed = not stamp
        self._dropped = False

    @property
    def missing(self) -> bool:
        """Whether the stream begins later than where the reading had ended."""
        return bool(self._stamp) and self._passed and not self._dropped

    def drop_from(self, lines: list[LogLine]) -> list[LogLine]:
        """The lines that are new."""
        if self._passed:
            return lines
        for index, line in enumerate(lines):
            if line.stamp > self._stamp:
                self._passed = True
                return [item for item in lines[:index] if self._is_new(item)] + lines[index:]
        return [item for item in lines if self._is_new(item)]

    def _is_new(self, line: LogLine) -> bool:
        if line.stamp < self._stamp:
            return False
        key = (line.kind, line.text)
        if self._seen[key] > 0:
            self._seen[key] -= 1
            self._dropped = True
            return False
        return True
