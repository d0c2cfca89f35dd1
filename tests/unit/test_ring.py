"""The bounded buffer of log lines."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.ring import LineKind, LogLine, Ring


def line(text: bytes) -> LogLine:
    return LogLine(b"", "api", LineKind.STDOUT, text)


def numbered(first: int, count: int) -> list[LogLine]:
    return [line(b"%d" % number) for number in range(first, first + count)]


def test_the_oldest_lines_go_and_numbers_stay() -> None:
    ring = Ring(max_lines=10)
    ring.extend(numbered(0, 8))
    assert ring.bounds == (0, 8)
    ring.extend(numbered(8, 8))
    assert ring.bounds == (6, 16)
    window = ring.window(0, 100)
    assert window.first == 6
    assert [item.text for item in window.lines] == [b"%d" % number for number in range(6, 16)]


def test_bytes_are_bounded_too() -> None:
    ring = Ring(max_bytes=100)
    ring.extend([line(b"x" * 30) for _ in range(10)])
    assert ring.bounds == (7, 10)


def test_one_line_is_kept_whatever_its_size() -> None:
    ring = Ring(max_bytes=10)
    ring.extend([line(b"small"), line(b"x" * 1000)])
    assert ring.bounds == (1, 2)
    ring.extend([line(b"next")])
    assert [item.text for item in ring.window(0, 9).lines] == [b"next"]


def test_a_batch_larger_than_the_ring_leaves_its_end() -> None:
    ring = Ring(max_lines=5)
    ring.extend(numbered(0, 1000))
    assert ring.bounds == (995, 1000)


def test_a_window_is_what_is_there_of_it() -> None:
    ring = Ring(max_lines=10)
    ring.extend(numbered(0, 15))
    assert ring.window(0, 5).lines == ()
    assert [item.text for item in ring.window(0, 7).lines] == [b"5", b"6"]
    assert [item.text for item in ring.window(13, 99).lines] == [b"13", b"14"]
    assert ring.window(50, 60).lines == ()
    assert ring.window(9, 3).lines == ()


@given(
    st.lists(st.lists(st.integers(min_value=0, max_value=40), max_size=8), max_size=12),
    st.integers(min_value=1, max_value=10),
    st.integers(min_value=1, max_value=120),
)
def test_it_holds_the_newest_that_fit(
    batches: list[list[int]], max_lines: int, max_bytes: int
) -> None:
    ring = Ring(max_lines, max_bytes)
    every: list[LogLine] = []
    for sizes in batches:
        lines = [line(b"x" * size) for size in sizes]
        every += lines
        ring.extend(lines)
    first, after = ring.bounds
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
        first, after = ring.bounds
        window = ring.window(first, after)
        numbers = [int(item.text) for item in window.lines]
        assert numbers == list(range(window.first, window.first + len(numbers)))
        assert after % 10 == 0
