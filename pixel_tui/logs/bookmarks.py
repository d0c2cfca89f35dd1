"""The lines of logs that the reader has marked, and the last one that he has read. Pure."""

from collections import OrderedDict
from typing import Final

from pixel_tui.stack.feed.ring import LogLine

MOST: Final = 500
"""Bookmarks that are kept; the oldest is dropped for a new one."""

LineKey = tuple[bytes, str, bytes]
"""What tells a line from others wherever it is held: stamp, container, beginning."""


class Bookmarks:
    """Bookmarks of lines, by the lines themselves: their numbers change with the feed."""

    def __init__(self) -> None:
        self._keys: OrderedDict[LineKey, None] = OrderedDict()
        self.read_to = b""
        """The stamp of the last line that was read when the reader left; empty for none."""

    def toggle(self, line: LogLine) -> None:
        """Put a bookmark on a line, or remove it."""
        key = _key(line)
        if key in self._keys:
            del self._keys[key]
            return
        self._keys[key] = None
        if len(self._keys) > MOST:
            self._keys.popitem(last=False)

    def has(self, line: LogLine) -> bool:
        """Whether a line has a bookmark."""
        return _key(line) in self._keys

    def is_unread(self, line: LogLine) -> bool:
        """Whether a line came after the reader left."""
        return bool(self.read_to) and line.stamp > self.read_to

    def near(self, stamp: bytes, step: int) -> bytes | None:
        """The stamp of the next bookmark after (`step` 1) or before (-1) a stamp.

        The end of what was read is one too.

        Returns:
            None if there is none.
        """
        stamps = sorted({key[0] for key in self._keys} | ({self.read_to} - {b""}))
        if step > 0:
            return next((at for at in stamps if at > stamp), None)
        return next((at for at in reversed(stamps) if at < stamp), None)


def _key(line: LogLine) -> LineKey:
    return line.stamp, line.source, line.text[:256]
