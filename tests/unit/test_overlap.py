"""What of a resumed log was read before."""

from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.overlap import Reached
from pixel_tui.stack.ring import LineKind, LogLine


def line(stamp: int, text: bytes = b"") -> LogLine:
    return LogLine(b"%03d" % stamp, "api", LineKind.STDOUT, text)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from([b"a", b"b"])), max_size=14),
    st.integers(0, 14),
    st.integers(1, 5),
)
def test_a_log_read_in_two_goes_is_the_log(
    said: list[tuple[int, bytes]], place: int, size: int
) -> None:
    every = [line(stamp, text) for stamp, text in sorted(said, key=lambda item: item[0])]
    reached = Reached()
    first = every[:place]
    for at in range(0, len(first), size):
        reached.note(first[at : at + size])
    resumed = [item for item in every if item.stamp >= reached.stamp]
    overlap = reached.overlap()
    second: list[LogLine] = []
    for at in range(0, len(resumed), size):
        second += overlap.drop_from(resumed[at : at + size])
    assert first + second == every


def test_a_stream_that_begins_behind_the_last_line_is_known_to_miss_some() -> None:
    reached = Reached()
    reached.note([line(1), line(2)])
    near, far = reached.overlap(), reached.overlap()
    assert near.drop_from([line(2), line(3)]) == [line(3)]
    assert not near.missing
    far.drop_from([line(9)])
    assert far.missing


def test_a_first_stream_misses_nothing() -> None:
    overlap = Reached().overlap()
    assert overlap.drop_from([line(1)]) == [line(1)]
    assert not overlap.missing


def test_lines_without_stamps_are_all_new() -> None:
    reached = Reached()
    bare = LogLine(b"", "api", LineKind.STDOUT, b"x")
    reached.note([bare])
    assert reached.stamp == b""
    assert reached.overlap().drop_from([bare, bare]) == [bare, bare]
