"""An operator with a scripted runner and observer."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups.worker import worker_argv
from pixel_tui.clock import SystemClock
from pixel_tui.errors import OperationError
from pixel_tui.listeners import Listeners
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.audit.origin import Origin
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.jobs.verification import Timeouts
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.model.container import Container, ContainerState, Health, HealthStatus
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    StackEvent,
    StackSnapshot,
)
from pixel_tui.stack.programs.process import RunningCommand
from pixel_tui.stack.watch.build_recorder import BuildObserver
from pixel_tui.stack.watch.observer import Listener, Topic
from pixel_tui.text import SafeText, plain
from tests.builders.scripted_engine import ScriptedEngine
from tests.patience import PATIENCE

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


ENGINE = EngineStatus(plain("unix:///x"), plain("default"), connection=Connection.READY)


COMMAND = ComposeCommand(directory="/srv/pixel", environment={"DOCKER_HOST": "unix:///x"})


QUICK = Timeouts(settle=0.01, deadline=0.05, health=0.1, refresh=0.01)


def agent(**changes: object) -> Container:
    fields: dict[str, object] = {
        "id": "a" * 64,
        "name": SafeText("pixel-agent-1"),
        "service": SafeText("agent"),
        "state": ContainerState.RUNNING,
        "started_at": NOW,
        "health": Health(HealthStatus.HEALTHY),
        "restart_policy": SafeText("unless-stopped"),
    }
    return Container(**(fields | changes))  # type: ignore[arg-type]


def restarted_agent(**changes: object) -> Container:
    """The agent in its next run."""
    return agent(**({"started_at": NOW + timedelta(seconds=5)} | changes))


def stack(*containers: Container, engine: EngineStatus = ENGINE) -> StackSnapshot:
    spec = ServiceSpec(SafeText("agent"), SafeText("agent:1"), has_health_check=True)
    other = ServiceSpec(SafeText("web"), SafeText("web:1"))
    return join(
        engine=engine,
        project=Project(SafeText("pixel"), SafeText("/srv/pixel"), services=(spec, other)),
        project_name=SafeText("pixel"),
        project_trouble=None,
        containers=containers,
        images={"agent:1": "", "web:1": ""},
        taken_at=NOW,
    )


class FakeObserver:
    """An observer with a snapshot set by the test."""

    usage: Mapping[str, Any] = {}
    events: Sequence[StackEvent] = ()

    def __init__(self, snapshot: StackSnapshot) -> None:
        self._snapshot = snapshot
        self._listeners = Listeners[[Topic]]()
        self.refreshed = 0
        self.engine = ScriptedEngine()
        """The engine with the logs."""
        self.watched = threading.Event()
        """Set when a listener subscribes."""

    @property
    def snapshot(self) -> StackSnapshot:
        return self._snapshot

    def show(self, *containers: Container, engine: EngineStatus = ENGINE) -> None:
        self.show_stack(stack(*containers, engine=engine))

    def show_stack(self, snapshot: StackSnapshot) -> None:
        self._snapshot = snapshot
        self._listeners.notify(Topic.SNAPSHOT)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        unsubscribe = self._listeners.subscribe(listener)
        self.watched.set()
        return unsubscribe

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def refresh(self) -> None:
        self.refreshed += 1

    def start(self) -> None: ...

    def close(self) -> None: ...

    def watch_usage(self, *, wanted: bool) -> None: ...

    def inspect(self, container_id: str) -> Container:
        raise NotImplementedError

    def follow_logs(self, targets: Sequence[LogTarget]) -> LogFeed:
        raise NotImplementedError

    def log_history(self, targets: Sequence[LogTarget]) -> LogHistory:
        found = [self._snapshot.container(item.container_id or "") for item in targets]
        return LogHistory(self.engine, [item for item in found if item is not None])


class FakeCommand:
    """A command that exits on demand, and records how it was signalled."""

    pid = None

    def __init__(self, stops_on: str) -> None:
        self._stops_on = stops_on
        self._ended = threading.Event()
        self._code = 0
        self.signals: list[str] = []
        self.left_running: Sequence[SafeText] = ()

    def end(self, code: int) -> None:
        self._code = code
        self._ended.set()

    def wait(self, timeout: float | None = None) -> int | None:
        return self._code if self._ended.wait(timeout) else None

    def end_left_running(self) -> Sequence[SafeText]:
        return self.left_running

    def interrupt(self) -> None:
        self._ask("interrupt", 130)

    def terminate(self) -> None:
        self._ask("terminate", 143)

    def kill(self) -> None:
        self._ask("kill", -9)

    def _ask(self, how: str, code: int) -> None:
        self.signals.append(how)
        if how == self._stops_on:
            self.end(code)


@dataclass
class FakeRunner:
    """Starts commands that exit at once with the given codes, or hang until stopped."""

    codes: list[int | None] = field(default_factory=list)
    """The exit codes of commands; None for one that hangs; later ones exit with 0."""
    text: str = ""
    stops_on: str = "interrupt"
    fails: bool = False
    started: list[tuple[str, ...]] = field(default_factory=list)
    commands: list[FakeCommand] = field(default_factory=list)
    places: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    on_start: Callable[[], None] = lambda: None
    hanging: threading.Event = field(default_factory=threading.Event)

    def start(
        self,
        argv: Sequence[str],
        *,
        directory: str,
        environment: Mapping[str, str],
        output: Path,
        holding: Sequence[int] = (),
    ) -> RunningCommand:
        if self.fails:
            raise OperationError("The program is not installed.", on=argv[0])
        self.started.append(tuple(argv))
        self.places.append((directory, environment))
        self.on_start()
        with output.open("a") as file:
            file.write(self.text)
        command = FakeCommand(self.stops_on)
        self.commands.append(command)
        code = self.codes.pop(0) if self.codes else 0
        if code is None:
            self.hanging.set()
        else:
            command.end(code)
        return command


@pytest.fixture
def observer() -> FakeObserver:
    return FakeObserver(stack(agent()))


@pytest.fixture
def runner(observer: FakeObserver) -> FakeRunner:
    """A runner whose command restarts the agent."""
    return FakeRunner(on_start=lambda: observer.show(restarted_agent()))


@dataclass
class Desk:
    """An operator and its dependencies."""

    folder: Path
    observer: FakeObserver
    runner: FakeRunner
    build_observer: BuildObserver | None = None

    def operator(self, timeouts: Timeouts = QUICK) -> Operator:
        return Operator(
            self.runner,
            self.observer,
            COMMAND,
            self.folder,
            SystemClock(),
            origin=Origin("ana", "vps", 41),
            timeouts=timeouts,
            grace=0.01,
            build_observer=self.build_observer,
        )

    def plan(self, action: str = "restart", *targets: str) -> Plan:
        wanted = targets or ("agent",)
        return plan_action(action, wanted, self.observer.snapshot, COMMAND, now=NOW)

    def run_to_end(self, plan: Plan | None = None) -> JobStatus:
        """Run a plan and wait until it has finished."""
        return self.operator().run(plan or self.plan()).wait(PATIENCE)

    def records(self) -> list[dict[str, Any]]:
        lines = (self.folder / "audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def desk(tmp_path: Path, observer: FakeObserver, runner: FakeRunner) -> Iterator[Desk]:
    yield Desk(tmp_path, observer, runner)
    assert observer.listeners == 0, "a listener is still subscribed"


def restoring(desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A plan with a step that restores files in a folder."""
    command = replace(COMMAND, directory=str(folder))
    monkeypatch.setattr("tests.builders.job.COMMAND", command)
    made, argv = desk.plan(), worker_argv(command, "pixel", "restore", name="20260301-100000")
    return replace(made, steps=tuple(replace(step, command=argv) for step in made.steps))
