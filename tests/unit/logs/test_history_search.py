"""A search of complete chunks finds the same as a search of each line."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.logs.history_search import MAX_MATCHES, HistorySearch
from pixel_tui.logs.search import Matcher, Query, compile_query
from pixel_tui.stack.feed.frames import PART
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.source import ByteStream, LogRequest
from pixel_tui.text import SafeText
from tests.builders.scripted_engine import ScriptedEngine

STAMP = b"2026-03-01T12:00:00.000000000Z "


@dataclass(eq=False)
class Bytes(ScriptedEngine):
    """An engine that sends these chunks."""

    chunks: Sequence[bytes] = ()
    closed: bool = False

    def logs(self, request: LogRequest) -> ByteStream:
        return Chunks(self, list(self.chunks))


@dataclass(eq=False)
class Chunks:
    engine: Bytes
    left: list[bytes] = field(default_factory=list)

    def read(self) -> bytes:
        return self.left.pop(0) if self.left and not self.engine.closed else b""

    def close(self) -> None:
        self.engine.closed = True


CONTAINER = Container(
    id="1",
    name=SafeText("api-1"),
    service=SafeText("api"),
    state=ContainerState.RUNNING,
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
    log_driver=SafeText("json-file"),
)


def frames(text: bytes) -> bytes:
    """A line in frames as the engine sends it; a long line has several."""
    parts = [text[at : at + PART] for at in range(0, len(text), PART)] or [b""]
    parts[-1] += b"\n"
    payloads = [STAMP + part for part in parts]
    return b"".join(b"\1\0\0\0" + len(one).to_bytes(4, "big") + one for one in payloads)


def matcher(text: str, *, regex: bool = False, inverted: bool = False) -> Matcher:
    found = compile_query(Query(text, regex=regex, inverted=inverted))
    assert isinstance(found, Matcher)
    return found


def search(
    chunks: Sequence[bytes], what: Matcher, container: Container = CONTAINER
) -> HistorySearch:
    history = LogHistory(Bytes(chunks=chunks), [container])
    found = HistorySearch(history, history.containers, what)
    found.run()
    return found


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(ends) if a < b]


LINES = st.lists(
    st.one_of(
        st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b" ").replace(b"\r", b" ")),
        st.sampled_from(
            [b"a needle", b"NEEDLE", b"need\x1b[31mle", b"needl", b"x" * (PART + 9) + b"needle"]
        ),
    ),
    max_size=12,
)
PATTERNS = st.sampled_from(
    [
        ("needle", False), ("Needle", False), ("e", False), ("größe", False),
        ("need.e", True), ("^needle", True), ("needle$", True), (r"\bneedle\b", True),
        (r"e{2}", True), (r"[^x]*needle", True), (r"(?<!a )needle", True), ("2026", False),
        (r"x\s*needle", True),
    ]
)  # fmt: skip


@given(LINES, PATTERNS, st.lists(st.integers(0, 40_000), max_size=6), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_it_finds_the_same_as_a_search_of_each_line(
    lines: list[bytes],
    pattern: tuple[str, bool],
    places: list[int],
    inverted: bool,
    tty: bool,
) -> None:
    what = matcher(pattern[0], regex=pattern[1], inverted=inverted)
    if tty:
        lines = [line[:PART] for line in lines]
        data = b"".join(STAMP + line + b"\n" for line in lines)
    else:
        data = b"".join(map(frames, lines))
    found = search(cut(data, places), what, replace(CONTAINER, tty=tty))
    assert [line.text for line in found.found] == [line for line in lines if what.matches(line)]
    assert found.progress.lines == len(lines)
    assert found.progress.done


def test_kept_matches_are_bounded_and_counting_continues() -> None:
    found = search([frames(b"needle")] * (MAX_MATCHES + 5), matcher("needle"))
    assert len(found.found) == MAX_MATCHES
    assert found.progress.matches == MAX_MATCHES + 5


def test_a_cancelled_search_stops_reading() -> None:
    engine = Bytes(chunks=[frames(b"needle")] * 10)
    history = LogHistory(engine, [CONTAINER])
    found = HistorySearch(history, history.containers, matcher("needle"))
    found.cancel()
    found.run()
    assert engine.closed or not found.progress.lines
    assert found.progress.cancelled
    assert found.progress.done
    assert not found.progress.trouble


@pytest.mark.parametrize("text", ["^a", "a$", r"\ba", "(?=a)", r"\Aa", "a*+b"])
def test_position_dependent_patterns_have_no_prefilter(text: str) -> None:
    assert matcher(text, regex=True).prefilter is None
