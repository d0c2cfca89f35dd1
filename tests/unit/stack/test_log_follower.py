"""Following a log over a scripted engine: restarts, recreates, refusals, outages."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pixel_tui.errors import EngineRefused, EngineUnreachable
from pixel_tui.stack.feed import follower as log_follower
from pixel_tui.stack.feed.feed import FeedState, LogTarget
from pixel_tui.stack.feed.follower import LogFollower, unix_time
from pixel_tui.stack.feed.ring import LineKind, Ring
from pixel_tui.stack.model.container import Container, ContainerState, Health, HealthStatus, Probe
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    EngineStatus,
    Link,
    Service,
    ServiceState,
    StackEvent,
    StackSnapshot,
    Trouble,
)
from pixel_tui.text import SafeText, plain
from tests.builders.scripted_engine import BEGIN, ScriptedEngine, stamp
from tests.own_threads import own_threads
from tests.patience import PATIENCE, await_calm

READY = EngineStatus(plain("scripted"), plain("test"), link=Link.READY)
LOST = replace(
    READY,
    link=Link.LOST,
    trouble=Trouble(plain("The engine does not answer."), plain("Start it."), BEGIN),
)


class Stage:
    """A follower, the engine it reads, and the picture it is shown."""

    def __init__(self, *containers: Container, only: str | None = None, tail: int = 100) -> None:
        self.engine = ScriptedEngine()
        self.events: list[StackEvent] = []
        self.truth: dict[str, Container] = {}
        """What the engine knows of a container where the picture is older."""
        self.looks = 0
        self.meanwhile: Callable[[], None] | None = None
        """What happens right before the container is asked for, once."""
        self._picture = StackSnapshot(READY)
        self.show(*containers, tell=False)
        self.ring = Ring()
        self.feed = LogFollower(
            self.engine,
            [LogTarget("api", only)],
            sink=self.ring.extend,
            snapshot=self._snapshot,
            runs=self,
            tail=tail,
        )

    def _snapshot(self) -> StackSnapshot:
        self.looks += 1
        return self._picture

    def inspect(self, container_id: str) -> Container:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        for service in self._picture.services:
            for item in service.containers:
                if item.id == container_id:
                    return self.truth.get(container_id, item)
        raise EngineRefused(404, "No such container")

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        del until
        return [
            item for item in self.events if item.container_id == container_id if item.at >= since
        ]

    def report(self, action: str, at: float, detail: str = "", container_id: str = "") -> None:
        when = BEGIN + timedelta(seconds=at)
        words = (SafeText(action), container_id or A.id, SafeText("api-1"), SafeText("api"))
        self.events.append(StackEvent(when, *words, SafeText(detail)))

    def show(self, *containers: Container, engine: EngineStatus = READY, tell: bool = True) -> None:
        spec = ServiceSpec(plain("api"), plain("image"))
        service = Service(plain("api"), spec, tuple(containers), ServiceState.RUNNING)
        self._picture = StackSnapshot(engine, services=(service,), taken_at=BEGIN)
        if tell:
            self.feed.snapshot_changed()

    def lose(self) -> None:
        self._picture = replace(self._picture, engine=LOST)
        self.feed.snapshot_changed()

    def story(self) -> list[str]:
        """All lines; marks without the container's name."""
        lines = self.ring.window(0, 1 << 40).lines
        return [
            f"-- {line.text.decode().split(' ', 1)[1]}"
            if line.kind is LineKind.MARK
            else line.text.decode()
            for line in lines
        ]

    def until(self, holds: object) -> None:
        assert callable(holds)
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, (self.story(), self.feed.status)
            time.sleep(0.005)

    def tells(self, *story: str) -> None:
        """Wait for exactly this story."""
        self.until(lambda: self.story() == list(story))

    def stays(self, *story: str) -> None:
        """It is this story and does not change, whatever is shown again."""
        for _ in range(5):
            self.feed.snapshot_changed()
            time.sleep(0.02)
        assert self.story() == list(story)


def container(number: int = 1, *, life: float = 0.0, **changes: object) -> Container:
    fields: dict[str, object] = {
        "id": f"{number:064x}",
        "name": SafeText(f"api-{number}"),
        "service": SafeText("api"),
        "state": ContainerState.RUNNING,
        "started_at": BEGIN + timedelta(seconds=life),
        "number": number,
        "log_driver": SafeText("json-file"),
    }
    return Container(**(fields | changes))  # type: ignore[arg-type]


