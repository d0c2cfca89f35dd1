"""Dropping already read lines from a resumed log."""

from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import SECOND, format_timestamp

OUT, ERR = LineKind.STDOUT, LineKind.STDERR
STEP = 100_000_000
"""Nanoseconds between two times: one stream is at most two of them late."""


def line(moment: int, text: bytes = b"", kind: LineKind = OUT) -> LogLine:
    return LogLine(format_timestamp(SECOND + moment * STEP), "api", kind, text)


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([b"a", b"b"]), st.integers(0, 2)),
        max_size=20,
    ),
    st.integers(0, 20),
    st.integers(1, 5),
)
def test_a_log_read_in_two_parts_is_complete(
    said: list[tuple[int, bytes, int]], place: int, size: int
) -> None:
    # Standard output is written at once, standard error up to two moments late.
    out = [(moment, line(moment, text)) for moment, text, late in sorted(said) if not late]
    err: list[tuple[int, LogLine]] = []
    for moment, text, late in sorted(said):
        if late:
            written = max(moment + late - 1, err[-1][0] if err else 0)
            err.append((min(written, moment + 2), line(moment, text, ERR)))
    every = [item for _, item in sorted(out + err, key=lambda pair: pair[0])]
    reached = ReadPosition()
    first = every[:place]
    for at in range(0, len(first), size):
        reached.advance(first[at : at + size])
    resumed = [item for item in every if item.stamp >= reached.since]
    overlap = reached.overlap()
    second: list[LogLine] = []
    for at in range(0, len(resumed), size):
        second += overlap.filter_new(resumed[at : at + size])
    assert first + second == every
    assert not overlap.has_gap


def test_a_line_written_after_a_later_one_is_not_lost() -> None:
    reached = ReadPosition()
    reached.advance([line(8, b"first", ERR), line(9, b"out")])
    overlap = reached.overlap()
    resumed = [line(8, b"first", ERR), line(9, b"out"), line(8, b"late", ERR), line(9, b"later")]
    assert overlap.filter_new(resumed) == resumed[2:]


def test_a_stream_that_starts_after_the_position_has_a_gap() -> None:
    reached = ReadPosition()
    reached.advance([line(1), line(2)])
    near, far = reached.overlap(), reached.overlap()
    assert near.filter_new([line(2), line(3)]) == [line(3)]
    assert not near.has_gap
    far.filter_new([line(9)])
    assert far.has_gap


def test_a_first_stream_has_no_gap() -> None:
    overlap = ReadPosition().overlap()
    assert overlap.filter_new([line(1)]) == [line(1)]
    assert not overlap.has_gap


def test_lines_without_timestamps_are_all_new() -> None:
    reached = ReadPosition()
    bare = LogLine(b"", "api", LineKind.STDOUT, b"x")
    reached.advance([bare])
    assert reached.stamp == b""
    assert reached.overlap().filter_new([bare, bare]) == [bare, bare]
