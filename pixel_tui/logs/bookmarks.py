"""The bookmarked lines of logs, and the last line that was read. Pure."""

from collections import OrderedDict
from typing import Final

from pixel_tui.stack.feed.ring import LogLine

MAX_BOOKMARKS: Final = 500
"""Bookmarks that are kept; a new one replaces the oldest."""

LineKey = tuple[bytes, str, bytes]
"""Identifies a line across feeds: stamp, container, the start of its text."""


class Bookmarks:
    """Bookmarks by the content of lines, because line numbers change with the feed."""

    def __init__(self) -> None:
        self._keys: OrderedDict[LineKey, None] = OrderedDict()
        self.read_to = b""
        """The stamp of the last line that was read before the log was left; empty for none."""

    def toggle(self, line: LogLine) -> None:
        """Add or remove the bookmark of a line."""
        key = _key(line)
        if key in self._keys:
            del self._keys[key]
            return
        self._keys[key] = None
        if len(self._keys) > MAX_BOOKMARKS:
            self._keys.popitem(last=False)

    def has(self, line: LogLine) -> bool:
        """Whether a line has a bookmark."""
        return _key(line) in self._keys

    def is_unread(self, line: LogLine) -> bool:
        """Whether a line came after the log was left."""
        return bool(self.read_to) and line.stamp > self.read_to

    def next_bookmark(self, stamp: bytes, step: int) -> bytes | None:
        """Return the stamp of the next bookmark after (`step` 1) or before (-1) a stamp.

        The end of the read lines counts as a bookmark.

        Returns:
            None if there is none.
        """
        stamps = sorted({key[0] for key in self._keys} | ({self.read_to} - {b""}))
        if step > 0:
            return next((at for at in stamps if at > stamp), None)
        return next((at for at in reversed(stamps) if at < stamp), None)


def _key(line: LogLine) -> LineKey:
    return line.stamp, line.source, line.text[:256]