def ended(before: Container, at: float, code: int = 0) -> Container:
    return replace(
        before,
        state=ContainerState.EXITED,
        finished_at=BEGIN + timedelta(seconds=at),
        exit_code=code,
    )


def alive_again(before: Container, at: float, *, died: float) -> Container:
    return replace(
        before,
        state=ContainerState.RUNNING,
        started_at=BEGIN + timedelta(seconds=at),
        finished_at=BEGIN + timedelta(seconds=died),
        exit_code=None,
    )


A = container(1)
B = container(2)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_follower, "RETRY_SECONDS", (0.02, 0.04))
    monkeypatch.setattr(log_follower, "SETTLE_SECONDS", 0.05)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """One running container that has said three things."""
    made = Stage(A)
    made.engine.say(A.id, 1, "one")
    made.engine.say(A.id, 2, "two")
    made.engine.say(A.id, 3, "three")
    made.feed.start()
    made.tells("one", "two", "three")
    yield made
    made.feed.close()


def test_it_begins_with_the_tail_and_follows() -> None:
    stage = Stage(A, tail=2)
    for number in range(5):
        stage.engine.say(A.id, number, f"{number}")
    stage.feed.start()
    stage.tells("3", "4")
    stage.until(lambda: stage.feed.status.state is FeedState.LIVE)
    stage.engine.say(A.id, 9, "5")
    stage.tells("3", "4", "5")
    assert [item.name for item in stage.feed.containers] == ["api-1"]
    stage.feed.close()


def test_lines_of_one_stamp_are_neither_lost_nor_doubled(stage: Stage) -> None:
    stage.engine.say(A.id, 4, "same", "same", "other")
    stage.tells("one", "two", "three", "same", "same", "other")
    stage.engine.break_off(A.id)
    stage.engine.say(A.id, 4, "same", "late")
    stage.engine.say(A.id, 5, "five")
    stage.tells("one", "two", "three", "same", "same", "other", "same", "late", "five")


def test_a_stream_that_breaks_again_and_again_goes_on(stage: Stage) -> None:
    told = ["one", "two", "three"]
    for number in range(6):
        stage.engine.break_off(A.id)
        stage.engine.say(A.id, 10 + number, f"{number}")
        told.append(f"{number}")
        stage.tells(*told)


def test_more_lines_than_are_near_are_all_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follower, "NEAR", 3)
    with stage.engine.changed:
        stage.engine.break_off(A.id)
        for number in range(20):
            stage.engine.say(A.id, 10 + number, f"{number}")
    stage.tells("one", "two", "three", *[f"{number}" for number in range(20)])
    assert [request.tail for request in stage.engine.requests[1:3]] == [3, None]


def test_a_resumed_log_is_looked_for_near_its_end(stage: Stage) -> None:
    stage.engine.break_off(A.id)
    stage.engine.say(A.id, 4, "four")
    stage.tells("one", "two", "three", "four")
    resumed = stage.engine.requests[1]
    assert resumed.tail == log_follower.NEAR
    reached, since = float(unix_time(stamp(3).encode())), float(resumed.since)
    assert 0.1 < reached - since < 1, "the other stream's lines may be written a little late"


def test_a_life_that_is_seen_to_end_is_marked_at_its_end(stage: Stage) -> None:
    stage.engine.end_life(A.id)
    stage.show(ended(A, 5, 137))
    stage.tells("one", "two", "three", "-- ended: 137 SIGKILL")
    stage.until(lambda: stage.feed.status.state is FeedState.WAITING)
    assert "is not running" in stage.feed.status.reason
    stage.engine.say(A.id, 8, "again")
    stage.show(alive_again(A, 7, died=5))
    story = ("one", "two", "three", "-- ended: 137 SIGKILL", "-- started again", "again")
    stage.tells(*story)
    stage.stays(*story)


def test_a_restart_nobody_saw_is_marked_once_however_often_the_picture_changes(
    stage: Stage,
) -> None:
    stage.report("die", 5.5, "143 SIGTERM")
    stage.engine.end_life(A.id)
    again = alive_again(A, 7, died=5)
    for restarts in range(5):
        stage.show(replace(again, memory_limit=restarts))
    stage.engine.say(A.id, 8, "again")
    story = ("one", "two", "three", "-- ended: 143 SIGTERM", "-- started again", "again")
    stage.tells(*story)
    stage.stays(*story)
    lines = stage.ring.window(0, 1 << 40).lines
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)


