"""Merges the lines of several containers in the order of their timestamps. Pure.

Each container is read by its own thread, so lines arrive slightly out of order. Each line is held
for a moment, so that an earlier line of another container can be inserted before it. Lines of the
same container always keep their order, whatever their timestamps.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from typing import Final

from pixel_tui.stack.feed.ring import LogLine

WINDOW: Final = 0.25
"""How long a line is held, in seconds."""
MAX_HELD: Final = 20_000
"""Maximum number of held lines."""


class LineMerger:
    """Sorts lines as they arrive.

    If every line arrives within `window` after its timestamp, the result is sorted. A later line is
    released at once, after those already released, and counted.

    Args:
        window: How long a line is held, in seconds.
        most: Maximum number of held lines; beyond that, the oldest are released.
    """

    def __init__(self, window: float = WINDOW, most: int = MAX_HELD) -> None:
        self._window = window
        self._most = most
        self._heap: list[tuple[bytes, int, LogLine]] = []
        self._arrived: deque[tuple[float, bytes]] = deque()
        """Arrival time and sort key of each line, oldest first; some are already released."""
        self._keys: dict[str, bytes] = {}
        self._number = 0
        self._last = b""
        self._late = 0

    @property
    def held(self) -> int:
        """The number of held lines."""
        return len(self._heap)

    @property
    def late(self) -> int:
        """The number of lines that came too late to be sorted."""
        return self._late

    def feed(self, lines: Iterable[LogLine], now: float) -> list[LogLine]:
        """Add lines and return those that are released.

        Args:
            lines: New lines; those of one container in order.
            now: Seconds on a monotonic clock.
        """
        for line in lines:
            self._add(line, now)
        limit = b""
        while self._arrived and (
            self._arrived[0][0] <= now - self._window or len(self._arrived) > self._most
        ):
            limit = max(limit, self._arrived.popleft()[1])
        return self._release(limit)

    def flush(self) -> list[LogLine]:
        """Return all held lines in order."""
        self._arrived.clear()
        return [heapq.heappop(self._heap)[2] for _ in range(len(self._heap))]

    def _add(self, line: LogLine, now: float) -> None:
        # A line without a timestamp, or with an earlier one, stays after its container's last.
        key = max(line.stamp, self._keys.get(line.source, b""))
        self._keys[line.source] = key
        if key < self._last:
            self._late += 1
        self._number += 1
        heapq.heappush(self._heap, (key, self._number, line))
        self._arrived.append((now, key))

    def _release(self, limit: bytes) -> list[LogLine]:
        """Return the held lines up to a timestamp."""
        out: list[LogLine] = []
        while self._heap and self._heap[0][0] <= limit:
            key, _, line = heapq.heappop(self._heap)
            self._last = max(self._last, key)
            out.append(line)
        return out
