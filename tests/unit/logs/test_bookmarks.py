"""Bookmarks of log lines, and the end of what was read."""

from pixel_tui.logs.bookmarks import MOST, Bookmarks
from pixel_tui.stack.feed.ring import LineKind, LogLine


def line(second: int, source: str = "api") -> LogLine:
    return LogLine(b"2026-01-01T00:00:%02d" % second, source, LineKind.STDOUT, b"hello")


def test_a_bookmark_is_put_on_a_line_and_removed_again() -> None:
    bookmarks = Bookmarks()
    bookmarks.toggle(line(1))
    assert bookmarks.has(line(1))
    assert not bookmarks.has(line(1, "web"))
    bookmarks.toggle(line(1))
    assert not bookmarks.has(line(1))


def test_the_next_one_is_the_nearest_in_the_direction_and_the_end_of_what_was_read_counts() -> None:
    bookmarks = Bookmarks()
    for second in (10, 20, 40):
        bookmarks.toggle(line(second))
    bookmarks.read_to = line(30).stamp
    assert bookmarks.near(line(20).stamp, 1) == line(30).stamp
    assert bookmarks.near(line(20).stamp, -1) == line(10).stamp
    assert bookmarks.near(line(10).stamp, -1) is None
    assert bookmarks.near(line(40).stamp, 1) is None
    assert bookmarks.near(b"", 1) == line(10).stamp


def test_a_line_is_unread_if_it_came_after_the_reader_left() -> None:
    bookmarks = Bookmarks()
    assert not bookmarks.is_unread(line(31))
    bookmarks.read_to = line(30).stamp
    assert bookmarks.is_unread(line(31))
    assert not bookmarks.is_unread(line(30))


def test_the_oldest_bookmark_makes_room() -> None:
    bookmarks = Bookmarks()
    for number in range(MOST + 1):
        bookmarks.toggle(line(1, f"api-{number}"))
    assert not bookmarks.has(line(1, "api-0"))
    assert bookmarks.has(line(1, f"api-{MOST}"))
