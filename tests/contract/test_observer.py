"""What an observer and an operator are: one body, on the embedded stack and on a real engine."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.demo.stack.commands import DemoRunner
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.services import DIRECTORY, PROJECT
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import EngineRefused, PlanOutdated
from pixel_tui.operations.actions import plan_action
from pixel_tui.operations.jobs.job import Job, JobState, JobStatus
from pixel_tui.operations.jobs.verification import Timeouts
from pixel_tui.operations.operator import Operator
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.feed.feed import FeedState, LogFeed, LogTarget
from pixel_tui.stack.feed.frames import splitter
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container, HealthStatus
from pixel_tui.stack.model.snapshot import Connection, Service, ServiceState, StackSnapshot
from pixel_tui.stack.model.source import EngineReader, LogRequest, ProjectReader
from pixel_tui.stack.programs.process import CommandRunner, ProcessRunner
from pixel_tui.stack.watch.observer import Topic
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.watcher import Watcher
from tests.builders.engine_readers import command_of, engine_reader, environment_of, project_reader
from tests.engine.private_engine import Engine, Project, eventually, unique_name
from tests.patience import PATIENCE

CLOCK = SystemClock()
PACE = Pace(poll=600.0, usage=0.3, files=0.3)
"""So slow a poll that only events can be in time."""
THREADS = ("stack-", "log-")

STACK = """
x-talk: &talk
  image: pixel-tui-test:latest
  command: [sh, -c, 'trap "echo bye; exit 0" TERM; i=0; while :; do i=$$((i+1)); echo line $$i; sleep 0.2 & wait $$!; done']
  stop_grace_period: 2s
services:
  web:
    <<: *talk
    healthcheck: {test: [CMD, "true"], interval: 1s}
    depends_on: [api]
  api: {<<: *talk}
  landing:
    <<: *talk
    deploy: {replicas: 2}
  nginx:
    <<: *talk
    logging: {driver: none}
  pgadmin:
    <<: *talk
    profiles: [tools]
"""  # noqa: E501


@dataclass
class Stack:
    """A stack that is looked at, and the hands to change it behind the observer's back.

    Both kinds hold the same: `web` needs `api`, has a health check and talks; `landing` has
    two containers; the log of `nginx` is kept nowhere; `pgadmin` is in the profile `tools`.
    """

    services: Sequence[str]
    """Every service of the compose file."""
    engine: EngineReader
    project: ProjectReader
    command: ComposeCommand
    runner: CommandRunner
    compose: Callable[..., object]
    """Runs a compose command to its end."""
    lose: Callable[[], object]
    regain: Callable[[], object]

    def __post_init__(self) -> None:
        self.observer = Watcher(self.engine, self.project, CLOCK, PACE)

    def second_observer(self) -> Watcher:
        """Another one that looks at the same."""
        return Watcher(self.engine, self.project, CLOCK, PACE)

    def begin(self) -> None:
        """Look, and wait for the whole picture."""
        self.observer.start()
        self.until(lambda: self.observer.snapshot.complete)
        self.until(lambda: self.state("web") is ServiceState.RUNNING)

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until the observer sees it so."""
        eventually(condition, timeout=seconds, every=0.02)

    def service(self, name: str) -> Service:
        """A service as it is seen."""
        found = self.observer.snapshot.service(name)
        assert found is not None
        return found

    def state(self, name: str) -> ServiceState:
        """How a service is, as it is seen."""
        return self.service(name).state

    def container(self, name: str) -> Container:
        """The only container of a service, or its first."""
        return self.service(name).containers[0]

    def every_line(self, container_id: str) -> list[LogLine]:
        """All that the engine keeps of a log, in one piece."""
        stream = self.engine.logs(LogRequest(container_id, follow=False))
        cut = splitter("x", tty=False)
        lines: list[LogLine] = []
        while chunk := stream.read():
            lines += cut.feed(chunk)
        return lines + cut.flush()