def test_a_new_life_is_read_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_follower, "SETTLE_SECONDS", 60.0)
    stage.engine.end_life(A.id)
    stage.until(lambda: stage.feed.status.state is not FeedState.LIVE)
    stage.engine.say(A.id, 8, "again")
    stage.show(alive_again(A, 7, died=5))
    stage.tells("one", "two", "three", "-- ended", "-- started again", "again")


def test_a_silent_new_life_is_marked_too(stage: Stage) -> None:
    stage.engine.end_life(A.id)
    stage.show(alive_again(replace(A, restarts=4), 7, died=5))
    stage.tells("one", "two", "three", "-- ended", "-- started again (restart 4)")
    stage.until(lambda: stage.feed.status.state is FeedState.LIVE)


def test_marks_stand_between_the_lives_even_where_the_stream_had_broken_off(
    stage: Stage,
) -> None:
    stage.engine.refusal = EngineUnreachable("gone")
    stage.engine.break_off(A.id)
    stage.lose()
    stage.until(lambda: stage.feed.status.state is FeedState.WAITING)
    stage.engine.say(A.id, 4, "last words")
    # The engine takes its times a little beside those of the lines.
    stage.engine.say(A.id, 6.9, "first words")
    stage.engine.say(A.id, 8, "again")
    stage.engine.refusal = None
    stage.show(alive_again(A, 7, died=5))
    stage.tells(
        "one", "two", "three", "last words",
        "-- ended", "-- started again", "first words", "again",
    )  # fmt: skip


def crashed_again(number: int, *, started: float, died: float) -> Container:
    """Between two runs of a crash loop: the engine has counted the next restart already."""
    return replace(
        ended(container(life=started), died, 3),
        state=ContainerState.RESTARTING,
        restarts=number + 1,
    )


def test_a_run_that_no_picture_showed_alive_is_read(stage: Stage) -> None:
    stage.engine.say(A.id, 4, "crash")
    stage.engine.end_life(A.id)
    stage.report("die", 5, "3 error")
    stage.show(crashed_again(0, started=0, died=4.9))
    story = ["one", "two", "three", "crash", "-- ended: 3 error"]
    stage.tells(*story)
    for number in range(1, 4):
        at = 10.0 * number
        stage.engine.say(A.id, at + 1, f"run {number}")
        stage.report("start", at)
        stage.report("die", at + 2, "3 error")
        stage.engine.end_life(A.id)
        stage.show(crashed_again(number, started=at, died=at + 2))
        story += [f"-- started again (restart {number})", f"run {number}", "-- ended: 3 error"]
        stage.tells(*story)
    stage.stays(*story)


def test_runs_that_came_and_went_between_two_pictures_are_told_apart(stage: Stage) -> None:
    story = ["one", "two", "three", "last words", "-- ended: 3 error"]
    stage.report("start", 0.001)
    stage.report("die", 5, "3 error")
    for number in range(1, 6):
        at = 10.0 * number
        stage.report("start", at + 0.1)
        # The engine takes the time of a start when the process has long begun to speak.
        stage.report("die", at + 2, "3 error")
        story += [f"-- started again (restart {number})", f"run {number}", "-- ended: 3 error"]
    with stage.engine.changed:
        stage.engine.say(A.id, 4, "last words")
        for number in range(1, 6):
            stage.engine.say(A.id, 10.0 * number, f"run {number}")
        now = crashed_again(5, started=50.1, died=52)
        stage.show(now)
        stage.engine.kept[A.id].ends.append(3)  # the stream ends before the last words
        stage.engine.changed.notify_all()
    stage.tells(*story)
    stage.stays(*story)


def test_a_run_that_the_picture_does_not_know_yet_is_marked_before_its_lines(
    stage: Stage,
) -> None:
    stage.report("die", 5, "3 error")
    stage.truth[A.id] = replace(alive_again(A, 7, died=5), restarts=1)
    stage.engine.end_life(A.id)
    stage.engine.say(A.id, 6.99, "again")
    story = ("one", "two", "three", "-- ended: 3 error", "-- started again (restart 1)", "again")
    stage.tells(*story)
    stage.stays(*story)
    stage.show(A)  # an old picture comes late
    stage.stays(*story)


