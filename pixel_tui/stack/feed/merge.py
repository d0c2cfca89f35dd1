"""Lines of several containers in the order in which they were said. Pure.

Each container is read by a thread of its own, so lines arrive a little out of order.
Each is held for a moment: within it, an earlier line of another container still finds
its place. Lines of one container never change places, whatever their stamps say.
"""

import heapq
import sys
from collections import deque
from collections.abc import Iterable
from typing import Final

from pixel_tui.stack.feed.ring import LogLine

WINDOW: Final = 0.25
"""Seconds for which a line is held."""
MAX_HELD: Final = 20_000
"""Lines that are held at most."""


class Merge:
    """Orders lines as they arrive.

    Where no line arrives later than `window` after it was said, the result is in order
    of the stamps. A line that is later than that is given out at once, behind what was
    given out before, and counted.

    Args:
        window: Seconds for which a line is held.
        most: How many lines are held; the longest held are given out beyond that.
    """

    def __init__(self, window: float = WINDOW, most: int = MAX_HELD) -> None:
        self._window = window
        self._most = most
        self._heap: list[tuple[bytes, int, LogLine]] = []
        self._arrived: deque[tuple[float, bytes]] = deque()
        """When each held line arrived and its place, oldest first; some are gone already."""
        self._keys: dict[str, bytes] = {}
        self._number = 0
        self._last = b""
        self._late = 0

    @property
    def held(self) -> int:
        """How many lines wait."""
        return len(self._heap)

    @property
    def late(self) -> int:
        """How many lines came too late for their place."""
        return self._late

    def feed(self, lines: Iterable[LogLine], now: float) -> list[LogLine]:
        """Take lines in.

        Args:
            lines: What arrived; of one container, in its own order.
            now: Seconds on a clock that never goes back.

        Returns:
            What has its place now.
        """
        for line in lines:
            self._take(line, now)
        limit = b""
        while self._arrived and (
            self._arrived[0][0] <= now - self._window or len(self._arrived) > self._most
        ):
            limit = max(limit, self._arrived.popleft()[1])
        return self._release(limit)

    def flush(self) -> list[LogLine]:
        """Everything that waits, in order."""
        self._arrived.clear()
        return [heapq.heappop(self._heap)[2] for _ in range(len(self._heap))]

    def _take(self, line: LogLine, now: float) -> None:
        # A line without a stamp, or one that goes back, stays behind its container's last.
        key = max(line.stamp, self._keys.get(line.source, b""))
        self._keys[line.source] = key
        if key < self._last:
            self._late += 1
        self._number += 1
        heapq.heappush(self._heap, (key, self._number, line))
        self._arrived.append((now, key))

    def _release(self, limit: bytes) -> list[LogLine]:
        """All that has its place up to a stamp."""
        out: list[LogLine] = []
        while self._heap and self._heap[0][0] <= limit:
            key, _, line = heapq.heappop(self._heap)
            self._last = max(self._last, key)
            out.append(line)
        return out


def in_order(lines: Iterable[LogLine]) -> list[LogLine]:
    """Lines that are all there, such as the tails of several logs, in order."""
    merge = Merge(most=sys.maxsize)
    return merge.feed(lines, 0.0) + merge.flush()
