"""The bounded buffer of log lines."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring


def line(text: bytes) -> LogLine:
    return LogLine(b"", "api", LineKind.STDOUT, text)


def numbered(first: int, count: int) -> list[LogLine]:
    return [line(b"%d" % number) for number in range(first, first + count)]


def held(ring: Ring) -> tuple[int, int]:
    return ring.extent.first, ring.extent.following


def texts(ring: Ring) -> list[int]:
    return [int(item.text) for item in ring.window(*held(ring)).lines]


def test_the_oldest_lines_are_dropped_and_numbers_stay() -> None:
    ring = Ring(max_lines=10)
    ring.extend(numbered(0, 8))
    assert held(ring) == (0, 8)
    ring.extend(numbered(8, 8))
    assert held(ring) == (6, 16)
    window = ring.window(0, 100)
    assert window.first == 6
    assert [item.text for item in window.lines] == [b"%d" % number for number in range(6, 16)]


def test_bytes_are_limited() -> None:
    ring = Ring(max_bytes=100)
    ring.extend([line(b"x" * 30) for _ in range(10)])
    assert held(ring) == (7, 10)


def test_one_line_is_kept_whatever_its_size() -> None:
    ring = Ring(max_bytes=10)
    ring.extend([line(b"small"), line(b"x" * 1000)])
    assert held(ring) == (1, 2)
    ring.extend([line(b"next")])
    assert [item.text for item in ring.window(0, 9).lines] == [b"next"]


def test_of_a_batch_larger_than_the_ring_the_end_is_kept() -> None:
    ring = Ring(max_lines=5)
    ring.extend(numbered(0, 1000))
    assert held(ring) == (995, 1000)


def test_a_window_has_only_the_kept_lines() -> None:
    ring = Ring(max_lines=10)
    ring.extend(numbered(0, 15))
    assert ring.window(0, 5).lines == ()
    assert [item.text for item in ring.window(0, 7).lines] == [b"5", b"6"]
    assert [item.text for item in ring.window(13, 99).lines] == [b"13", b"14"]
    assert ring.window(50, 60).lines == ()
    assert ring.window(9, 3).lines == ()


def test_lines_are_found_by_number_and_none_if_dropped() -> None:
    ring = Ring(max_lines=10)
    ring.extend(numbered(0, 15))
    found = ring.lines((4, 5, 9, 14, 15))
    assert [int(item.text) if item is not None else None for item in found] == [
        None, 5, 9, 14, None,
    ]  # fmt: skip
    ring.restart()
    ring.extend(numbered(0, 5))
    ring.prepend(numbered(100, 2))
    assert [item.text for item in ring.lines((-2, 0)) if item is not None] == [b"100", b"0"]


def test_prepended_lines_get_numbers_below_the_first() -> None:
    ring = Ring(max_lines=10)
    ring.extend(numbered(5, 3))
    assert ring.prepend(numbered(0, 5)) == 0
    assert held(ring) == (-5, 3)
    assert [int(item.text) for item in ring.window(-2, 1).lines] == [3, 4, 5]


def test_prepending_drops_the_newest_lines() -> None:
    ring = Ring(max_lines=6)
    ring.extend(numbered(0, 10))
    assert texts(ring) == [4, 5, 6, 7, 8, 9]
    assert ring.prepend(numbered(1, 3)) == 3
    assert texts(ring) == [1, 2, 3, 4, 5, 6]
    assert held(ring) == (1, 7)


def test_of_too_many_prepended_lines_the_last_are_kept() -> None:
    ring = Ring(max_lines=4)
    ring.extend(numbered(100, 4))
    assert ring.prepend(numbered(0, 100)) == 4
    assert texts(ring) == [96, 97, 98, 99]


def test_a_restart_changes_the_epoch() -> None:
    ring = Ring(max_lines=4)
    ring.extend(numbered(0, 9))
    before = ring.extent.epoch
    ring.restart(numbered(50, 2))
    assert held(ring) == (0, 2)
    assert texts(ring) == [50, 51]
    assert ring.extent.epoch != before


def test_the_listener_is_called_on_every_change() -> None:
    ring, told = Ring(), []
    ring.set_listener(lambda: told.append(ring.extent))
    ring.extend(numbered(5, 1))
    ring.prepend(numbered(4, 1))
    ring.restart()
    assert [(item.epoch, item.first, item.following) for item in told] == [
        (0, 0, 1),
        (0, -1, 1),
        (1, 0, 0),
    ]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=20),
    st.integers(1, 30),
    st.integers(1, 60),
)
def test_lines_stay_consecutive_whatever_is_added(
    batches: list[tuple[bool, int]], max_lines: int, max_bytes: int
) -> None:
    ring, begin, end = Ring(max_lines, max_bytes), 50_000, 50_000
    for older, count in batches:
        if older:
            ring.prepend(numbered(begin - count, count))
        else:
            ring.extend(numbered(end, count))
        kept = texts(ring)
        first, following = held(ring)
        assert following - first == len(kept) <= max_lines
        assert kept == list(range(kept[0], kept[0] + len(kept))) if kept else True
        assert 5 * len(kept) <= max_bytes or len(kept) <= 1
        if kept:
            begin, end = kept[0], kept[-1] + 1


@given(
    st.lists(st.lists(st.integers(min_value=0, max_value=40), max_size=8), max_size=12),
    st.integers(min_value=1, max_value=10),
    st.integers(min_value=1, max_value=120),
)
def test_it_keeps_the_newest_lines_that_fit(
    batches: list[list[int]], max_lines: int, max_bytes: int
) -> None:
    ring = Ring(max_lines, max_bytes)
    every: list[LogLine] = []
    for sizes in batches:
        lines = [line(b"x" * size) for size in sizes]
        every += lines
        ring.extend(lines)
    first, after = held(ring)
    kept = ring.window(first, after).lines
    assert after == len(every)
    assert list(kept) == every[first:]
    assert len(kept) <= max_lines
    assert sum(len(item.text) for item in kept) <= max_bytes or len(kept) == 1


def test_a_reader_on_another_thread_never_sees_half_a_batch() -> None:
    ring = Ring(max_lines=500)
    ended = threading.Event()

    def write() -> None:
        for number in range(2000):
            ring.extend(numbered(10 * number, 10))
        ended.set()

    threading.Thread(target=write, daemon=True).start()
    while not ended.is_set():
        first, after = held(ring)
        window = ring.window(first, after)
        numbers = [int(item.text) for item in window.lines]
        assert numbers == list(range(window.first, window.first + len(numbers)))
        assert after % 10 == 0