def test_an_out_of_memory_kill_between_two_pictures_is_told(stage: Stage) -> None:
    stage.report("oom", 4.9)
    stage.report("die", 5, "137 SIGKILL")
    stage.engine.end_life(A.id)
    stage.show(alive_again(A, 7, died=5))
    stage.tells("one", "two", "three", "-- ended: 137 OOM-killed", "-- started again")


def test_the_end_of_a_container_that_is_removed_at_once_is_told(stage: Stage) -> None:
    stage.report("die", 5, "143 SIGTERM")
    stage.engine.end_life(A.id)
    stage.engine.say(B.id, 9, "new")
    del stage.engine.kept[A.id]
    stage.show(replace(container(1, life=8), id=B.id))
    stage.until(lambda: "new" in stage.story())
    story = stage.story()
    assert story[:4] == ["one", "two", "three", "-- ended: 143 SIGTERM"]
    assert "was recreated" in story[4]


def test_a_recreated_container_is_marked_and_read_from_its_first_line(stage: Stage) -> None:
    stage.engine.end_life(A.id)
    stage.show(ended(A, 5))
    new = replace(A, id="f" * 64, started_at=None, state=ContainerState.CREATED)
    stage.tells("one", "two", "three", "-- ended: 0 ok")
    # As compose does it: the new one is there under another name before the old one goes.
    stage.show(ended(A, 5), replace(new, name=SafeText("123_api-1")))
    stage.show(new)
    for number in range(200):
        stage.engine.say(new.id, 10 + number, f"{number}")
    stage.show(replace(new, state=ContainerState.RUNNING, started_at=BEGIN + timedelta(seconds=9)))
    story = (
        "one", "two", "three", "-- ended: 0 ok",
        "-- was recreated: 000000000000 is gone, this is ffffffffffff",
        *[f"{number}" for number in range(200)],
    )  # fmt: skip
    stage.tells(*story)
    stage.stays(*story)
    assert [item.name for item in stage.feed.containers] == ["api-1"]


def test_a_container_that_was_only_created_is_not_read(stage: Stage) -> None:
    before = len(stage.engine.requests)
    idle = container(2, started_at=None, state=ContainerState.CREATED)
    stage.show(A, idle)
    stage.stays("one", "two", "three")
    assert len(stage.engine.requests) == before
    stage.engine.say(B.id, 9, "born")
    stage.show(A, container(2, life=8))
    stage.tells("one", "two", "three", "born")


def test_one_container_is_followed_under_its_name() -> None:
    stage = Stage(A, B, only=B.id)
    stage.engine.say(A.id, 1, "a")
    stage.engine.say(B.id, 2, "b")
    stage.feed.start()
    stage.tells("b")
    stage.engine.end_life(B.id)
    new = replace(B, id="f" * 64)
    stage.engine.say(new.id, 9, "new b")
    stage.show(A, new)
    stage.tells("b", "-- was recreated: 000000000000 is gone, this is ffffffffffff", "new b")
    stage.feed.close()


def test_several_containers_begin_merged_and_go_on_side_by_side() -> None:
    stage = Stage(A, B)
    for number in range(6):
        stage.engine.say(A.id if number % 2 else B.id, number, f"{number}")
    stage.feed.start()
    stage.tells("0", "1", "2", "3", "4", "5")
    stage.engine.say(A.id, 9, "a")
    stage.until(lambda: "a" in stage.story())
    stage.engine.say(B.id, 8, "b")
    stage.tells("0", "1", "2", "3", "4", "5", "a", "b")
    assert [item.name for item in stage.feed.containers] == ["api-1", "api-2"]
    stage.feed.close()


@pytest.mark.parametrize("again", [False, True])
def test_last_words_between_the_reading_and_the_question_come_before_the_end(
    stage: Stage, again: bool
) -> None:
    def end() -> None:
        stage.engine.say(A.id, 4, "last words")
        stage.report("die", 5, "3 error")
        stage.truth[A.id] = ended(A, 5)
        if again:
            stage.truth[A.id] = replace(A, started_at=BEGIN + timedelta(seconds=6), restarts=1)
            stage.engine.say(A.id, 7, "again")

    stage.meanwhile = end
    stage.engine.end_life(A.id)
    if again:
        stage.tells(
            *("one", "two", "three", "last words", "-- ended: 3 error"),
            *("-- started again (restart 1)", "again"),
        )
    else:
        stage.until(lambda: len(stage.story()) == 5)
        assert stage.story()[3] == "last words"
        assert stage.story()[4].startswith("-- ended")


