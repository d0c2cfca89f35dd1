"""What an observer is: one body, on the embedded stack and on a real engine."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.errors import PlanOutdated
from pixel_tui.operations.actions import Action, plan_action
from pixel_tui.operations.job import JobState
from pixel_tui.operations.operator import Operator
from pixel_tui.operations.verification import Patience
from pixel_tui.stack.compose import ComposeProject, find_command
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.demo.cast import DIRECTORY, PROJECT
from pixel_tui.stack.demo.commands import DemoRunner
from pixel_tui.stack.demo.engine import DemoEngine
from pixel_tui.stack.demo.project import DemoProject
from pixel_tui.stack.demo.world import DemoWorld
from pixel_tui.stack.endpoint import Endpoint
from pixel_tui.stack.engine import DockerEngine
from pixel_tui.stack.log_feed import FeedState, LogFeed
from pixel_tui.stack.model import HealthStatus, Link, ServiceState
from pixel_tui.stack.observer import Topic
from pixel_tui.stack.process import CommandRunner, ProcessRunner
from pixel_tui.stack.ring import LineKind
from pixel_tui.stack.watcher import Pace, Watcher
from pixel_tui.text import plain

CLOCK = SystemClock()
PACE = Pace(poll=60.0, usage=0.5, files=0.3)
"""So slow a poll that only events can be in time."""

STACK = """
services:
  web:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.2 & wait $$!; done']
    healthcheck: {test: [CMD, "true"], interval: 1s}
    depends_on: [api]
    stop_grace_period: 2s
  api:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done']
    stop_grace_period: 2s
  nginx:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done']
    logging: {driver: none}
    stop_grace_period: 2s
  pgadmin:
    image: pixel-tui-test:latest
    profiles: [tools]
    command: [sleep, "600"]