def _embedded(tmp_path: Path) -> Stack:
    world = DemoWorld(CLOCK)
    runner = DemoRunner(world, pace=0.2)
    command = ComposeCommand(directory=DIRECTORY, project=PROJECT)

    def compose(*words: str) -> None:
        output = tmp_path / "output"
        run = runner.start(
            command.compose_argv(*words), directory="/", environment={}, output=output
        )
        assert run.wait(PATIENCE) == 0, output.read_text()

    return Stack(
        services=(
            "agent", "api", "landing", "nginx", "pgadmin", "postgres", "syntropy", "vps-monitor",
            "web", "worker",
        ),
        engine=DemoEngine(world),
        project=DemoProject(world),
        command=command,
        runner=runner,
        compose=compose,
        lose=lambda: world.fail_engine(down=True),
        regain=lambda: world.fail_engine(down=False),
    )  # fmt: skip


def _real(project: Project) -> Stack:
    engine = project.engine
    return Stack(
        services=("api", "landing", "nginx", "pgadmin", "web"),
        engine=engine_reader(engine),
        project=project_reader(project),
        command=command_of(project),
        runner=ProcessRunner(environment_of(engine)),
        compose=project.compose,
        lose=engine.stop,
        regain=engine.start,
    )


def _project_on(engine: Engine, folder: Path) -> Project:
    (folder / "docker-compose.yml").write_text(STACK)
    return Project(engine, folder, unique_name("contract"))