def test_a_container_that_is_gone_is_not_asked_for_for_ever(stage: Stage) -> None:
    del stage.engine.kept[A.id]
    with stage.engine.changed:
        for stream in stage.engine.streams:
            stream.closed = True
        stage.engine.changed.notify_all()
    stage.until(lambda: len(stage.engine.requests) > 3)
    stage.show()
    stage.until(lambda: stage.feed.status.state is FeedState.WAITING)
    assert "has no container" in stage.feed.status.reason
    assert "docker compose up -d api" in stage.feed.status.remedy
    time.sleep(0.1)
    asked = len(stage.engine.requests)
    stage.stays("one", "two", "three")
    assert len(stage.engine.requests) == asked


def test_what_is_refused_is_said_and_tried_until_it_is_allowed() -> None:
    stage = Stage(A)
    stage.engine.say(A.id, 1, "one")
    stage.engine.refusal = EngineRefused(501, "logging driver does not support reading")
    stage.feed.start()
    stage.until(lambda: stage.feed.status.state is FeedState.REFUSED)
    assert "does not support reading" in stage.feed.status.reason
    stage.until(lambda: len(stage.engine.requests) > 3)
    assert "does not support reading" in stage.feed.status.reason
    stage.engine.refusal = None
    stage.tells("one")
    stage.until(lambda: stage.feed.status.state is FeedState.LIVE)
    stage.feed.close()


def test_a_log_that_is_kept_nowhere_is_never_asked_for() -> None:
    stage = Stage(replace(A, log_driver=SafeText("none")))
    stage.feed.start()
    stage.until(lambda: stage.feed.status.state is FeedState.REFUSED)
    assert "json-file" in stage.feed.status.remedy
    assert not stage.engine.requests
    stage.feed.close()


def test_a_lost_engine_is_waited_for_and_its_logs_go_on(stage: Stage) -> None:
    stage.engine.refusal = EngineUnreachable("gone")
    stage.engine.break_off(A.id)
    stage.lose()
    stage.until(lambda: stage.feed.status.state is FeedState.WAITING)
    assert stage.feed.status.reason == "The engine does not answer."
    assert stage.feed.status.remedy == "Start it."
    asked = len(stage.engine.requests)
    time.sleep(0.1)
    assert len(stage.engine.requests) == asked
    stage.engine.say(A.id, 9, "nine")
    stage.engine.refusal = None
    stage.show(A)
    stage.tells("one", "two", "three", "nine")
    stage.until(lambda: stage.feed.status.state is FeedState.LIVE)


@pytest.mark.parametrize("how", ["stopped", "gone", "lost"])
def test_nothing_is_looked_at_over_and_over_while_there_is_nothing_to_read(
    stage: Stage, how: str
) -> None:
    asked = len(stage.engine.requests)
    stage.engine.end_life(A.id)
    stage.until(lambda: len(stage.engine.requests) > asked)  # its end was noticed
    if how == "stopped":
        stage.show(ended(A, 5))
    elif how == "gone":
        stage.show()
    else:
        stage.lose()
    stage.until(lambda: stage.feed.status.state is FeedState.WAITING)
    await_calm(lambda: stage.looks, 2, 0.3)


def test_a_thousand_one_offs_leave_no_thousand_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_follower, "SETTLE_SECONDS", 60.0)
    stage = Stage()
    stage.feed.start()
    for number in range(1, 200):
        one = container(number, life=number, oneoff=True, name=SafeText(f"api-run-{number}"))
        stage.engine.say(one.id, number, f"{number}")
        stage.show(one)
        stage.until(lambda number=number: f"{number}" in stage.story())
        stage.engine.end_life(one.id)
    stage.until(lambda: stage.feed.status.state is not FeedState.LIVE)
    # Those that were still being read when the last one came were kept too.
    assert len(stage.feed.containers) <= log_follower.KEPT_TAILS + 10
    stage.feed.close()


