"""The log stream of a screen: closing it, and its marks."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from pixel_tui.stack.feed.feed import FeedState, LogTarget
from pixel_tui.stack.feed.follower import LogFollower
from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.feed.stream import LogStream
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    ServiceState,
    StackEvent,
    StackSnapshot,
)
from pixel_tui.text import plain
from tests.builders.scripted_engine import BEGIN, ScriptedEngine
from tests.engine.private_engine import eventually

API = Container(
    id="1" * 64,
    name=plain("api-1"),
    service=plain("api"),
    state=ContainerState.RUNNING,
    started_at=BEGIN,
    number=1,
    log_driver=plain("json-file"),
)
Sink = Callable[[Sequence[LogLine]], None]


class Log:
    """The log stream of one container with three lines."""

    def __init__(self, *, wait: bool = False) -> None:
        self.engine = ScriptedEngine()
        self.engine.write(API.id, 1, "one", "two", "three")
        self.sinks: list[Sink] = []
        spec = ServiceSpec(plain("api"), plain("image"))
        service = Service(plain("api"), spec, (API,), ServiceState.RUNNING)
        status = EngineStatus(plain("scripted"), plain("test"), connection=Connection.READY)
        self.picture = StackSnapshot(status, services=(service,), taken_at=BEGIN)
        self.stream = LogStream(self.engine, self._follower, monotonic=time.monotonic)
        if not wait:
            self.stream.start()

    def _follower(self, sink: Sink, reached: Mapping[str, ReadPosition] | None) -> LogFollower:
        self.sinks.append(sink)
        return LogFollower(
            self.engine,
            [LogTarget("api")],
            sink=sink,
            snapshot=lambda: self.picture,
            runs=self,
            tail=100,
            reached=reached,
        )

    def inspect(self, container_id: str) -> Container:
        assert container_id == API.id
        return API

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        del container_id, since, until
        return ()

    @property
    def lines(self) -> Sequence[LogLine]:
        return self.stream.ring.window(0, 1 << 40).lines

    def has_read(self, count: int) -> None:
        eventually(lambda: len(self.lines) == count)


def test_a_closed_log_has_no_lines() -> None:
    log = Log()
    log.has_read(3)
    log.stream.close()
    assert not log.lines
    assert log.stream.status.state is FeedState.CLOSED


def test_late_lines_are_not_kept_by_a_closed_log() -> None:
    log = Log()
    log.has_read(3)
    late = log.lines
    log.stream.close()
    log.sinks[-1](late)
    log.stream.mark("the console did something", BEGIN + timedelta(seconds=2))
    assert not log.lines


def words(log: Log) -> list[str]:
    return [line.text.decode() for line in log.lines]


def test_a_mark_is_among_the_lines_of_its_time() -> None:
    log = Log(wait=True)
    for number in range(2, 6):
        log.engine.write(API.id, number * 10, f"at {number}0")
    for at in (45, 15, 0, 90):  # of old jobs, in any order
        log.stream.mark(f"job at {at}", BEGIN + timedelta(seconds=at))
    log.stream.start()
    log.has_read(10)
    assert words(log) == [
        *("one", "two", "three"),
        *("job at 15", "at 20", "at 30", "at 40", "job at 45", "at 50", "job at 90"),
    ]
    log.stream.close()


def test_a_slightly_late_mark_is_in_order_and_a_much_too_late_one_is_dropped() -> None:
    log = Log()
    log.engine.write(API.id, 60, "at 60")
    log.has_read(4)
    log.stream.mark("job at 58", BEGIN + timedelta(seconds=58))
    log.stream.mark("job at 30", BEGIN + timedelta(seconds=30))
    log.has_read(5)
    assert words(log)[-2:] == ["at 60", "job at 58"]
    stamps = [line.stamp for line in log.lines]
    assert stamps == sorted(stamps)
    log.stream.close()