@pytest.fixture(scope="module")
def lasting_project(
    engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """One project for all tests that leave the engine alone."""
    project = _project_on(engine, tmp_path_factory.mktemp("contract"))
    yield project
    project.down()


def _open(stack: Stack) -> Iterator[Stack]:
    stack.begin()
    try:
        yield stack
    finally:
        stack.observer.close()


KINDS = ["embedded", pytest.param("engine", marks=pytest.mark.engine)]


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """A stack that is up, and is being watched."""
    if request.param == "embedded":
        yield from _open(_embedded(tmp_path))
        return
    project: Project = request.getfixturevalue("lasting_project")
    project.compose("up", "--detach")
    yield from _open(_real(project))


@pytest.fixture(params=KINDS)
def fragile_stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """The same, on an engine that may be lost."""
    if request.param == "embedded":
        yield from _open(_embedded(tmp_path))
        return
    project = _project_on(request.getfixturevalue("spare_engine"), tmp_path)
    project.compose("up", "--detach")
    try:
        yield from _open(_real(project))
    finally:
        project.down()


def lines_of(feed: LogFeed) -> list[LogLine]:
    return list(feed.ring.window(0, 1 << 40).lines)


def said(feed: LogFeed) -> list[LogLine]:
    return [line for line in lines_of(feed) if line.kind is not LineKind.MARK]


def marks(feed: LogFeed) -> list[str]:
    return [line.text.decode() for line in lines_of(feed) if line.kind is LineKind.MARK]


def texts(lines: Sequence[LogLine]) -> list[tuple[bytes, bytes]]:
    return [(line.stamp, line.text) for line in lines]


def watching_threads() -> set[threading.Thread]:
    return {item for item in threading.enumerate() if item.name.startswith(THREADS)}


# The picture.


def test_the_first_whole_picture_comes_at_once_and_is_true(stack: Stack) -> None:
    other = stack.second_observer()
    seen: list[StackSnapshot] = []
    other.subscribe(lambda topic: seen.append(other.snapshot) if topic is Topic.SNAPSHOT else None)
    other.start()
    try:
        eventually(lambda: other.snapshot.complete, every=0.02)
        first = next(snapshot for snapshot in seen if snapshot.complete)
        for earlier in seen[: seen.index(first)]:
            assert {item.state for item in earlier.services} <= {ServiceState.UNKNOWN}
        web = first.service("web")
        assert web is not None
        assert web.state is ServiceState.RUNNING
    finally:
        other.close()


def test_every_service_of_the_compose_file_has_its_row(stack: Stack) -> None:
    rows = [item.name for item in stack.observer.snapshot.services if not item.orphan]
    assert rows == list(stack.services)
    off = stack.service("pgadmin")
    assert off.state is ServiceState.OFF
    assert off.spec is not None
    assert off.spec.profiles == ("tools",)
    assert len(stack.service("landing").regular) == 2
    assert stack.observer.snapshot.engine.connection is Connection.READY
    assert stack.observer.snapshot.engine.version


def test_health_is_seen(stack: Stack) -> None:
    stack.until(lambda: stack.service("web").health is HealthStatus.HEALTHY)


def test_equal_stacks_are_equal_pictures(stack: Stack) -> None:
    other = stack.second_observer()
    other.start()

    def equal() -> bool:
        stack.observer.refresh()
        other.refresh()
        return stack.observer.snapshot == other.snapshot

    try:
        eventually(lambda: other.snapshot.complete, every=0.02)
        eventually(equal)
        assert stack.observer.snapshot is not other.snapshot
    finally:
        other.close()


def test_a_stop_and_a_start_are_seen_by_event(stack: Stack) -> None:
    before = stack.container("api")
    stack.compose("stop", "api")
    stack.until(lambda: stack.state("api") is ServiceState.EXITED)
    assert stack.container("api").exit_code is not None
    stack.compose("start", "api")
    stack.until(lambda: stack.state("api") is ServiceState.RUNNING)
    assert stack.container("api").id == before.id


def test_a_restart_is_seen_by_its_start(stack: Stack) -> None:
    before = stack.container("api")
    stack.compose("restart", "api")
    stack.until(lambda: stack.container("api").started_at != before.started_at)
    stack.until(lambda: stack.state("api") is ServiceState.RUNNING)


def test_events_come_in_order(stack: Stack) -> None:
    stack.compose("restart", "api")
    container_id = stack.container("api").id

    def actions() -> list[str]:
        events = stack.observer.events
        return [str(event.action) for event in events if event.container_id == container_id]

    stack.until(lambda: "restart" in actions())
    assert all(one.at <= other.at for one, other in pairwise(stack.observer.events))
    found = [action for action in actions() if action in {"die", "stop", "start", "restart"}]
    assert found == ["die", "stop", "start", "restart"]
    died = next(event for event in stack.observer.events if event.action == "die")
    assert (died.service, died.container) == ("api", stack.container("api").name)
    assert died.detail


def test_one_container_can_be_asked_for(stack: Stack) -> None:
    container = stack.container("api")
    assert stack.observer.inspect(container.id).name == container.name
    with pytest.raises(EngineRefused) as refused:
        stack.observer.inspect("f" * 64)
    assert refused.value.status == 404


def test_figures_come_for_what_runs_and_for_nothing_else(stack: Stack) -> None:
    api = stack.container("api").id
    stack.until(lambda: (used := stack.observer.usage.get(api)) and used.cpu is not None)
    assert stack.observer.usage[api].memory > 0
    stack.compose("stop", "api")
    stack.until(lambda: api not in stack.observer.usage)

    def running() -> set[str]:
        services = stack.observer.snapshot.services
        return {item.id for service in services for item in service.containers if item.running}

    stack.until(lambda: set(stack.observer.usage) == running())


def test_figures_that_nobody_wants_stand_still(stack: Stack) -> None:
    stack.until(lambda: stack.observer.usage)
    told = threading.Event()
    stack.observer.subscribe(lambda topic: told.set() if topic is Topic.USAGE else None)
    stack.observer.watch_usage(wanted=False)
    told.wait(3 * PACE.usage)  # a round may have been under way
    told.clear()
    assert not told.wait(4 * PACE.usage)
    stack.observer.watch_usage(wanted=True)
    assert told.wait(PATIENCE)


def test_nothing_is_told_to_who_has_unsubscribed(stack: Stack) -> None:
    heard: list[Topic] = []
    told: list[Topic] = []
    stack.observer.subscribe(told.append)
    unsubscribe = stack.observer.subscribe(heard.append)
    stack.until(lambda: heard)
    unsubscribe()
    unsubscribe()
    # A telling that had begun before may still arrive; what comes after it may not.
    count = len(told)
    stack.until(lambda: len(told) > count + 1)
    heard.clear()
    stack.compose("restart", "api")
    stack.until(lambda: Topic.EVENTS in told)
    assert not heard


def test_a_listener_that_fails_takes_nobody_with_it(stack: Stack) -> None:
    def fail(topic: Topic) -> None:
        raise RuntimeError(topic)

    told: list[Topic] = []
    stack.observer.subscribe(fail)
    stack.observer.subscribe(told.append)
    stack.compose("stop", "api")
    stack.until(lambda: stack.state("api") is ServiceState.EXITED)
    stack.until(lambda: Topic.SNAPSHOT in told)


# Logs.


def test_a_log_begins_with_its_last_lines_and_goes_on_across_a_restart(stack: Stack) -> None:
    container_id = stack.container("web").id
    stack.until(lambda: len(stack.every_line(container_id)) > 3)
    history = stack.every_line(container_id)
    feed = stack.observer.follow_logs([LogTarget("web")])
    stack.until(lambda: feed.status.state is FeedState.LIVE)
    stack.until(lambda: texts(history[-1:])[0] in texts(said(feed)))
    stack.compose("restart", "web")
    stack.until(lambda: any("started again" in mark for mark in marks(feed)))
    count = len(said(feed))
    stack.until(lambda: feed.status.state is FeedState.LIVE and len(said(feed)) > count + 3)
    lives = [mark for mark in marks(feed) if "healthy" not in mark]
    assert ["exited" in mark for mark in lives] == [True, False]

    followed = texts(said(feed))
    everything = texts(stack.every_line(container_id))
    begin = everything.index(followed[0])
    assert followed == everything[begin : begin + len(followed)]

    both = [line for line in lines_of(feed) if b"healthy" not in line.text]
    ended, started = (at for at, line in enumerate(both) if line.kind is LineKind.MARK)
    born = stack.container("web").started_at
    assert started == ended + 1
    assert born is not None
    assert both[ended - 1].stamp < both[started + 1].stamp
    assert both[started].stamp.startswith(f"{born:%Y-%m-%dT%H:%M:%S.%f}".encode())
    feed.close()


def test_a_log_goes_on_across_a_recreate(stack: Stack) -> None:
    feed = stack.observer.follow_logs([LogTarget("api")])
    stack.until(lambda: said(feed))
    before = stack.container("api").id
    stack.compose("up", "--detach", "--force-recreate", "--no-deps", "api")
    stack.until(lambda: any("was recreated" in mark for mark in marks(feed)))
    after = stack.container("api").id
    assert after != before
    stack.until(lambda: len(stack.every_line(after)) > 1)
    stack.until(lambda: texts(stack.every_line(after)[:1])[0] in texts(said(feed)))
    assert [item.container for item in feed.sources] == [stack.container("api").name]
    assert not any("started again" in mark for mark in marks(feed))
    feed.close()


def test_a_log_can_be_of_one_container_of_several(stack: Stack) -> None:
    first, second = stack.service("landing").containers
    both = stack.observer.follow_logs([LogTarget("landing")])
    one = stack.observer.follow_logs([LogTarget("landing", second.id)])
    stack.until(lambda: {line.source for line in said(both)} == {first.name, second.name})
    stack.until(lambda: said(one))
    assert {line.source for line in said(one)} == {second.name}
    assert {item.container for item in both.sources} == {first.name, second.name}
    both.close()
    one.close()


def test_a_log_that_is_kept_nowhere_is_refused_with_the_reason(stack: Stack) -> None:
    feed = stack.observer.follow_logs([LogTarget("nginx")])
    stack.until(lambda: feed.status.state is FeedState.REFUSED)
    assert "logging driver" in feed.status.reason
    assert "none" in feed.status.reason
    assert "json-file" in feed.status.hint
    assert not lines_of(feed)


def test_a_log_of_what_is_off_says_how_to_bring_it_up(stack: Stack) -> None:
    feed = stack.observer.follow_logs([LogTarget("pgadmin")])
    stack.until(lambda: feed.status.state is FeedState.WAITING)
    assert "profile tools" in feed.status.reason
    assert "--profile tools up" in feed.status.hint


# What goes away.


def test_a_lost_engine_is_a_state_and_mends_by_itself(fragile_stack: Stack) -> None:
    stack = fragile_stack
    rows = [service.name for service in stack.observer.snapshot.services]
    taken_at = stack.observer.snapshot.taken_at
    feed = stack.observer.follow_logs([LogTarget("web")])
    stack.until(lambda: said(feed))
    stack.lose()
    stack.until(lambda: stack.observer.snapshot.engine.connection is Connection.LOST)
    lost = stack.observer.snapshot
    assert lost.stale
    assert lost.engine.trouble is not None
    assert lost.engine.trouble.what
    assert lost.engine.trouble.hint
    assert [service.name for service in lost.services] == rows
    assert lost.taken_at is not None
    assert taken_at is not None
    assert lost.taken_at >= taken_at
    stack.until(lambda: feed.status.state is FeedState.WAITING and feed.status.hint)
    stack.until(lambda: not stack.observer.usage)
    since = lost.engine.trouble.since

    stack.regain()
    stack.until(lambda: stack.observer.snapshot.engine.connection is Connection.READY)
    assert stack.observer.snapshot.engine.trouble is None
    assert since <= CLOCK.now()
    stack.compose("up", "--detach", "web")
    stack.until(lambda: stack.state("web") is ServiceState.RUNNING)
    count = len(said(feed))
    stack.until(lambda: feed.status.state is FeedState.LIVE and len(said(feed)) > count)
    followed = texts(said(feed))
    everything = texts(stack.every_line(stack.container("web").id))
    begin = everything.index(followed[0])
    assert followed == everything[begin : begin + len(followed)]
    feed.close()


def test_closing_ends_every_thread_and_every_stream(stack: Stack) -> None:
    others = watching_threads()
    observer = stack.second_observer()
    observer.start()
    eventually(lambda: observer.snapshot.complete, every=0.02)
    feeds = [
        observer.follow_logs([LogTarget(name)]) for name in ("web", "landing", "nginx", "pgadmin")
    ]
    stack.until(lambda: lines_of(feeds[0]) and lines_of(feeds[1]))
    assert len(watching_threads() - others) > 5
    observer.close()
    observer.close()
    feeds.append(observer.follow_logs([LogTarget("web")]))
    stack.until(lambda: not watching_threads() - others)
    assert {feed.status.state for feed in feeds} == {FeedState.CLOSED}


def test_what_is_closed_before_it_began_never_begins(stack: Stack) -> None:
    others = watching_threads()
    observer = stack.second_observer()
    observer.start()
    observer.close()
    stack.until(lambda: not watching_threads() - others)


# Changing.


@pytest.fixture
def operator(stack: Stack, tmp_path: Path) -> Iterator[Operator]:
    made = Operator(
        stack.runner, stack.observer, stack.command, tmp_path / "state", CLOCK,
        timeouts=Timeouts(settle=0.5),
    )  # fmt: skip
    yield made
    made.close()


def audit(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "state" / "audit.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("actions", "state", "words"),
    [
        (["stop"], ServiceState.EXITED, "api is stopped"),
        (["stop", "start"], ServiceState.RUNNING, "api is running"),
        (["restart"], ServiceState.RUNNING, "api is running"),
    ],
    ids=["stop", "start", "restart"],
)
def test_a_plan_is_run_verified_and_audited(
    stack: Stack,
    operator: Operator,
    tmp_path: Path,
    actions: Sequence[str],
    state: ServiceState,
    words: str,
) -> None:
    def change(action: str) -> JobStatus:
        def begun() -> Job | None:
            now = stack.observer.snapshot
            # What the test before has done may still be on its way into the picture.
            with suppress(PlanOutdated):
                plan = plan_action(action, ["api"], now, stack.command, now=CLOCK.now())
                return operator.run(plan)
            return None

        job = eventually(begun, every=0.02)
        assert job is not None
        return job.wait(PATIENCE)

    ended = [change(action) for action in actions]
    assert {status.state for status in ended} == {JobState.SUCCEEDED}, ended[-1].message
    done = ended[-1]
    assert words in done.message
    assert done.exit_code == 0
    assert stack.state("api") is state
    begin, end = audit(tmp_path)[-2:]
    assert (begin["event"], end["event"]) == ("begin", "end")
    assert begin["job"] == end["job"] == done.id
    assert end["result"] == "succeeded"
    assert words in str(end["verification"])
    assert done.output.read_text().startswith("$ docker")


def test_a_plan_of_a_stack_that_has_moved_is_refused(
    stack: Stack, operator: Operator, tmp_path: Path
) -> None:
    plan = plan_action("restart", ["api"], stack.observer.snapshot, stack.command, now=CLOCK.now())
    before = stack.container("api")
    stack.compose("restart", "api")
    stack.until(lambda: stack.container("api").started_at != before.started_at)
    stack.until(lambda: stack.state("api") is ServiceState.RUNNING)
    with pytest.raises(PlanOutdated):
        operator.run(plan)
    assert not (tmp_path / "state" / "audit.jsonl").exists()
    assert operator.running is None