def test_a_fault_of_its_own_does_not_end_the_following(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.engine.surprise = ValueError("never foreseen")
    stage.engine.break_off(A.id)
    stage.until(lambda: "never foreseen" in caplog.text)
    stage.engine.surprise = None
    stage.engine.say(A.id, 9, "nine")
    stage.tells("one", "two", "three", "nine")


def test_closing_ends_its_threads_and_streams(stage: Stage) -> None:
    stage.feed.close()
    stage.feed.close()
    assert stage.feed.status.state is FeedState.CLOSED
    stage.until(lambda: not own_threads("log-follower", "log-api-1"))
    assert all(stream.closed for stream in stage.engine.streams)
    stage.show(container(3, life=9))
    time.sleep(0.05)
    assert stage.feed.status.state is FeedState.CLOSED


def test_a_stream_that_opens_after_the_close_is_closed_too() -> None:
    stage = Stage(A)
    stage.engine.say(A.id, 1, "one")
    with stage.engine.changed:  # the engine does not answer yet
        stage.feed.start()
        stage.until(lambda: own_threads("log-api-1"))
        stage.feed.close()
    stage.until(lambda: not own_threads("log-follower", "log-api-1"))
    assert all(stream.closed for stream in stage.engine.streams)
    assert not stage.story()


@pytest.mark.parametrize(
    ("raw", "since"),
    [
        ("2026-03-01T12:00:00.123456789Z", "1772366400.123456789"),
        ("2026-03-01T12:00:00.5Z", "1772366400.500000000"),
        ("2026-03-01T12:00:00Z", "1772366400"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_a_stamp_becomes_the_engines_since(raw: str, since: str) -> None:
    assert unix_time(raw.encode()) == since


def with_health(before: Container, status: HealthStatus, said: str = "") -> Container:
    at = BEGIN + timedelta(seconds=7)
    probe = Probe(at, at, 1 if said else 0, (plain(said),) if said else ())
    return replace(before, health=Health(status, probes=(probe,)))


def test_a_change_of_health_is_marked_with_what_the_probe_said(stage: Stage) -> None:
    stage.show(with_health(A, HealthStatus.STARTING))
    stage.stays("one", "two", "three")
    stage.show(with_health(A, HealthStatus.HEALTHY))
    stage.tells("one", "two", "three", "-- is healthy")
    stage.show(with_health(A, HealthStatus.UNHEALTHY, "no pool"))
    stage.tells("one", "two", "three", "-- is healthy", "-- is unhealthy: no pool")
    stage.stays("one", "two", "three", "-- is healthy", "-- is unhealthy: no pool")


def test_a_change_of_health_never_quotes_a_probe_that_did_not_decide_it(stage: Stage) -> None:
    stage.show(with_health(A, HealthStatus.HEALTHY))
    stage.tells("one", "two", "three", "-- is healthy")
    at = BEGIN - timedelta(minutes=5)
    passed = Probe(at, at, 0, (plain("all is well"),))
    stage.show(replace(A, health=Health(HealthStatus.UNHEALTHY, probes=(passed,))))
    stage.tells("one", "two", "three", "-- is healthy", "-- is unhealthy")
    lines = stage.ring.window(0, 1 << 40).lines
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)


def test_a_pause_is_marked_where_it_begins_and_where_it_ends(stage: Stage) -> None:
    stage.show(replace(A, state=ContainerState.PAUSED))
    stage.tells("one", "two", "three", "-- was paused")
    stage.show(A)
    stage.tells("one", "two", "three", "-- was paused", "-- goes on after a pause")


def test_what_can_not_be_read_among_others_is_said_once() -> None:
    silent = replace(B, log_driver=SafeText("none"))
    stage = Stage(A, silent)
    stage.engine.say(A.id, 1, "one")
    stage.feed.start()
    stage.until(lambda: len(stage.story()) == 2)
    stage.feed.snapshot_changed()
    stage.stays(*stage.story())
    (mark,) = [words for words in stage.story() if words.startswith("-- ")]
    assert "logging driver is none" in mark
    stage.feed.close()


def test_three_hundred_containers_are_followed_at_once() -> None:
    many = [container(number) for number in range(1, 301)]
    stage = Stage(*many)
    for number, item in enumerate(many):
        stage.engine.say(item.id, number, f"{number}")
    stage.feed.start()
    stage.until(lambda: len(stage.story()) == 300)
    assert stage.story() == [f"{number}" for number in range(300)]
    stage.engine.say(many[-1].id, 400, "more")
    stage.until(lambda: stage.story()[-1] == "more")
    stage.feed.close()
