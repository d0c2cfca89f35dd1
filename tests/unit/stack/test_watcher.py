"""The watcher over engines and projects that answer late, wrongly, or not at all."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from pixel_tui.clock import FixedClock, SystemClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.services import DIRECTORY, PROJECT
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import (
    ComposeMissing,
    ComposeRefused,
    EngineAnswerInvalid,
    EngineError,
    EngineRefused,
    EngineUnreachable,
)
from pixel_tui.stack.feed.feed import FeedState, LogTarget
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.snapshot import Link, Service, ServiceState, StackSnapshot, SyncAction
from pixel_tui.stack.model.source import EventStream, Place, ResolvedProject
from pixel_tui.stack.watch.observer import Topic
from pixel_tui.stack.watch.reading import look_once, read_containers
from pixel_tui.stack.watch.watcher import Pace, Watcher
from tests.own_threads import own_threads
from tests.patience import PATIENCE, await_calm

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PACE = Pace(poll=600.0, usage=0.1, files=0.02, gather=0.01, retry=0.2, heartbeat=0.05)


class Engine(DemoEngine):
    """The embedded engine, with gates that tests open."""

    def __init__(self, world: DemoWorld) -> None:
        super().__init__(world)
        self.lists = threading.Event()
        self.lists.set()
        self.tells = threading.Event()
        self.tells.set()
        self.waiting = False
        """Whether somebody waits to hear its events."""
        self.asked: list[str] = []
        self.inspected: list[str] = []
        self.streams: list[EventStream] = []
        self.listened: list[str] = []
        """Whose events were asked for."""
        self.surprise: Exception | None = None
        self.frozen = False
        self.refused: dict[str, EngineError] = {}
        """What is answered about an image or a container."""

    def image(self, reference: str) -> JsonObject | None:
        if reference in self.refused:
            raise self.refused[reference]
        return super().image(reference)

    def ping(self) -> None:
        if self.frozen:
            raise EngineUnreachable("The engine does not answer.")

    def containers(self, project: str) -> list[JsonObject]:
        self.lists.wait(PATIENCE)
        self.asked.append(project)
        if self.surprise is not None:
            raise self.surprise
        return super().containers(project)

    def inspect(self, container_id: str) -> JsonObject:
        self.inspected.append(container_id)
        if container_id in self.refused:
            raise self.refused[container_id]
        return super().inspect(container_id)

    def events(self, project: str) -> EventStream:
        self.waiting = not self.tells.is_set()
        self.tells.wait(PATIENCE)
        stream = super().events(project)
        self.listened.append(project)
        self.streams.append(stream)
        return stream


class Compose(DemoProject):
    """The embedded project, read by a compose that can be made to fail."""

    def __init__(self, world: DemoWorld) -> None:
        super().__init__(world)
        self.trouble: ComposeMissing | ComposeRefused | None = None
        self.hash_trouble: ComposeRefused | None = None
        self.generation = 0
        self.name = PROJECT
        self.likely = "folder"
        self.directory = "/elsewhere"
        self.answers = threading.Event()
        self.answers.set()
        self.hashing = threading.Event()
        self.hashing.set()
        self.asked = 0

    @property
    def name_guess(self) -> str:
        return self.likely

    @property
    def place(self) -> Place:
        return Place(self.directory)

    def resolve(self) -> ResolvedProject:
        self.asked += 1
        self.answers.wait(PATIENCE)
        if self.trouble is not None:
            raise self.trouble
        found = super().resolve()
        found.config["name"] = self.name
        return found

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        self.hashing.wait(PATIENCE)
        if self.hash_trouble is not None:
            raise self.hash_trouble
        return super().hashes(resolved)

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        return (("compose.yml", self.generation, 1),)


class Stage:
    """A watcher, and the engine and the project that it looks at."""

    def __init__(self, likely: str = "folder") -> None:
        self.world = DemoWorld(SystemClock())
        self.engine = Engine(self.world)
        self.project = Compose(self.world)
        self.project.likely = likely
        self.watcher = Watcher(self.engine, self.project, SystemClock(), PACE)
        self.seen: list[StackSnapshot] = []
        self.watcher.subscribe(self._see)

    def _see(self, topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            self.seen.append(self.watcher.snapshot)

    @property
    def now(self) -> StackSnapshot:
        return self.watcher.snapshot

    def sync(self, name: str) -> SyncAction:
        service = self.now.service(name)
        assert service is not None
        return service.sync.action


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from played(Stage())


@pytest.fixture
def foreseen() -> Iterator[Stage]:
    """A stage where the engine has containers of the project's likely name."""
    yield from played(Stage(likely=PROJECT))


