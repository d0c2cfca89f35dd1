"""Reading the past page by page: nothing is lost, duplicated or read needlessly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixel_tui.stack.feed import history as log_history
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.source import ByteStream, LogRequest
from pixel_tui.stack.model.times import format_timestamp
from pixel_tui.text import SafeText
from tests.builders.scripted_engine import ScriptedEngine, frame

START = 1_772_366_400_000_000_000
TICK = 50_000_000


@dataclass(eq=False)
class Archive(ScriptedEngine):
    """An engine with complete logs that counts the lines it has sent."""

    logs_of: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    sent: int = 0

    def logs(self, request: LogRequest) -> ByteStream:
        said = self.logs_of[request.container_id]
        begin = 0 if request.tail is None else max(len(said) - request.tail, 0)
        return Answer(self, said[begin:])


@dataclass(eq=False)
class Answer:
    """A log stream with a few lines per chunk."""

    archive: Archive
    left: Sequence[tuple[int, str]]

    def read(self) -> bytes:
        now, self.left = self.left[:7], self.left[7:]
        self.archive.sent += len(now)
        return b"".join(frame(format_timestamp(START + at).decode(), text) for at, text in now)

    def close(self) -> None:
        self.left = ()


def at(tick: int) -> bytes:
    return format_timestamp(START + tick * TICK)


def by_words(lines: Sequence[LogLine]) -> list[LogLine]:
    return sorted(lines, key=lambda line: line.text)


def container(name: str) -> Container:
    return Container(
        id=name,
        name=SafeText(name),
        service=SafeText(name),
        state=ContainerState.RUNNING,
        started_at=datetime(2026, 3, 1, tzinfo=UTC),
        log_driver=SafeText("json-file"),
    )


def history(logs: Mapping[str, Sequence[int]], tick: int = TICK) -> tuple[Archive, LogHistory]:
    """Logs by container: the times of their lines, in ticks."""
    archive = Archive(
        logs_of={
            name: [(at * tick, f"{name} {number}") for number, at in enumerate(times)]
            for name, times in logs.items()
        }
    )
    return archive, LogHistory(archive, [container(name) for name in logs])


def all_back(past: LogHistory, count: int, *, most_pages: int = 10_000) -> list[LogLine]:
    """Go back page by page to the first line."""
    held: list[LogLine] = []
    for _ in range(most_pages):
        first: dict[str, LogLine] = {}
        for line in held:
            first.setdefault(line.source, line)
        page = past.before(held[0].stamp if held else b"", count, first)
        held = [*page.lines, *held]
        if page.complete:
            return held
        assert page.lines, "a page that brings nothing would be asked for for ever"
    raise AssertionError("it never came to the first line")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small steps, so that short logs need many of them."""
    monkeypatch.setattr(log_history, "MARGIN", 2)
    monkeypatch.setattr(log_history, "NEAR_ENOUGH", 4)


LOGS = st.dictionaries(
    st.sampled_from(["api", "web", "db"]),
    st.lists(st.integers(0, 40), max_size=40).map(sorted),
    min_size=1,
)


@given(LOGS, st.integers(1, 15))
@settings(max_examples=150)
def test_going_back_page_by_page_reads_every_line_once(
    logs: dict[str, list[int]], count: int
) -> None:
    _, past = history(logs)
    lines = all_back(past, count)
    for name, times in logs.items():
        own = [line.text.decode() for line in lines if line.source == name]
        assert own == [f"{name} {number}" for number in range(len(times))]
    stamps = [line.stamp for line in lines]
    assert stamps == sorted(stamps)


@given(
    st.lists(st.integers(0, 3), max_size=40),
    st.integers(1, 15),
)
@settings(max_examples=150)
def test_lines_out_of_order_in_their_log_are_not_lost(times: list[int], count: int) -> None:
    _, past = history({"api": times})
    assert [line.text.decode() for line in all_back(past, count)] == [
        f"api {number}" for number in range(len(times))
    ]


@given(LOGS, st.integers(1, 9))
@settings(max_examples=100)
def test_reading_forward_from_the_first_line_is_in_order(
    logs: dict[str, list[int]], count: int
) -> None:
    _, past = history(logs)
    reader, lines = past.reader(), list[LogLine]()
    while True:
        page = reader.read(count)
        lines += page.lines
        if page.complete:
            break
    assert sorted(line.text for line in lines) == sorted(
        f"{name} {number}".encode() for name, times in logs.items() for number in range(len(times))
    )
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)


@given(LOGS, st.integers(0, 30))
@settings(max_examples=100)
def test_a_reader_continues_where_another_stopped(logs: dict[str, list[int]], count: int) -> None:
    _, past = history(logs)
    whole = past.reader().read(1000).lines
    first = past.reader()
    begun = first.read(count).lines
    rest = past.reader(after=first.positions()).read(1000).lines
    assert by_words((*begun, *rest)) == by_words(whole)


@given(LOGS, st.integers(0, 41), st.integers(0, 41))
def test_a_period_is_read_from_its_first_to_its_last_line(
    logs: dict[str, list[int]], begin: int, end: int
) -> None:
    _, past = history(logs)
    page = past.reader(at(begin), until=at(end)).read(1000)
    assert sorted(line.stamp for line in page.lines) == sorted(
        at(tick) for times in logs.values() for tick in times if begin <= tick <= end
    )


def test_little_more_of_a_long_log_is_read_than_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_history, "NEAR_ENOUGH", 1000)
    archive, past = history({"api": range(200_000)}, tick=1_000_000)
    page = past.before(format_timestamp(START + 40_000_000_000), 100)
    assert [line.text for line in page.lines] == [b"api %d" % at for at in range(39_900, 40_000)]
    assert archive.sent < 3000
    archive.sent = 0
    assert past.before(page.lines[0].stamp, 100).lines[-1].text == b"api 39899"
    assert archive.sent < 3000


def test_a_reader_reads_only_as_much_as_requested() -> None:
    archive, past = history({"api": range(100_000), "web": range(100_000)})
    assert len(past.reader().read(50).lines) == 50
    assert archive.sent < 100


def test_a_page_starts_where_the_first_log_was_cut() -> None:
    _, past = history({"busy": range(1000, 2000), "calm": range(0, 2000, 100)})
    page = past.before(b"", 10)
    assert page.lines[0].text == b"busy 990"
    assert not page.complete
    assert [line.text for line in page.lines if line.source == "calm"] == []


def test_a_closed_history_reads_nothing() -> None:
    archive, past = history({"api": range(100)})
    past.close()
    assert past.before(b"", 10).lines == ()
    assert archive.sent == 0
