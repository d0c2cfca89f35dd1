"""Splitting the bytes of a log into lines, in any chunks."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.feed.frames import MAX_FRAME, MAX_LINE, PART, Splitter, splitter
from pixel_tui.stack.feed.ring import LineKind, LogLine

STAMP = b"2026-03-01T12:00:00.123456789Z"
LATER = b"2026-03-01T12:00:00.123456999Z"


def frame(payload: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def message(text: bytes, stream: int = 1, stamp: bytes = STAMP) -> bytes:
    return frame(stamp + b" " + text, stream)


def read(cut: Splitter, chunks: Iterable[bytes]) -> list[LogLine]:
    lines: list[LogLine] = []
    for chunk in chunks:
        lines += cut.feed(chunk)
    return lines + cut.flush()


def lines_of(raw: bytes, *, tty: bool = False) -> list[LogLine]:
    return read(splitter("api", tty=tty), [raw])


def chunks_of(raw: bytes, places: Sequence[int]) -> list[bytes]:
    """Split the bytes at these offsets."""
    edges = [0, *sorted({place % (len(raw) + 1) for place in places}), len(raw)]
    return [raw[start:end] for start, end in pairwise(edges)]


messages = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.binary(max_size=40).filter(lambda text: b"\n" not in text),
        st.booleans(),
    ),
    max_size=12,
)


@given(messages, st.lists(st.integers(min_value=0), max_size=12))
def test_frames_give_the_same_lines_in_any_chunks(
    said: list[tuple[int, bytes, bool]], places: list[int]
) -> None:
    raw = b"".join(message(text + (b"\n" if ends else b""), stream) for stream, text, ends in said)
    assert read(splitter("api", tty=False), chunks_of(raw, places)) == lines_of(raw)


@given(messages)
def test_every_complete_message_is_returned_at_once(said: list[tuple[int, bytes, bool]]) -> None:
    expected = {1: list[bytes](), 2: list[bytes]()}
    for stream, text, ends in said:
        if text or ends:
            expected[stream].append(text.removesuffix(b"\r"))
    raw = b"".join(message(text + (b"\n" if ends else b""), stream) for stream, text, ends in said)
    found = splitter("api", tty=False).feed(raw)
    for stream, kind in ((1, LineKind.STDOUT), (2, LineKind.STDERR)):
        assert [line.text for line in found if line.kind is kind] == expected[stream]


PIECES = st.one_of(st.binary(max_size=60), st.sampled_from([STAMP, STAMP + b" ", LATER + b" "]))


@given(
    st.lists(st.lists(PIECES, max_size=4).map(b"".join), max_size=8).map(b"\n".join),
    st.lists(st.integers(min_value=0), max_size=10),
)
def test_bare_lines_are_the_same_in_any_chunks(raw: bytes, places: list[int]) -> None:
    assert read(splitter("api", tty=True), chunks_of(raw, places)) == lines_of(raw, tty=True)


def test_an_incomplete_timestamp_ends_no_line_in_any_chunks() -> None:
    stamp = b"0000-00-00T00:00:00.000000000Z "
    raw = b"0 " + stamp + b"\n" + stamp
    for place in range(len(raw)):
        lines = read(splitter("api", tty=True), [raw[:place], raw[place:]])
        assert [line.text for line in lines] == [stamp, b""]


@given(st.lists(st.binary(max_size=200), max_size=10), st.booleans())
def test_any_bytes_can_be_split(chunks: list[bytes], tty: bool) -> None:
    for line in read(splitter("api", tty=tty), chunks):
        assert b"\n" not in line.text


def test_unfinished_last_lines_are_separated_in_any_chunks() -> None:
    after = b"2026-03-01T12:00:01.000000000Z"
    raw = STAMP + b" last words" + LATER + b" one\n" + after + b" two\n"
    for place in range(len(raw)):
        lines = read(splitter("api", tty=True), [raw[:place], raw[place:]])
        assert [line.text for line in lines] == [b"last words", b"one", b"two"]


@given(st.binary(min_size=8, max_size=200).filter(lambda raw: raw[0] > 2))
def test_invalid_frames_are_read_as_bare_lines(raw: bytes) -> None:
    head = message(b"before\n")
    assert lines_of(head + raw) == lines_of(head) + lines_of(raw, tty=True)


def test_an_incomplete_frame_is_dropped() -> None:
    assert [line.text for line in lines_of(message(b"one\n") + message(b"two\n")[:-2])] == [b"one"]


def test_an_empty_frame_is_ignored() -> None:
    assert lines_of(frame(b"") + message(b"one\n") + frame(b"")) == lines_of(message(b"one\n"))


def test_an_empty_line_is_kept() -> None:
    assert [line.text for line in lines_of(message(b"\n") + message(b"\r\n"))] == [b"", b""]


def test_a_line_has_its_timestamp_and_stream() -> None:
    (line,) = lines_of(message(b"words with  spaces \n", 2))
    assert line == LogLine(STAMP, "api", LineKind.STDERR, b"words with  spaces ")


def test_a_message_without_a_timestamp_is_kept() -> None:
    (line,) = lines_of(frame(b"word\n"))
    assert (line.stamp, line.text) == (b"", b"word")


def test_a_frame_with_an_impossible_length_is_invalid() -> None:
    cut = splitter("api", tty=False)
    head = b"\x01\0\0\0" + (MAX_FRAME + 1).to_bytes(4, "big")
    assert [line.text for line in cut.feed(head + b"one\ntwo\n")][1:] == [b"two"]


def test_a_partial_line_before_invalid_bytes_is_not_lost() -> None:
    lines = lines_of(message(b"half a line") + b"garbage!\n")
    assert [line.text for line in lines] == [b"half a line", b"garbage!"]


@pytest.mark.parametrize("tty", [False, True], ids=["frames", "terminal"])
def test_the_parts_of_a_long_line_are_joined_without_their_timestamps(*, tty: bool) -> None:
    text = bytes(65 + at % 26 for at in range(2 * PART + 77))
    parts = [text[:PART], text[PART : 2 * PART], text[2 * PART :] + b"\n"]
    if tty:
        raw = b"".join(LATER + b" " + part for part in parts)
    else:
        raw = b"".join(message(part, stamp=LATER) for part in parts)
    (line,) = lines_of(raw, tty=tty)
    assert line.text == text


def test_text_like_a_timestamp_inside_a_line_is_kept() -> None:
    text = b"seen at " + STAMP + b" and " + STAMP + b" again" + b"x" * PART
    (line,) = lines_of(STAMP + b" " + text + b"\n", tty=True)
    assert line.text == text


def test_parts_of_both_streams_are_not_mixed() -> None:
    out, err = b"o" * PART, b"e" * PART
    raw = message(out, 1) + message(err, 2) + message(b"put\n", 1) + message(b"or\n", 2)
    assert [(line.kind, line.text) for line in lines_of(raw)] == [
        (LineKind.STDOUT, out + b"put"),
        (LineKind.STDERR, err + b"or"),
    ]


@pytest.mark.parametrize("tty", [False, True], ids=["frames", "terminal"])
@pytest.mark.parametrize("size", [5, PART, PART + 5], ids=["short", "one part", "two parts"])
def test_a_line_without_a_line_feed_ends_at_the_next_timestamp(*, size: int, tty: bool) -> None:
    last = b"x" * size
    parts = [(STAMP, last[at : at + PART]) for at in range(0, size, PART)]
    parts += [(LATER, b"next\n"), (LATER, b"and next\n")]
    raw = b"".join(
        stamp + b" " + part if tty else message(part, stamp=stamp) for stamp, part in parts
    )
    assert [(line.stamp, line.text) for line in lines_of(raw, tty=tty)] == [
        (STAMP, last),
        (LATER, b"next"),
        (LATER, b"and next"),
    ]


def test_runs_without_any_line_feed_are_separated() -> None:
    raw = STAMP + b" one" + LATER + b" two"
    assert [line.text for line in lines_of(raw, tty=True)] == [b"one", b"two"]


@pytest.mark.parametrize(
    "inner", [b"2026-03-01T11:59:59.999999999Z", b"2027-01-01T00:00:00.000000000Z"]
)
def test_a_timestamp_written_by_the_program_is_kept(inner: bytes) -> None:
    text = b"valid: " + inner + b" ok"
    raw = STAMP + b" " + text + b"\n" + LATER + b" next\n"
    assert [line.text for line in lines_of(raw, tty=True)] == [text, b"next"]


@pytest.mark.parametrize("tty", [False, True], ids=["frames", "terminal"])
def test_a_giant_line_is_cut_with_a_note(*, tty: bool) -> None:
    size = MAX_LINE + 3_000_000
    text = b"x" * size
    if tty:
        chunks = [STAMP + b" ", *[text[at : at + 65536] for at in range(0, size, 65536)], b"\n"]
    else:
        text += b"\n"
        chunks = [message(text[at : at + PART]) for at in range(0, size + 1, PART)]
    cut = splitter("api", tty=tty)
    (line,) = read(cut, chunks)
    assert line.text[:MAX_LINE] == b"x" * MAX_LINE
    assert line.text[MAX_LINE:].decode() == f" … {size - MAX_LINE:,} bytes cut"
    after = b"2026-03-01T12:00:01.000000000Z next\n"
    (line,) = read(cut, [after if tty else frame(after)])
    assert line.text == b"next"


@pytest.mark.parametrize("tty", [False, True], ids=["frames", "terminal"])
def test_an_endless_line_uses_limited_memory(*, tty: bool) -> None:
    cut = splitter("api", tty=tty)
    chunk = b"x" * PART
    for _ in range(600):
        assert cut.feed(chunk if tty else message(chunk)) == []
    held = sum(len(part) for part in _held(cut))
    assert held < 3 * MAX_LINE


def _held(cut: object) -> Iterable[bytes]:
    rest = getattr(cut, "_rest", b"")
    yield rest
    for growing in getattr(cut, "_growing", {}).values():
        yield from growing._parts
        assert len(growing._parts) < 1000
