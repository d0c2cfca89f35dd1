"""A watched demo stack whose engine and compose respond late, wrongly, or not at all."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from pixel_tui.clock import Clock, SystemClock
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.services import PROJECT
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import (
    ComposeMissing,
    ComposeRefused,
    EngineError,
    EngineUnreachable,
)
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.snapshot import Service, StackSnapshot, SyncAction
from pixel_tui.stack.model.source import EventStream, ProjectLocation, ResolvedProject
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS, TypedCommands
from pixel_tui.stack.watch.observer import Topic
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.watcher import Watcher
from tests.patience import PATIENCE

PACE = Pace(poll=600.0, usage=0.1, files=0.02, gather=0.01, retry=0.2, heartbeat=0.05)


class Engine(DemoEngine):
    """The demo engine with gates that tests open."""

    def __init__(self, world: DemoWorld) -> None:
        super().__init__(world)
        self.lists = threading.Event()
        self.lists.set()
        self.tells = threading.Event()
        self.tells.set()
        self.waiting = False
        """Whether a client waits for its events."""
        self.asked: list[str] = []
        self.inspected: list[str] = []
        self.streams: list[EventStream] = []
        self.listened: list[str] = []
        """The projects whose events were requested."""
        self.surprise: Exception | None = None
        self.frozen = False
        self.refused: dict[str, EngineError] = {}
        """Errors for requests about images and containers."""

    def image(self, reference: str) -> JsonObject | None:
        if reference in self.refused:
            raise self.refused[reference]
        return super().image(reference)

    def ping(self) -> None:
        if self.frozen:
            raise EngineUnreachable("The Docker daemon does not answer.")

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
    """The demo project with a compose that can be made to fail."""

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
        self.hashes_asked = 0

    @property
    def fallback_name(self) -> str:
        return self.likely

    @property
    def typed(self) -> TypedCommands:
        return WITHOUT_OPTIONS

    @property
    def location(self) -> ProjectLocation:
        return ProjectLocation(self.directory)

    def resolve(self) -> ResolvedProject:
        self.asked += 1
        self.answers.wait(PATIENCE)
        if self.trouble is not None:
            raise self.trouble
        found = super().resolve()
        found.config["name"] = self.name
        return found

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        self.hashes_asked += 1
        self.hashing.wait(PATIENCE)
        if self.hash_trouble is not None:
            raise self.hash_trouble
        return super().hashes(resolved)

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        return (("compose.yml", self.generation, 1),)


class Stage:
    """A watcher with its engine and project."""

    def __init__(
        self, likely: str = "folder", pace: Pace = PACE, clock: Clock | None = None
    ) -> None:
        self.world = DemoWorld(clock or SystemClock())
        self.engine = Engine(self.world)
        self.project = Compose(self.world)
        self.project.likely = likely
        self.watcher = Watcher(self.engine, self.project, SystemClock(), pace)
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
def full_stage() -> Iterator[Stage]:
    """A stage whose engine has containers with the project's likely name."""
    yield from played(Stage(likely=PROJECT))


@pytest.fixture
def patient() -> Iterator[Stage]:
    """The same, but containers are only read after the event stream was opened."""
    yield from played(Stage(PROJECT, replace(PACE, listen=PATIENCE)))


def played(made: Stage) -> Iterator[Stage]:
    yield made
    for gate in (made.engine.lists, made.engine.tells, made.project.answers):
        gate.set()
    made.watcher.close()


def service(stage: Stage, name: str) -> Service:
    found = stage.now.service(name)
    assert found is not None
    return found
