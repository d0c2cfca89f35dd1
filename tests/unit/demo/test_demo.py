"""The simulated stack: its contents, how it changes over time, and its faults."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_tui.clock import Clock, FixedClock, SystemClock
from pixel_tui.commands.status_output import all_healthy
from pixel_tui.demo.stack.commands import INTERRUPTED, DemoRunner
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.faults import DemoFault
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.services import DIRECTORY, PROJECT, SERVICES, SERVICES_BY_NAME
from pixel_tui.demo.stack.usage import Meter
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import EngineRefused, EngineUnreachable, OperationError, UsageError
from pixel_tui.health.findings import finding_of
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.feed.feed import LogFeed, LogTarget
from pixel_tui.stack.feed.frames import splitter
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.parse_event import parse_event
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.snapshot import (
    Service,
    ServiceState,
    StackEvent,
    StackSnapshot,
    SyncAction,
)
from pixel_tui.stack.model.source import ByteStream, EngineReader, LogRequest, ProjectReader
from pixel_tui.stack.model.times import unix_time
from pixel_tui.stack.model.usage_parse import Sample, parse_sample
from pixel_tui.stack.programs.process import CommandRunner
from pixel_tui.stack.watch.look_once import read_snapshot
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.watcher import Watcher
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
COMMAND = ComposeCommand(directory=DIRECTORY, project=PROJECT)


class Stage:
    """A simulated stack with its readers and a clock that tests set."""

    def __init__(self, clock: Clock | None = None, seed: int = 7) -> None:
        self.clock = clock or FixedClock(NOON)
        self.world = DemoWorld(self.clock, seed)
        self.engine = DemoEngine(self.world)
        self.project = DemoProject(self.world)
        self.runner = DemoRunner(self.world, pace=0)

    def pass_time(self, seconds: float) -> None:
        assert isinstance(self.clock, FixedClock)
        self.clock.advance(seconds)

    def snapshot(self) -> StackSnapshot:
        return read_snapshot(self.engine, self.project, self.clock)

    def service(self, name: str) -> Service:
        service = self.snapshot().service(name)
        assert service is not None
        return service

    def container(self, name: str) -> Container:
        return self.service(name).containers[0]

    def lines(self, name: str, *, tail: int | None = None, since: str = "") -> list[LogLine]:
        request = LogRequest(self.container(name).id, tail=tail, since=since, follow=False)
        return read_lines(self.engine.logs(request))

    def sample(self, name: str) -> Sample:
        sample = parse_sample(self.engine.stats(f"{PROJECT}-{name}-1"))
        assert sample is not None
        return sample

    def run(self, output: Path, *argv: str) -> tuple[int | None, list[str]]:
        command = self.runner.start(argv, directory="/", environment={}, output=output)
        code = command.wait(PATIENCE)
        return code, output.read_text().splitlines()

    def compose(self, output: Path, *words: str) -> tuple[int | None, list[str]]:
        return self.run(output, *COMMAND.compose_argv(*words))


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


def read_lines(stream: ByteStream) -> list[LogLine]:
    """Read a stream to its end."""
    cut = splitter("x", tty=False)
    lines: list[LogLine] = []
    while chunk := stream.read():
        lines += cut.feed(chunk)
    assert cut.flush() == []
    return lines


def on_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Call on a thread; its result or exception is appended to the list."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def events_of(stage: Stage, cause: Callable[[], object]) -> list[StackEvent]:
    """Return the events that a call causes."""
    stream = stage.engine.events(PROJECT)
    cause()
    found: list[StackEvent] = []
    stage.world.create(SERVICES_BY_NAME["pgadmin"], 99)  # the last event to wait for
    for raw in stream:
        event = parse_event(raw)
        assert event is not None
        if event.container == "pixel-pgadmin-99":
            break
        found.append(event)
    return found


def actions(events: Sequence[StackEvent], service: str) -> list[str]:
    return [event.action for event in events if event.service == service]


def texts(lines: Sequence[LogLine]) -> list[str]:
    return [line.text.decode() for line in lines]


# Contents.


def test_it_implements_the_protocols(stage: Stage) -> None:
    engine: EngineReader = stage.engine
    project: ProjectReader = stage.project
    runner: CommandRunner = stage.runner
    assert (engine.address, engine.context, project.fallback_name) == ("embedded", "demo", "pixel")
    assert runner is not None


def test_the_initial_stack_is_quiet_with_a_few_findings(stage: Stage) -> None:
    snapshot = stage.snapshot()
    assert [service.name for service in snapshot.services] == [
        *sorted(service.name for service in SERVICES),
        "narrative-correlator",
    ]
    assert [service.name for service in snapshot.services if not service.is_ok] == ["agent"]
    agent, landing = stage.service("agent"), stage.service("landing")
    assert agent.health is HealthStatus.UNHEALTHY
    health = agent.containers[0].health
    assert health is not None
    assert health.failing_streak > 3
    assert "database pool exhausted" in " ".join(health.probes[-1].output)
    assert len(landing.containers) == 2
    assert landing.sync.action is SyncAction.RECREATE
    assert stage.service("syntropy").restarts == 2
    assert stage.service("pgadmin").state is ServiceState.OFF
    assert stage.service("narrative-correlator").orphan
    assert [item.name for item in stage.service("worker").oneoffs] == ["pixel-worker-3f9c21ab"]
    others = [s for s in snapshot.services if s.wanted and s.name != "landing"]
    assert {service.sync.action for service in others} == {SyncAction.NOTHING}


def test_the_model_matches_the_operations_guide(stage: Stage) -> None:
    resolved = stage.project.resolve()
    project = parse_project(resolved, stage.project.hashes(resolved))
    specs = {str(spec.name): spec for spec in project.services}
    assert len(specs) == 10
    assert specs["worker"].profiles == ("worker",)
    assert not specs["worker"].active
    assert specs["agent"].stop_grace_period == 30
    assert specs["vps-monitor"].container_name == "pixel-vps-monitor-1"
    assert specs["nginx"].log_driver == "none"
    assert project.needed_by("api") == ("agent", "nginx", "syntropy", "web")
    assert all(spec.config_hash for spec in project.services)


def test_containers_are_complete_and_show_no_secret(stage: Stage) -> None:
    for item in stage.engine.containers(PROJECT):
        container = parse_container(stage.engine.inspect(str(item["Id"])))
        assert item["Names"] == [f"/{container.name}"]
        assert container.state is ContainerState.RUNNING
        assert len(container.id) == 64
        assert container.started_at is not None
        assert container.image_id
        assert container.networks[0].address
        assert all("demonstration-only" not in entry.value for entry in container.environment)
    assert stage.engine.containers("another") == []


def test_addresses_and_ids_are_unique(stage: Stage) -> None:
    containers = [item for service in stage.snapshot().services for item in service.containers]
    assert len({item.id for item in containers}) == len(containers)
    assert len({item.networks[0].address for item in containers}) == len(containers)


def test_missing_objects_are_refused_as_docker_does(stage: Stage) -> None:
    for ask in (
        lambda: stage.engine.inspect("0" * 64),
        lambda: stage.engine.stats("0" * 64),
        lambda: stage.engine.logs(LogRequest("0" * 64)),
    ):
        with pytest.raises(EngineRefused) as refused:
            ask()
        assert refused.value.status == 404
    assert stage.engine.image("nobody/nothing:1") is None


def test_reading_a_log_without_a_readable_driver_is_refused(stage: Stage) -> None:
    with pytest.raises(EngineRefused, match="does not support reading") as refused:
        stage.lines("nginx")
    assert refused.value.status == 501


# Time.


def everything(stage: Stage) -> str:
    engine = stage.engine
    listed = engine.containers(PROJECT)
    ids = [str(item["Id"]) for item in listed]
    found: list[object] = [listed, engine.version(), engine.info(), stage.project.resolve().config]
    found += [[engine.inspect(each), engine.stats(each)] for each in ids]
    found += [texts(stage.lines(name)) for name in ("agent", "api", "landing", "worker")]
    return json.dumps(found)


def test_the_same_clock_and_seed_give_the_same_stack() -> None:
    one, two = Stage(), Stage()
    assert everything(one) == everything(two)
    for stage in (one, two):
        stage.pass_time(3)
        stage.world.raise_fault("web", DemoFault.CRASH_LOOP)
        stage.pass_time(40)
    assert everything(one) == everything(two)
    assert everything(one) != everything(Stage(seed=8))


def test_reading_more_often_changes_nothing() -> None:
    often, once = Stage(), Stage()
    for stage in (often, once):
        stage.world.raise_fault("api", DemoFault.OUT_OF_MEMORY)
    for _ in range(25):
        often.pass_time(1)
        often.snapshot()
        often.lines("api")
    once.pass_time(25)
    assert everything(often) == everything(once)


def test_stats_vary_and_counters_never_decrease(stage: Stage) -> None:
    before = stage.sample("api")
    rates = set()
    for step in range(200):
        if step == 60:
            stage.world.raise_fault("api", DemoFault.FLOOD)
        if step == 120:
            stage.world.clear("api")
        stage.pass_time(0.5)
        now = stage.sample("api")
        assert now.cpu > before.cpu
        assert now.received > before.received
        assert now.sent > before.sent
        assert now.read >= before.read
        assert now.written >= before.written
        rates.add(now.cpu - before.cpu)
        before = now
    assert len(rates) > 100


def test_a_load_changes_the_rate_and_not_the_count() -> None:
    meter = Meter(started=0.0, phase=1.0)
    count = meter.count(50.0, 0)
    meter.set_load(5.0, 50.0)
    assert meter.count(50.0, 0) == pytest.approx(count)
    assert meter.count(51.0, 0) - count > 3
    count = meter.count(60.0, 0)
    meter.set_load(1.0, 60.0)
    assert meter.count(60.0, 0) == pytest.approx(count)


def test_a_stopped_container_has_no_stats(stage: Stage) -> None:
    container = stage.container("web")
    with stage.world.locked() as (containers, _):
        web = next(item for item in containers if item.id == container.id)
    stage.world.stop(web)
    assert parse_sample(stage.engine.stats(container.id)) is None


def test_health_checks_keep_running(stage: Stage) -> None:
    def last_probe() -> datetime:
        health = stage.container("postgres").health
        assert health is not None
        assert len(health.probes) == 5
        return health.probes[-1].started

    before = last_probe()
    stage.pass_time(5)
    assert last_probe() == before + timedelta(seconds=5)


# Logs.


def test_a_log_has_a_history_in_order_with_both_streams(stage: Stage) -> None:
    lines = stage.lines("api")
    stamps = [line.stamp for line in lines]
    assert stamps == sorted(set(stamps))
    assert stamps[0] < b"2026-03-01T11:50"
    assert stamps[-1] < b"2026-03-01T12:00"
    assert {line.kind for line in stage.lines("postgres")} == {LineKind.STDERR}
    assert "database pool exhausted" in " ".join(texts(stage.lines("agent", tail=60)))
    assert json.loads(stage.lines("syntropy", tail=1)[0].text)["name"] == "syntropy"


def test_the_worker_logs_from_its_start(stage: Stage) -> None:
    assert "3f9c21ab claimed" in texts(stage.lines("worker"))[0]


def test_tail_and_since_select_lines(stage: Stage) -> None:
    every = stage.lines("api")
    assert stage.lines("api", tail=7) == every[-7:]
    assert stage.lines("api", tail=0) == []
    assert stage.lines("api", tail=10**6) == every
    since = unix_time(every[-5].stamp)
    assert stage.lines("api", since=since) == every[-5:]
    assert stage.lines("api", since=since, tail=2) == every[-2:]
    assert stage.lines("api", since=str(int(NOON.timestamp()) + 9)) == []


def test_a_followed_log_waits_for_the_clock_and_continues(stage: Stage) -> None:
    stream = stage.engine.logs(LogRequest(stage.container("api").id, tail=0))
    thread, results = on_thread(stream.read)
    thread.join(0.3)
    assert not results
    stage.pass_time(2)
    thread.join(PATIENCE)
    assert isinstance(results[0], bytes)
    lines = splitter("x", tty=False).feed(results[0])
    assert lines
    assert lines == stage.lines("api", tail=len(lines))
    stream.close()


def test_close_ends_a_blocked_log_read(stage: Stage) -> None:
    log = stage.engine.logs(LogRequest(stage.container("api").id, tail=0))
    thread, results = on_thread(log.read)
    thread.join(0.2)
    assert not results
    log.close()
    log.close()
    thread.join(PATIENCE)
    assert results == [b""]
    assert log.read() == b""


def test_close_ends_a_blocked_event_iteration(stage: Stage) -> None:
    events = stage.engine.events(PROJECT)
    thread, results = on_thread(lambda: list(events))
    thread.join(0.2)
    assert not results
    events.close()
    events.close()
    thread.join(PATIENCE)
    assert results == [[]]


def test_a_followed_log_ends_when_its_container_exits(stage: Stage, output: Path) -> None:
    container = stage.container("api")
    stream = stage.engine.logs(LogRequest(container.id, tail=0))
    stage.compose(output, "restart", "api")
    stage.pass_time(5)
    assert "SIGTERM" in texts(read_lines(stream))[-1]
    after = texts(stage.lines("api"))
    last = max(index for index, text in enumerate(after) if "SIGTERM" in text)
    assert "opening database" in after[last + 1]


def test_a_resumed_stream_misses_no_line(stage: Stage) -> None:
    first = stage.lines("web", tail=4)
    stage.pass_time(10)
    again = stage.lines("web", since=unix_time(first[-1].stamp))
    assert again[0] == first[-1]
    assert [*first, *again[1:]] == stage.lines("web", tail=3 + len(again))


# Faults.


def test_an_unhealthy_service_logs_errors_until_cleared(stage: Stage) -> None:
    def become_unhealthy() -> None:
        stage.world.raise_fault("postgres", DemoFault.UNHEALTHY)
        stage.pass_time(20)

    assert actions(events_of(stage, become_unhealthy), "postgres") == ["health_status: unhealthy"]
    container = stage.container("postgres")
    assert container.health is not None
    assert container.health.status is HealthStatus.UNHEALTHY
    assert container.health.probes[-1].exit_code == 1
    assert "too many clients" in " ".join(texts(stage.lines("postgres", tail=8)))
    stage.world.clear("postgres")
    stage.pass_time(6)
    assert stage.service("postgres").is_ok


def test_a_crash_loop_restarts_repeatedly(stage: Stage) -> None:
    before = stage.container("web")

    def crash() -> None:
        stage.world.raise_fault("web", DemoFault.CRASH_LOOP)
        stage.pass_time(21)

    events = [event for event in events_of(stage, crash) if event.service == "web"]
    assert [event.action for event in events[:4]] == ["die", "start", "die", "start"]
    assert events[0].detail == "exit code 1"
    times = [event.at for event in events]
    assert times == sorted(times)
    container = stage.container("web")
    assert container.id == before.id
    assert container.restarts >= 4
    assert "ECONNREFUSED" in " ".join(texts(stage.lines("web")))
    stage.world.clear("web")
    stage.pass_time(30)
    assert stage.service("web").is_ok
    assert stage.container("web").restarts == container.restarts


@pytest.mark.parametrize("fault", [DemoFault.CRASH_LOOP, DemoFault.OUT_OF_MEMORY])
def test_a_crash_looping_service_is_not_well_until_it_is_stable(
    stage: Stage, fault: DemoFault
) -> None:
    stage.world.raise_fault("web", fault)
    states = set()
    stage.pass_time(13)
    for _ in range(40):
        stage.pass_time(1)
        snapshot = stage.snapshot()
        web = next(item for item in snapshot.services if item.name == "web")
        states.add(web.state)
        assert finding_of(web, snapshot, stage.clock.now()) is not None
        assert not all_healthy(replace(snapshot, services=(web,)))
    assert states == {ServiceState.RUNNING, ServiceState.RESTARTING}
    stage.world.clear("web")
    stage.pass_time(70)
    snapshot = stage.snapshot()
    assert finding_of(stage.service("web"), snapshot, stage.clock.now()) is None


def test_a_crash_loop_shows_as_restarting(stage: Stage) -> None:
    stage.world.raise_fault("web", DemoFault.CRASH_LOOP)
    stage.pass_time(3)
    assert stage.service("web").state is ServiceState.RESTARTING
    assert stage.container("web").exit_code == 1


def test_a_container_without_a_restart_policy_stays_down(stage: Stage) -> None:
    stage.world.raise_fault("worker", DemoFault.CRASH_LOOP)
    stage.pass_time(60)
    worker = stage.container("worker")
    assert (worker.state, worker.exit_code, worker.restarts) == (ContainerState.EXITED, 1, 0)


def test_a_leak_ends_in_an_oom_kill(stage: Stage) -> None:
    limit = SERVICES_BY_NAME["api"].memory_limit

    def leak() -> None:
        stage.world.raise_fault("api", DemoFault.OUT_OF_MEMORY)
        stage.pass_time(11.9)
        assert stage.sample("api").memory > 0.95 * limit
        assert stage.sample("api").memory <= limit
        stage.pass_time(1)

    assert actions(events_of(stage, leak), "api")[:2] == ["oom", "die"]
    container = stage.container("api")
    assert container.oom_killed
    assert container.exit_code == 137
    stage.pass_time(3)
    container = stage.container("api")
    assert container.running
    assert not container.oom_killed
    assert container.restarts == 1


def test_a_log_flood_is_large_and_bounded(stage: Stage) -> None:
    stage.world.raise_fault("landing", DemoFault.FLOOD)
    before = len(stage.lines("landing"))
    stage.pass_time(1)
    assert 1900 < len(stage.lines("landing")) - before < 2100
    for _ in range(15):
        stage.pass_time(2)
        stage.lines("landing", tail=1)
    assert len(stage.lines("landing")) <= 22_000


def test_an_engine_that_is_down_refuses_calls_and_breaks_its_streams(stage: Stage) -> None:
    engine, container = stage.engine, stage.container("api")
    log = engine.logs(LogRequest(container.id, tail=0))
    events = iter(engine.events(PROJECT))
    readers = [on_thread(log.read), on_thread(lambda: next(events))]
    stage.world.fail_engine(down=True)
    for thread, results in readers:
        thread.join(PATIENCE)
        assert isinstance(results[0], EngineUnreachable)
    asks: list[Callable[[], object]] = [
        engine.version,
        engine.info,
        lambda: engine.containers(PROJECT),
        lambda: engine.inspect(container.id),
        lambda: engine.image("pixel-api"),
        lambda: engine.stats(container.id),
        lambda: engine.events(PROJECT),
        lambda: engine.logs(LogRequest(container.id)),
    ]
    for ask in asks:
        with pytest.raises(EngineUnreachable):
            ask()
    assert stage.project.resolve().config["name"] == PROJECT
    stage.world.fail_engine(down=False)
    stage.world.clear("agent")
    stage.pass_time(6)
    assert all(service.is_ok for service in stage.snapshot().services)


def test_a_fault_of_an_unknown_service_is_refused(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no such service"):
        stage.world.raise_fault("nobody", DemoFault.UNHEALTHY)
    with pytest.raises(UsageError, match="no such service"):
        stage.world.clear("nobody")


# Commands.


def test_a_restart_clears_an_unhealthy_service(stage: Stage, output: Path) -> None:
    before = stage.container("agent")
    result: list[tuple[int | None, list[str]]] = []

    def restart() -> None:
        stage.pass_time(1)
        result.append(stage.compose(output, "restart", "agent"))

    events = events_of(stage, restart)
    assert result == [
        (0, [" Container pixel-agent-1  Restarting", " Container pixel-agent-1  Started"])
    ]
    assert actions(events, "agent") == ["kill", "die", "stop", "start", "restart"]
    after = stage.container("agent")
    assert after.id == before.id
    assert before.started_at is not None
    assert after.started_at == NOON + timedelta(seconds=1)
    assert after.health_status is HealthStatus.STARTING
    stage.pass_time(9)
    assert stage.service("agent").is_ok


def test_a_manual_restart_resets_the_restart_count(stage: Stage, output: Path) -> None:
    stage.compose(output, "restart", "syntropy")
    assert stage.service("syntropy").restarts == 0


def test_stop_and_start(stage: Stage, output: Path) -> None:
    code, said = stage.compose(output, "stop", "landing", "web")
    assert code == 0
    assert said.count(" Container pixel-landing-2  Stopped") == 1
    assert stage.service("landing").state is ServiceState.EXITED
    assert stage.container("web").exit_code == 143
    stage.pass_time(60)
    assert stage.service("web").state is ServiceState.EXITED
    assert stage.compose(output, "start", "landing", "web")[0] == 0
    stage.pass_time(10)
    assert stage.service("landing").is_ok
    assert stage.service("web").is_ok


def test_stopping_a_crash_loop_ends_it(stage: Stage, output: Path) -> None:
    stage.world.raise_fault("web", DemoFault.CRASH_LOOP)
    stage.pass_time(3)
    assert stage.compose(output, "stop", "web")[0] == 0
    stage.pass_time(60)
    assert stage.container("web").state is ContainerState.EXITED


def test_up_creates_a_service_of_an_inactive_profile(stage: Stage, output: Path) -> None:
    code, said = stage.compose(output, "up", "--detach", "--no-recreate", "pgadmin")
    assert code == 0
    assert said[-3:] == [
        " Container pixel-pgadmin-1  Created",
        " Container pixel-pgadmin-1  Starting",
        " Container pixel-pgadmin-1  Started",
    ]
    pgadmin = stage.container("pgadmin")
    assert pgadmin.running
    assert pgadmin.created_at == NOON


def test_up_recreates_containers_out_of_sync(stage: Stage, output: Path) -> None:
    before = stage.service("landing")
    assert stage.compose(output, "up", "-d", "--no-recreate", "landing")[0] == 0
    assert stage.service("landing").containers == before.containers
    code, said = stage.compose(output, "up", "-d", "landing")
    assert code == 0
    assert " Container pixel-landing-1  Recreated" in said
    after = stage.service("landing")
    assert after.sync.action is SyncAction.NOTHING
    assert {item.id for item in before.containers}.isdisjoint(item.id for item in after.containers)
    assert [item.name for item in after.containers] == [item.name for item in before.containers]
    with pytest.raises(EngineRefused):
        stage.engine.inspect(before.containers[0].id)


def test_start_also_starts_dependencies(stage: Stage, output: Path) -> None:
    stage.compose(output, "stop", "vps-monitor", "postgres", "pgadmin")
    stage.compose(output, "up", "-d", "--no-deps", "pgadmin")
    assert not stage.container("postgres").running
    stage.compose(output, "stop", "pgadmin")
    command = stage.runner.start(
        COMMAND.compose_argv("start", "pgadmin"), directory="/", environment={}, output=output
    )
    assert command.wait(0.2) is None
    stage.pass_time(4)
    assert command.wait(PATIENCE) == 0
    assert " Container pixel-postgres-1  Healthy" in output.read_text().splitlines()
    assert stage.container("pgadmin").running


def test_up_fails_if_a_dependency_is_unhealthy(stage: Stage, output: Path) -> None:
    stage.world.raise_fault("postgres", DemoFault.UNHEALTHY)
    stage.pass_time(30)
    code, said = stage.compose(output, "up", "-d", "pgadmin")
    assert code == 1
    assert "dependency failed to start: container pixel-postgres-1 is unhealthy" in said[-1]


def test_docker_acts_on_single_containers(stage: Stage, output: Path) -> None:
    code, said = stage.run(output, *COMMAND.docker_argv("stop", "pixel-worker-3f9c21ab"))
    assert code == 0
    assert said == ["pixel-worker-3f9c21ab"]
    assert stage.container("worker").state is ContainerState.EXITED
    code, said = stage.run(output, *COMMAND.docker_argv("restart", "nobody"))
    assert code == 1
    assert "No such container: nobody" in said[-2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("restart", "x"), "no such service: x"),
        (("start", "pgadmin"), 'service "pgadmin" has no container to start'),
        (("down",), "docker compose: 'down' is not a command of the embedded stack"),
        (("up", "--remove-orphans"), "unknown flag: --remove-orphans"),
    ],
)
def test_commands_that_compose_refuses_are_refused(
    stage: Stage, output: Path, words: tuple[str, ...], said: str
) -> None:
    before = stage.snapshot()
    code, lines = stage.compose(output, *words)
    assert code in {1, 16}
    assert lines == [said]
    assert stage.snapshot() == before


def test_commands_append_to_their_output_file(stage: Stage, output: Path) -> None:
    output.write_text("$ docker compose stop api\n")
    _, said = stage.compose(output, "stop", "api")
    assert said[0] == "$ docker compose stop api"
    assert len(said) == 3


def test_a_command_that_cannot_be_started_is_an_error(stage: Stage, output: Path) -> None:
    with pytest.raises(OperationError, match="no such program"):
        stage.runner.start(("rm", "-r"), directory="/", environment={}, output=output)
    with pytest.raises(OperationError, match="can't be written"):
        stage.runner.start(
            ("docker", "stop", "x"), directory="/", environment={}, output=output / "x" / "y"
        )


def test_a_command_fails_while_the_engine_is_down(stage: Stage, output: Path) -> None:
    stage.world.fail_engine(down=True)
    code, said = stage.compose(output, "stop", "api")
    assert code == 1
    assert "Cannot connect to the Docker daemon" in said[-1]


@pytest.mark.parametrize(("way", "code"), [("interrupt", INTERRUPTED), ("terminate", -15)])
def test_an_interrupted_command_finishes_its_step(output: Path, way: str, code: int) -> None:
    stage = Stage()
    runner = DemoRunner(stage.world, pace=100)
    command = runner.start(
        COMMAND.compose_argv("restart", "landing"), directory="/", environment={}, output=output
    )
    assert command.wait(0.1) is None
    getattr(command, way)()
    getattr(command, way)()
    assert command.wait(PATIENCE) == code
    lives = {item.name: item.started_at for item in stage.service("landing").containers}
    assert [name for name, at in lives.items() if at == NOON] == ["pixel-landing-1"]
    assert all(item.running for item in stage.service("landing").containers)


# With the real watcher.


def test_a_watcher_reports_a_fault_and_its_end(output: Path) -> None:
    stage = Stage(SystemClock())
    watcher = Watcher(
        stage.engine, stage.project, stage.clock, Pace(poll=0.1, usage=0.1, gather=0.01)
    )
    watcher.start()
    try:
        agent = await_service(watcher, "agent", lambda it: it.health is HealthStatus.UNHEALTHY)
        feed = watcher.follow_logs([LogTarget("agent")])
        assert stage.compose(output, "restart", "agent")[0] == 0
        await_service(watcher, "agent", lambda it: it.containers != agent.containers)
        eventually(lambda: any(event.action == "restart" for event in watcher.events))
        eventually(lambda: any("SIGTERM" in line for line in texts(kept_lines(feed))))
        eventually(lambda: any("listening on" in line for line in texts(kept_lines(feed))))
        eventually(lambda: bool(watcher.usage))
        stage.world.fail_engine(down=True)
        eventually(lambda: watcher.snapshot.stale)
        stage.world.fail_engine(down=False)
        eventually(lambda: not watcher.snapshot.stale)
    finally:
        watcher.close()


def kept_lines(feed: LogFeed) -> Sequence[LogLine]:
    return feed.ring.window(0, 10**9).lines


def await_service(watcher: Watcher, name: str, holds: Callable[[Service], bool]) -> Service:
    found: list[Service] = []

    def is_reached() -> bool:
        service = watcher.snapshot.service(name)
        if service is not None and service.containers and holds(service):
            found.append(service)
        return bool(found)

    eventually(is_reached)
    return found[0]
