"""Bookmarks of log lines, and the end of the read lines."""

from pixel_tui.logs.bookmarks import MAX_BOOKMARKS, Bookmarks
from pixel_tui.stack.feed.ring import LineKind, LogLine


def line(second: int, source: str = "api") -> LogLine:
    return LogLine(b"2026-01-01T00:00:%02d" % second, source, LineKind.STDOUT, b"hello")


def test_toggling_adds_and_removes_a_bookmark() -> None:
    bookmarks = Bookmarks()
    bookmarks.toggle(line(1))
    assert bookmarks.has(line(1))
    assert not bookmarks.has(line(1, "web"))
    bookmarks.toggle(line(1))
    assert not bookmarks.has(line(1))


def test_the_next_bookmark_is_the_nearest_and_the_end_of_the_read_lines_counts() -> None:
    bookmarks = Bookmarks()
    for second in (10, 20, 40):
        bookmarks.toggle(line(second))
    bookmarks.read_to = line(30).stamp
    assert bookmarks.next_bookmark(line(20).stamp, 1) == line(30).stamp
    assert bookmarks.next_bookmark(line(20).stamp, -1) == line(10).stamp
    assert bookmarks.next_bookmark(line(10).stamp, -1) is None
    assert bookmarks.next_bookmark(line(40).stamp, 1) is None
    assert bookmarks.next_bookmark(b"", 1) == line(10).stamp


def test_lines_after_the_log_was_left_are_unread() -> None:
    bookmarks = Bookmarks()
    assert not bookmarks.is_unread(line(31))
    bookmarks.read_to = line(30).stamp
    assert bookmarks.is_unread(line(31))
    assert not bookmarks.is_unread(line(30))


def test_a_new_bookmark_replaces_the_oldest() -> None:
    bookmarks = Bookmarks()
    for number in range(MAX_BOOKMARKS + 1):
        bookmarks.toggle(line(1, f"api-{number}"))
    assert not bookmarks.has(line(1, "api-0"))
    assert bookmarks.has(line(1, f"api-{MAX_BOOKMARKS}"))