def played(made: Stage) -> Iterator[Stage]:
    yield made
    for gate in (made.engine.lists, made.engine.tells, made.project.answers):
        gate.set()
    made.watcher.close()


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.005)


def test_nothing_is_called_absent_before_the_containers_were_read(stage: Stage) -> None:
    stage.engine.lists.clear()
    stage.watcher.start()
    until(lambda: stage.now.engine.link is Link.READY)
    stage.watcher.refresh()
    time.sleep(0.1)
    assert stage.now.taken_at is None
    assert not stage.now.complete
    stage.engine.lists.set()
    until(lambda: stage.now.complete)
    first = next(snapshot for snapshot in stage.seen if snapshot.complete)
    assert first.service("api") is not None
    states = {item.state for item in first.services if item.wanted}
    assert states == {ServiceState.RUNNING}


def test_containers_are_read_while_compose_resolves_and_not_again(
    foreseen: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pixel_tui.stack.watch.watcher.LISTEN_SECONDS", PATIENCE)
    foreseen.project.answers.clear()
    foreseen.watcher.start()
    with foreseen.world.look() as (actors, _):
        ids = {actor.id for actor in actors}
        steady = {actor.id for actor in actors if actor.running and not actor.part.check}
    until(lambda: set(foreseen.engine.inspected) >= ids)
    assert foreseen.now.taken_at is None
    assert not foreseen.now.services  # only compose knows which there should be
    foreseen.project.answers.set()
    until(lambda: foreseen.now.complete)
    assert steady
    assert all(foreseen.engine.inspected.count(item) == 1 for item in steady)


def test_what_was_read_ahead_of_another_project_is_never_shown(foreseen: Stage) -> None:
    foreseen.project.name = "shop"
    foreseen.project.answers.clear()
    foreseen.watcher.start()
    until(lambda: foreseen.engine.inspected and foreseen.engine.streams)
    with foreseen.world.look() as (actors, _):
        actor = next(item for item in actors if item.part.name == "landing")
    foreseen.world.stop(actor)
    foreseen.project.answers.set()
    until(lambda: foreseen.now.complete and len(foreseen.engine.streams) > 1)
    assert foreseen.now.project_name == "shop"
    assert not any(service.containers for seen in foreseen.seen for service in seen.services)
    assert not foreseen.watcher.events


def test_a_picture_that_is_no_other_is_not_told_again() -> None:
    clock = FixedClock(NOON)
    world = DemoWorld(clock)
    watcher = Watcher(DemoEngine(world), DemoProject(world), clock, PACE)
    told: list[Topic] = []
    watcher.start()
    until(lambda: watcher.snapshot.complete and watcher.usage)
    until(
        lambda: all(
            item.spec is None or item.spec.config_hash for item in watcher.snapshot.services
        )
    )
    watcher.subscribe(told.append)
    await_calm(lambda: told.count(Topic.SNAPSHOT), 0, 0.3)  # what began before may end late
    told.clear()
    before = watcher.snapshot
    for _ in range(5):
        watcher.refresh()
        time.sleep(0.03)
    assert Topic.SNAPSHOT not in told
    assert watcher.snapshot == before
    watcher.close()


def test_the_age_of_what_is_shown_is_when_the_containers_were_read(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.engine.surprise = EngineUnreachable("gone")
    stage.watcher.refresh()
    until(lambda: stage.now.stale)
    taken_at = stage.now.taken_at
    # The engine says who it is again, and still not what it runs.
    asked = len(stage.engine.asked)
    until(lambda: len(stage.engine.asked) > asked)
    assert stage.now.taken_at == taken_at


def test_an_answer_that_cannot_be_understood_is_a_state_and_not_the_end(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.engine.surprise = ValueError("never foreseen")
    stage.watcher.refresh()
    until(lambda: stage.now.stale)
    trouble = stage.now.engine.trouble
    assert trouble is not None
    assert "can't be understood" in trouble.what
    stage.engine.surprise = None
    until(lambda: not stage.now.stale)


def test_what_happened_before_the_events_stood_is_read_again(stage: Stage) -> None:
    stage.engine.tells.clear()
    stage.watcher.start()
    until(lambda: stage.now.complete)
    with stage.world.look() as (actors, _):
        actor = next(item for item in actors if item.part.name == "landing")
    # Stopped and started while nobody listened: the list alone shows the same state.
    before = stage.now.container(actor.id)
    stage.world.stop(actor)
    stage.world.start(actor)
    stage.engine.tells.set()

    def seen_anew() -> bool:
        now = stage.now.container(actor.id)
        return now is not None and before is not None and now.started_at != before.started_at

    until(seen_anew)


def runs_between(stage: Stage, name: str, before_the_start: Callable[[], None]) -> Sequence[str]:
    """What is known of a container that ended, and was started after something else."""
    with stage.world.look() as (actors, _):
        actor = next(item for item in actors if item.part.name == name)
    ended_after = stage.watcher.inspect(actor.id).started_at
    stage.world.stop(actor)
    before_the_start()
    stage.world.start(actor)
    started = stage.watcher.inspect(actor.id).started_at
    assert ended_after is not None
    assert started is not None
    until(
        lambda: any(
            event.action == "start" and event.container_id == actor.id
            for event in stage.watcher.events
        )
    )
    known = stage.watcher.run_events(actor.id, ended_after, started)
    return [event.action for event in known if event.action in {"die", "start"}]


def test_an_end_from_before_the_events_stood_is_asked_for(foreseen: Stage) -> None:
    foreseen.engine.tells.clear()
    foreseen.watcher.start()
    until(lambda: foreseen.now.complete)

    def listen() -> None:
        foreseen.engine.tells.set()
        until(lambda: foreseen.engine.streams)

    assert sorted(runs_between(foreseen, "landing", listen)) == ["die", "start"]


def test_an_end_while_the_events_were_broken_off_is_asked_for(foreseen: Stage) -> None:
    foreseen.watcher.start()
    until(lambda: foreseen.now.complete and foreseen.engine.streams)
    foreseen.engine.tells.clear()
    foreseen.engine.streams[0].close()
    until(lambda: foreseen.engine.waiting)

    def listen() -> None:
        foreseen.engine.tells.set()
        until(lambda: len(foreseen.engine.streams) > 1)

    assert sorted(runs_between(foreseen, "landing", listen)) == ["die", "start"]


def test_a_stream_of_events_that_opens_after_the_close_is_closed(stage: Stage) -> None:
    stage.engine.tells.clear()
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.watcher.close()
    stage.engine.tells.set()
    until(lambda: not own_threads("stack-"))


def test_a_log_that_is_asked_for_after_the_close_is_closed(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.watcher.close()
    feed = stage.watcher.follow_logs([LogTarget("api")])
    assert feed.status.state is FeedState.CLOSED
    until(lambda: not own_threads("log-"))


def test_a_project_of_another_name_is_watched_under_that_name(stage: Stage) -> None:
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    until(lambda: stage.now.project_trouble and stage.engine.streams)
    assert stage.now.project_name == "folder"
    stage.project.trouble = None
    stage.project.generation += 1
    until(lambda: stage.now.project_name == PROJECT)
    until(lambda: stage.now.orphans)
    with stage.world.look() as (actors, _):
        actor = next(item for item in actors if item.part.name == "landing")
    until(lambda: len(stage.engine.streams) > 1)
    stage.world.stop(actor)
    until(lambda: stage.watcher.events)


def service(stage: Stage, name: str) -> Service:
    found = stage.now.service(name)
    assert found is not None
    return found


def test_a_project_that_compose_refuses_is_found_by_the_labels_of_its_containers(
    stage: Stage,
) -> None:
    stage.project.directory = DIRECTORY
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    until(lambda: stage.now.services)
    assert stage.now.project_name == PROJECT
    assert stage.now.project is None
    assert not stage.now.orphans
    postgres = service(stage, "postgres")
    assert (postgres.state, postgres.sync.action) == (ServiceState.RUNNING, SyncAction.UNKNOWN)
    with stage.world.look() as (actors, _):
        actor = next(item for item in actors if item.part.name == "landing")
    until(lambda: PROJECT in stage.engine.listened)  # the name that was found, not the folder's
    stage.world.stop(actor)
    until(lambda: stage.watcher.events)
    until(lambda: service(stage, "landing").state is ServiceState.PARTIAL)
    stage.project.trouble = None
    stage.project.generation += 1
    until(lambda: stage.now.complete and stage.now.project_trouble is None)


def test_a_file_that_breaks_while_it_is_watched_makes_no_orphan(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.project.generation += 1
    until(lambda: stage.now.project_trouble)
    assert not stage.now.orphans
    assert {item.sync.action for item in stage.now.services} == {SyncAction.UNKNOWN}
    assert service(stage, "postgres").state is ServiceState.RUNNING


def test_compose_that_was_missing_is_asked_again_by_itself(stage: Stage) -> None:
    stage.project.trouble = ComposeMissing("Docker Compose version 2 is not installed.")
    stage.watcher.start()
    until(lambda: stage.now.project_trouble)
    since = stage.now.project_trouble.since if stage.now.project_trouble else None
    asked = stage.project.asked
    until(lambda: stage.project.asked > asked + 1)
    assert stage.now.project_trouble is not None
    assert stage.now.project_trouble.since == since
    stage.project.trouble = None
    until(lambda: stage.now.complete and stage.now.project_trouble is None)
    asked = stage.project.asked
    time.sleep(2 * PACE.retry)
    assert stage.project.asked == asked


def test_another_trouble_does_not_inherit_the_age_of_the_one_before(stage: Stage) -> None:
    stage.project.trouble = ComposeRefused("yaml: line 1: no")
    stage.watcher.start()
    until(lambda: stage.now.project_trouble)
    before = stage.now.project_trouble
    stage.project.trouble = ComposeMissing("Docker Compose version 2 is not installed.")
    stage.project.generation += 1
    until(lambda: stage.now.project_trouble != before)
    assert before is not None
    assert stage.now.project_trouble is not None
    assert stage.now.project_trouble.since > before.since


def test_an_engine_that_can_not_be_asked_hides_no_broken_project(stage: Stage) -> None:
    stage.project.trouble = refusal = ComposeRefused("yaml: line 1: no")
    stage.world.fail_engine(down=True)
    with pytest.raises(EngineUnreachable) as caught:
        look_once(stage.engine, stage.project, SystemClock())
    assert caught.value.beside is refusal


def test_hashes_that_compose_does_not_tell_leave_no_old_verdict(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete and stage.sync("api") is SyncAction.NOTHING)
    stage.project.hash_trouble = ComposeRefused("no hashes today")
    stage.project.generation += 1
    until(lambda: stage.sync("api") is SyncAction.UNKNOWN)
    stage.project.hash_trouble = None
    until(lambda: stage.sync("api") is SyncAction.NOTHING)


@pytest.mark.parametrize("trouble", [None, ComposeRefused("no hashes")], ids=["told", "refused"])
def test_until_compose_was_asked_for_hashes_the_project_awaits_them(
    stage: Stage, trouble: ComposeRefused | None
) -> None:
    stage.project.hashing.clear()
    stage.project.hash_trouble = trouble
    stage.watcher.start()
    until(lambda: stage.now.complete and stage.now.project and stage.now.project.awaits_hashes)
    stage.project.hashing.set()
    until(lambda: stage.now.project is not None and not stage.now.project.awaits_hashes)


def test_a_stack_that_stands_still_is_not_asked_over_and_over(stage: Stage) -> None:
    stage.watcher.watch_usage(wanted=False)
    stage.watcher.start()
    until(lambda: stage.now.complete and stage.engine.streams)
    # The agent's probes may tell of something; nothing else does.
    await_calm(lambda: len(stage.engine.asked), 2, 0.3)
    await_calm(lambda: len(stage.engine.inspected), 4, 0.3)


def test_a_lost_engine_is_asked_with_growing_pauses(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.world.fail_engine(down=True)
    until(lambda: stage.now.stale)
    asked = len(stage.engine.asked)
    time.sleep(0.5)
    assert len(stage.engine.asked) - asked <= 3


def test_an_engine_that_falls_silent_is_noticed_though_nothing_happens(stage: Stage) -> None:
    stage.watcher.start()
    until(lambda: stage.now.complete)
    stage.engine.frozen = True
    until(lambda: stage.now.engine.link is Link.LOST)
    assert stage.now.engine.trouble is not None
    assert "does not answer" in stage.now.engine.trouble.what
    stage.engine.frozen = False
    until(lambda: stage.now.engine.link is Link.READY)


def test_an_engine_that_is_silent_from_the_start_hides_no_service(stage: Stage) -> None:
    stage.engine.frozen = True
    stage.watcher.start()
    until(lambda: stage.now.engine.link is Link.LOST and stage.now.services)
    service = stage.now.service("api")
    assert service is not None
    assert service.state is ServiceState.UNKNOWN


@pytest.mark.parametrize(
    "answer", [EngineRefused(500, "input/output error"), EngineAnswerInvalid("no JSON object")]
)
def test_a_container_that_cannot_be_inspected_leaves_the_others_alone(answer: EngineError) -> None:
    stage = Stage()
    before = look_once(stage.engine, stage.project, SystemClock())
    broken = before.services[0].regular[0]
    stage.engine.refused[broken.id] = answer
    now = look_once(stage.engine, stage.project, SystemClock())
    assert [item.containers for item in now.services[1:]] == [
        item.containers for item in before.services[1:]
    ]
    (found,) = now.services[0].regular
    assert (found.id, found.name, found.state) == (broken.id, broken.name, broken.state)
    assert found.partial
    assert str(answer.what).rstrip(".") in found.error
    assert not now.services[0].well


def test_it_is_known_in_full_as_soon_as_it_can_be() -> None:
    stage = Stage()
    stack = look_once(stage.engine, stage.project, SystemClock())
    broken = next(item for item in stack.services if item.well).regular[0]
    listed = stage.engine.containers(PROJECT)
    stage.engine.refused[broken.id] = EngineRefused(500, "input/output error")
    known = read_containers(stage.engine, listed, {}, ())
    stage.engine.refused.clear()
    assert known[broken.id].partial
    assert not read_containers(stage.engine, listed, known, ())[broken.id].partial


def test_an_image_that_cannot_be_read_concerns_its_own_service() -> None:
    stage = Stage()
    before = look_once(stage.engine, stage.project, SystemClock())
    spec = before.services[0].spec
    assert spec is not None
    stage.engine.refused[spec.image] = EngineRefused(400, "invalid reference format")
    now = look_once(stage.engine, stage.project, SystemClock())
    assert now.services[0].sync.action is SyncAction.UNKNOWN
    assert now.services[0].sync.invalid_image
    others = [item.sync for item in before.services[1:]]
    assert [item.sync for item in now.services[1:]] == others


def test_without_hashes_only_what_up_would_do_is_unknown() -> None:
    stage = Stage()
    stage.project.hash_trouble = ComposeRefused("no hashes")
    now = look_once(stage.engine, stage.project, SystemClock())
    assert now.project_trouble is None
    assert now.project is not None
    assert ServiceState.RUNNING in {item.state for item in now.services}
