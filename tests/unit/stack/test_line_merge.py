"""Merging lines of several containers by time."""

from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.feed.merge import LineMerger
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import format_timestamp

WINDOW = 0.25


def log_line(ms: int, source: str = "api", text: bytes = b"") -> LogLine:
    return LogLine(format_timestamp(ms * 1_000_000), source, LineKind.STDOUT, text)


def test_a_line_is_released_after_the_window() -> None:
    merge = LineMerger(WINDOW)
    assert merge.feed([log_line(0)], 10.0) == []
    assert merge.held == 1
    assert merge.feed([], 10.24) == []
    assert merge.feed([], 10.25) == [log_line(0)]
    assert merge.held == 0


def test_a_late_line_is_sorted() -> None:
    merge = LineMerger(WINDOW)
    assert merge.feed([log_line(100)], 0.1) == []
    assert merge.feed([log_line(50, "db")], 0.3) == []
    assert merge.feed([], 0.36) == [log_line(50, "db"), log_line(100)]
    assert merge.late == 0


def test_a_line_that_is_too_late_is_appended_and_counted() -> None:
    merge = LineMerger(WINDOW)
    merge.feed([log_line(100)], 0.1)
    assert merge.feed([], 0.4) == [log_line(100)]
    late = log_line(50, "db")
    merge.feed([late], 0.41)
    assert merge.feed([], 0.7) == [late]
    assert merge.late == 1


def test_lines_of_one_container_keep_their_order() -> None:
    merge = LineMerger(WINDOW)
    lines = [
        log_line(100, text=b"1"),
        log_line(40, text=b"2"),
        LogLine(b"", "api", LineKind.MARK, b"3"),
    ]
    assert merge.feed([*lines, log_line(60, "db")], 0.1) == []
    assert merge.flush() == [log_line(60, "db"), *lines]


def test_the_number_of_held_lines_is_limited() -> None:
    merge = LineMerger(WINDOW, most=10)
    out = merge.feed([log_line(at) for at in range(25)], 0.0)
    assert out == [log_line(at) for at in range(15)]
    assert merge.held == 10


def test_a_released_line_is_no_longer_held() -> None:
    merge = LineMerger(WINDOW)
    merge.feed([log_line(0)], 0.0)
    assert merge.flush() == [log_line(0)]
    assert merge.flush() == []
    assert merge.feed([], 9.0) == []


arrivals = st.lists(
    st.tuples(
        st.sampled_from(["api", "db", "web"]),
        st.integers(min_value=0, max_value=3000),
        st.integers(min_value=0, max_value=600),
    ),
    max_size=40,
)
"""Container, time, and delay of the arrival in milliseconds."""


def run(events: list[tuple[str, int, int]], most: int = 20_000) -> list[LogLine]:
    merge = LineMerger(WINDOW, most)
    out: list[LogLine] = []
    for number, (source, at, delay) in enumerate(events):
        out += merge.feed([log_line(at, source, b"%d" % number)], (at + delay) / 1000)
        assert merge.held <= most
    return out + merge.flush()


def by_arrival(events: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    return sorted(events, key=lambda event: event[1] + event[2])


@given(arrivals, st.integers(min_value=1, max_value=20))
def test_no_line_is_lost_and_each_container_keeps_its_order(
    events: list[tuple[str, int, int]], most: int
) -> None:
    events = by_arrival(events)
    out = run(events, most)
    assert len(out) == len(events)
    for source in ("api", "db", "web"):
        numbers = [int(line.text) for line in out if line.source == source]
        assert numbers == [at for at, event in enumerate(events) if event[0] == source]


@given(arrivals)
def test_lines_within_the_window_are_sorted(
    events: list[tuple[str, int, int]],
) -> None:
    # Of one container lines arrive in order: each is as late as the one before, at least.
    events = by_arrival([(source, at, delay % 250) for source, at, delay in events])
    seen: dict[str, int] = {}
    events = [
        event
        for event in events
        if seen.get(event[0], 0) <= event[1] and seen.update({event[0]: event[1]}) is None
    ]
    stamps = [line.stamp for line in run(events)]
    assert stamps == sorted(stamps)
