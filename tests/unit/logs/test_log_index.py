"""The index of a log while lines are added and dropped, and when the feed moves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pixel_tui.logs.activity import Activity
from pixel_tui.logs.index import LogIndex
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import FilterStack, Matcher, Query, compile_query
from pixel_tui.logs.shown import View
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring
from pixel_tui.stack.model.times import format_timestamp
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE

START = 1_772_366_400_000_000_000
NOON = format_timestamp(START)


def said(number: int, text: str = "", source: str = "api") -> LogLine:
    words = text or f"INFO line {number}"
    return LogLine(
        format_timestamp(START + number * 1_000_000_000), source, LineKind.STDOUT, words.encode()
    )


def numbered(first: int, count: int) -> list[LogLine]:
    return [said(number) for number in range(first, first + count)]


def matcher(text: str) -> Matcher:
    found = compile_query(Query(text))
    assert isinstance(found, Matcher)
    return found


@contextmanager
def indexed(ring: Ring, activity: Activity | None = None) -> Iterator[LogIndex]:
    index = LogIndex(ring, activity)
    index.start()
    try:
        yield index
    finally:
        index.close()


def caught_up(index: LogIndex, ring: Ring) -> bool:
    extent, now = ring.extent, index.state
    same = (now.epoch, now.first, now.stop) == (extent.epoch, extent.first, extent.following)
    return same and index.settled


def test_it_follows_lines_at_both_ends() -> None:
    ring = Ring(max_lines=1000)
    with indexed(ring) as index:
        ring.extend(numbered(100, 900))
        eventually(lambda: caught_up(index, ring))
        assert index.state.shown == 900
        ring.prepend(numbered(50, 50))
        eventually(lambda: caught_up(index, ring))
        assert index.numbers(0, 2) == (-50, -49)
        ring.extend(numbered(1000, 200))
        eventually(lambda: caught_up(index, ring))
        assert index.state.shown == 1000


def test_a_move_of_the_feed_starts_the_index_again() -> None:
    ring = Ring()
    with indexed(ring) as index:
        ring.extend(numbered(0, 10))
        index.search(matcher("line 3"))
        eventually(lambda: caught_up(index, ring) and index.state.matches == 1)
        ring.restart(numbered(500, 20))
        eventually(lambda: caught_up(index, ring))
        assert index.state.shown == 20
        assert index.state.matches == 0


def test_filters_and_search_apply_to_new_lines() -> None:
    ring = Ring()
    with indexed(ring) as index:
        index.set_view(View(FilterStack((matcher("line 1"),))))
        index.search(matcher("15"))
        ring.extend(numbered(0, 20))
        eventually(lambda: caught_up(index, ring) and index.state.shown == 11)
        assert index.state.matches == 1
        ring.extend(numbered(150, 10))
        eventually(lambda: caught_up(index, ring) and index.state.shown == 21)
        assert index.state.matches == 11
        number, position, wrapped = index.next_match(0, -1) or (0, 0, False)
        assert (number, position, wrapped) == (29, 11, True)


def test_a_page_has_its_lines_with_their_state() -> None:
    ring = Ring()
    with indexed(ring) as index:
        index.set_view(View(FilterStack((matcher("line 1"),)), context=1))
        index.search(matcher("15"))
        ring.extend([*numbered(0, 19), said(19, "ERROR line 19")])
        eventually(lambda: caught_up(index, ring) and index.state.matches == 1)
        page = index.page(0, 100)
        assert [item.number for item in page] == [0, 1, 2, *range(9, 20)]
        assert [item.line for item in page] == [ring.lines((item.number,))[0] for item in page]
        assert [item.number for item in page if item.around] == [0, 2, 9]
        assert [item.number for item in page if item.match] == [15]
        assert page[-1].level is LogLevel.ERROR
        assert index.page(3, 2) == page[3:5]


def test_a_stamp_has_its_line() -> None:
    ring = Ring()
    with indexed(ring) as index:
        ring.extend(numbered(0, 100))
        eventually(lambda: caught_up(index, ring))
        assert index.number_at(said(42).stamp) == 42
        assert index.number_at(said(42).stamp + b"\0") == 43
        assert index.number_at(said(1000).stamp) == 100


def test_lines_read_again_are_counted_once() -> None:
    ring, activity = Ring(), Activity()
    with indexed(ring, activity) as index:
        ring.extend([said(0), said(1, "ERROR bad 1"), said(2, "ERROR bad 2")])
        eventually(lambda: caught_up(index, ring))
        ring.restart([said(1, "ERROR bad 1"), said(2, "ERROR bad 2"), said(3)])
        eventually(lambda: caught_up(index, ring))
        (source,) = activity.summary(NOON).sources
        assert sum(source.lines) == 4
        assert sum(source.errors) == 2
        (group,) = activity.summary(NOON).groups
        assert (group.shape, group.count) == (b"ERROR bad <n>", 2)


def test_minutes_are_counted_by_the_time_of_their_lines() -> None:
    activity = Activity()
    for number in (0, 1, 60, 61, 62, 1000):
        activity.add(said(number), LogLevel.INFO)
    (source,) = activity.summary(format_timestamp(START + 100 * 1_000_000_000)).sources
    assert source.lines == (0,) * 13 + (2, 3)
    assert source.errors == (0,) * 15


def test_containers_with_most_errors_come_first() -> None:
    activity = Activity()
    for _ in range(9):
        activity.add(said(1, source="chatty"), LogLevel.INFO)
    activity.add(said(1, "ERROR bad", source="worried"), LogLevel.ERROR)
    assert [item.source for item in activity.summary(NOON).sources] == ["worried", "chatty"]


def test_it_is_not_settled_before_the_matches_are_found() -> None:
    """Otherwise a jump to the first match would report that there is none."""
    ring, begun, go_on = Ring(), threading.Event(), threading.Event()

    def slow(text: bytes) -> bool:
        begun.set()
        assert go_on.wait(PATIENCE)
        return needle.matches(text)

    needle = matcher("line 7")
    searched = replace(needle, matches=slow)
    with indexed(ring) as index:
        ring.extend(numbered(0, 10))
        eventually(lambda: caught_up(index, ring))
        index.search(searched)
        assert begun.wait(PATIENCE)
        assert not index.settled
        go_on.set()
        eventually(lambda: index.settled)
        assert index.state.matches == 1