"""  # noqa: E501


@dataclass
class Stack:
    """A stack that is looked at, and the hands to change it behind the observer's back."""

    observer: Watcher
    command: ComposeCommand
    runner: CommandRunner
    stop: Callable[[str], None]
    start: Callable[[str], None]
    lose: Callable[[], None]
    regain: Callable[[], None]

    def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until the observer sees it so."""
        deadline = time.monotonic() + seconds
        changed = threading.Event()
        unsubscribe = self.observer.subscribe(lambda _topic: changed.set())
        try:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, "the observer never saw it"
                changed.wait(min(left, 0.1))
                changed.clear()
        finally:
            unsubscribe()

    def state(self, service: str) -> ServiceState:
        """How a service is, as seen."""
        found = self.observer.snapshot.service(service)
        return found.state if found else ServiceState.UNKNOWN


@pytest.fixture(params=["embedded", pytest.param("engine", marks=pytest.mark.engine)])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    made = _embedded() if request.param == "embedded" else _on_engine(request)
    made.observer.start()
    made.until(lambda: made.observer.snapshot.complete)
    made.until(lambda: made.state("web") is ServiceState.RUNNING)
    yield made
    made.observer.close()


def _embedded() -> Stack:
    world = DemoWorld(CLOCK)

    def hands(change: Callable[..., None]) -> Callable[[str], None]:
        def act(service: str) -> None:
            with world.look() as (actors, _):
                chosen = [actor for actor in actors if actor.part.name == service]
            for actor in chosen:
                change(actor)

        return act

    return Stack(
        observer=Watcher(DemoEngine(world), DemoProject(world), CLOCK, PACE),
        command=ComposeCommand(directory=DIRECTORY, project=PROJECT),
        runner=DemoRunner(world),
        stop=hands(world.stop),
        start=hands(world.start),
        lose=lambda: world.fail_engine(down=True),
        regain=lambda: world.fail_engine(down=False),
    )


def _on_engine(request: pytest.FixtureRequest) -> Stack:
    engine = request.getfixturevalue("spare_engine")
    folder: Path = request.getfixturevalue("tmp_path")
    name = f"contract-{folder.name[-12:].lower().replace('_', '-').strip('-')}"
    (folder / "docker-compose.yml").write_text(STACK)
    environment = {**os.environ, **engine.env}
    command = find_command(environment, host=engine.host, directory=str(folder), project=name)
    project = ComposeProject(command, environment)

    def compose(*words: str) -> None:
        engine.compose(folder, "-p", name, *words)

    compose("up", "--detach")
    request.addfinalizer(lambda: compose("down", "--timeout", "0", "--volumes"))
    return Stack(
        observer=Watcher(DockerEngine(Endpoint(engine.host, plain("test"))), project, CLOCK, PACE),
        command=command,
        runner=ProcessRunner(environment),
        stop=lambda service: compose("stop", "--timeout", "2", service),
        start=lambda service: compose("start", service),
        lose=engine.stop,
        regain=engine.start,
    )


def test_every_service_of_the_file_is_there_with_what_it_is(stack: Stack) -> None:
    for service in ("web", "api", "nginx"):
        assert stack.state(service) is ServiceState.RUNNING
    assert stack.state("pgadmin") is ServiceState.OFF
    stack.until(lambda: stack.observer.snapshot.service("web").health is HealthStatus.HEALTHY)  # type: ignore[union-attr]


def test_a_stop_and_a_start_are_seen_by_event(stack: Stack) -> None:
    stack.stop("api")
    stack.until(lambda: stack.state("api") is ServiceState.EXITED, seconds=15)
    stack.start("api")
    stack.until(lambda: stack.state("api") is ServiceState.RUNNING, seconds=15)
    actions = [str(event.action) for event in stack.observer.events if event.service == "api"]
    assert actions.index("die") < len(actions) - 1 - actions[::-1].index("start")


def test_figures_come_for_what_runs(stack: Stack) -> None:
    web = stack.observer.snapshot.service("web")
    assert web is not None
    key = web.containers[0].id
    stack.until(lambda: key in stack.observer.usage and stack.observer.usage[key].cpu is not None)
    stack.stop("web")
    stack.until(lambda: key not in stack.observer.usage)


def test_nothing_is_told_to_who_has_unsubscribed(stack: Stack) -> None:
    heard: list[Topic] = []
    unsubscribe = stack.observer.subscribe(heard.append)
    unsubscribe()
    heard.clear()
    stack.stop("api")
    stack.until(lambda: stack.state("api") is ServiceState.EXITED)
    assert not heard


def _texts(feed: LogFeed) -> list[bytes]:
    first, following = feed.ring.bounds
    return [line.text for line in feed.ring.window(first, following).lines]


def _marks(feed: LogFeed) -> list[bytes]:
    first, following = feed.ring.bounds
    lines = feed.ring.window(first, following).lines
    return [line.text for line in lines if line.kind is LineKind.MARK]


def test_a_log_goes_on_across_a_restart_with_a_mark_between(stack: Stack) -> None:
    feed = stack.observer.follow_logs("web")
    stack.until(lambda: feed.status.state is FeedState.LIVE and feed.ring.bounds[1] > 0)
    stack.stop("web")
    stack.until(lambda: any(b"ended" in mark for mark in _marks(feed)))
    before = feed.ring.bounds[1]
    stack.start("web")
    stack.until(lambda: any(b"started again" in mark for mark in _marks(feed)))
    stack.until(lambda: feed.ring.bounds[1] > before + 2)
    assert [b"ended" in mark for mark in _marks(feed)] == [True, False]
    stamped = [
        (line.stamp, line.text)
        for line in feed.ring.window(*feed.ring.bounds).lines
        if line.kind is not LineKind.MARK
    ]
    assert stamped == sorted(stamped, key=lambda item: item[0])
    assert len(stamped) == len(set(stamped))
    feed.close()
    feed.close()


def test_a_log_that_is_not_kept_is_refused_with_the_reason(stack: Stack) -> None:
    feed = stack.observer.follow_logs("nginx")
    stack.until(lambda: feed.status.state is FeedState.REFUSED)
    assert "none" in feed.status.reason
    assert "json-file" in feed.status.remedy
    off = stack.observer.follow_logs("pgadmin")
    stack.until(lambda: off.status.state is FeedState.WAITING)
    assert "profile tools" in off.status.reason


def test_a_lost_engine_is_a_state_and_mends_by_itself(stack: Stack) -> None:
    rows = [service.name for service in stack.observer.snapshot.services]
    stack.lose()
    stack.observer.refresh()
    stack.until(lambda: stack.observer.snapshot.engine.link is Link.LOST)
    lost = stack.observer.snapshot
    assert lost.engine.trouble is not None
    assert lost.engine.trouble.remedy
    assert [service.name for service in lost.services] == rows
    stack.regain()
    stack.until(lambda: stack.observer.snapshot.engine.link is Link.READY, seconds=60)
    stack.start("web")
    stack.until(lambda: stack.state("web") is ServiceState.RUNNING)


def test_closing_ends_every_thread(stack: Stack) -> None:
    feed = stack.observer.follow_logs("web")
    stack.until(lambda: feed.ring.bounds[1] > 0)
    stack.observer.close()
    stack.observer.close()
    names = ("stack-", "log-")
    stack.until(lambda: not [item for item in threading.enumerate() if item.name.startswith(names)])


def test_a_plan_is_run_verified_and_audited(stack: Stack, tmp_path: Path) -> None:
    operator = Operator(
        stack.runner, stack.observer, stack.command, tmp_path / "state", CLOCK,
        patience=Patience(settle=1.0),
    )  # fmt: skip
    plan = plan_action(
        Action.RESTART, ["web"], stack.observer.snapshot, stack.command, now=CLOCK.now()
    )
    job = operator.run(plan)
    done = job.wait(60)
    assert done.state is JobState.SUCCEEDED, done.message
    assert "web is running" in done.message
    records = (tmp_path / "state" / "audit.jsonl").read_text().splitlines()
    assert len(records) == 2
    with pytest.raises(PlanOutdated):
        operator.run(plan)
