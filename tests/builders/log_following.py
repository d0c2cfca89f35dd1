"""A log follower on a scripted engine, with snapshots set by the test."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pixel_tui.errors import EngineRefused
from pixel_tui.stack.feed.feed import LogTarget
from pixel_tui.stack.feed.follower import LogFollower
from pixel_tui.stack.feed.limits import FollowLimits
from pixel_tui.stack.feed.ring import LineKind, Ring
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    ServiceState,
    StackEvent,
    StackSnapshot,
    Trouble,
)
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain
from tests.builders.scripted_engine import BEGIN, ScriptedEngine
from tests.engine.private_engine import eventually

READY = EngineStatus(plain("scripted"), plain("test"), connection=Connection.READY)
LOST = replace(
    READY,
    connection=Connection.LOST,
    trouble=Trouble(plain("The Docker daemon does not answer."), plain("Start it."), BEGIN),
)
HASTY = FollowLimits(retry_seconds=(0.02, 0.04), settle_seconds=0.05)


class Stage:
    """A log follower, its engine and its snapshot."""

    def __init__(
        self,
        *containers: Container,
        only: str | None = None,
        tail: int = 100,
        limits: FollowLimits = HASTY,
    ) -> None:
        self.engine = ScriptedEngine()
        self.events: list[StackEvent] = []
        self.present_states: dict[str, Container] = {}
        """The present state of containers whose state in the snapshot is older."""
        self.looks = 0
        self.meanwhile: Callable[[], None] | None = None
        """Called once right before the container is inspected."""
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
            limits=limits,
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
                    return self.present_states.get(container_id, item)
        raise EngineRefused(404, "No such container")

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        del until
        return [
            item for item in self.events if item.container_id == container_id if item.at >= since
        ]

    def report(
        self, action: str, at: float, code: int | None = None, container_id: str = ""
    ) -> None:
        when = BEGIN + timedelta(seconds=at)
        words = (SafeText(action), container_id or A.id, SafeText("api-1"), SafeText("api"))
        detail = NO_TEXT if code is None else exit_words(code)
        self.events.append(StackEvent(when, *words, detail, code))

    def show(self, *containers: Container, engine: EngineStatus = READY, tell: bool = True) -> None:
        spec = ServiceSpec(plain("api"), plain("image"))
        service = Service(plain("api"), spec, tuple(containers), ServiceState.RUNNING)
        self._picture = StackSnapshot(engine, services=(service,), taken_at=BEGIN)
        if tell:
            self.feed.snapshot_changed()

    def lose_engine(self) -> None:
        self._picture = replace(self._picture, engine=LOST)
        self.feed.snapshot_changed()

    def shown_lines(self) -> list[str]:
        """Return all lines; marks without the container's name."""
        lines = self.ring.window(0, 1 << 40).lines
        return [
            f"-- {line.text.decode().split(' ', 1)[1]}"
            if line.kind is LineKind.MARK
            else line.text.decode()
            for line in lines
        ]

    def wait_until(self, holds: object) -> None:
        assert callable(holds)
        eventually(holds)

    def wait_for_lines(self, *story: str) -> None:
        """Wait for exactly these lines."""
        self.wait_until(lambda: self.shown_lines() == list(story))

    def assert_lines_stay(self, *story: str) -> None:
        """Check that the lines are these and do not change when the snapshot is set again."""
        for _ in range(5):
            self.feed.snapshot_changed()
            time.sleep(0.02)
        assert self.shown_lines() == list(story)


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


def restarted(before: Container, at: float, *, died: float) -> Container:
    return replace(
        before,
        state=ContainerState.RUNNING,
        started_at=BEGIN + timedelta(seconds=at),
        finished_at=BEGIN + timedelta(seconds=died),
        exit_code=None,
    )


A = container(1)
B = container(2)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """One running container with three lines."""
    with three_lines() as made:
        yield made


@contextmanager
def three_lines(limits: FollowLimits = HASTY) -> Iterator[Stage]:
    """One running container with three lines."""
    made = Stage(A, limits=limits)
    made.engine.write(A.id, 1, "one")
    made.engine.write(A.id, 2, "two")
    made.engine.write(A.id, 3, "three")
    made.feed.start()
    made.wait_for_lines("one", "two", "three")
    yield made
    made.feed.close()
