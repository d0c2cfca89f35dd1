"""Watching a real stack while it changes under the watcher's eyes."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.feed.feed import FeedState, LogTarget
from pixel_tui.stack.feed.ring import LineKind
from pixel_tui.stack.model.container import ContainerState, HealthStatus
from pixel_tui.stack.model.snapshot import Connection, Service, ServiceState, SyncAction
from pixel_tui.stack.model.words import exit_words
from pixel_tui.stack.watch.watcher import Watcher
from tests.builders.engine_readers import environment_of, project_reader, watcher_of
from tests.engine.fixtures import MakeProject, Watch
from tests.engine.private_engine import Engine, Project, eventually, unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.engine

COMPOSE_FILE = "docker-compose.yml"

PAIR = """
x-calm: &calm
  image: pixel-tui-test:latest
  command: [sh, -c, 'trap "exit 0" TERM; echo up; while :; do sleep 600 & wait $$!; done']
  stop_grace_period: 1s
services:
  api: {<<: *calm}
  web: {<<: *calm}
"""
MORE = f"{PAIR}  more: {{<<: *calm}}\n"
FEWER = PAIR.replace("  web: {<<: *calm}\n", "")


@dataclass
class Watched:
    """A project that is being watched."""

    project: Project
    watcher: Watcher

    def write(self, content: str) -> None:
        """Put another compose file in the place of the one that is there."""
        fresh = self.project.directory / "fresh"
        fresh.write_text(content)
        fresh.replace(self.project.directory / COMPOSE_FILE)

    def find(self, name: str) -> Service | None:
        return self.watcher.snapshot.service(name)

    def service(self, name: str) -> Service:
        found = self.find(name)
        assert found is not None
        return found

    def state(self, name: str) -> ServiceState:
        return self.service(name).state

    def sync(self, name: str) -> SyncAction:
        return self.service(name).sync.action

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        eventually(condition, timeout=seconds, every=0.02)


@pytest.fixture
def pair(make_project: MakeProject, watch: Watch) -> Watched:
    """Two calm services, up, in step with their file."""
    project = make_project(PAIR, up=True)
    watched = Watched(project, watch(project))
    for name in ("api", "web"):
        watched.until(lambda name=name: watched.sync(name) is SyncAction.NOTHING)  # type: ignore[misc]
    return watched


# The compose file.


def test_an_edited_compose_file_is_seen(pair: Watched) -> None:
    pair.write(MORE)
    pair.until(lambda: pair.find("more"))
    assert pair.state("more") is ServiceState.ABSENT
    assert pair.sync("more") is SyncAction.CREATE

    pair.write(FEWER)
    pair.until(lambda: pair.find("more") is None and pair.service("web").orphan)
    assert pair.sync("web") is SyncAction.ORPHAN
    assert pair.state("web") is ServiceState.RUNNING
    assert [item.name for item in pair.watcher.snapshot.services] == ["api", "web"]

    pair.write(PAIR.replace("echo up", "echo changed"))
    pair.until(lambda: pair.find("web") and not pair.service("web").orphan)
    pair.until(lambda: pair.sync("api") is SyncAction.RECREATE)
    assert "configuration has changed" in pair.service("api").sync.reason

    pair.write(PAIR)
    pair.until(lambda: pair.sync("api") is SyncAction.NOTHING)


def test_a_broken_compose_file_is_said_and_the_rows_stay_until_it_is_mended(
    pair: Watched,
) -> None:
    pair.write(PAIR + "  broken: [\n")
    pair.until(lambda: pair.watcher.snapshot.project_trouble)
    trouble = pair.watcher.snapshot.project_trouble
    assert trouble is not None
    assert "yaml" in trouble.what
    assert [item.name for item in pair.watcher.snapshot.services] == ["api", "web"]
    since = trouble.since

    pair.project.compose("-f", "-", "stop", check=False)
    pair.project.engine.docker("stop", "-t", "1", pair.service("web").containers[0].name)
    pair.until(lambda: pair.state("web") is ServiceState.EXITED)
    again = pair.watcher.snapshot.project_trouble
    assert again is not None
    assert again.since == since

    pair.write(PAIR)
    pair.until(lambda: pair.watcher.snapshot.project_trouble is None)


def test_a_project_that_was_broken_at_first_is_watched_under_its_own_name(
    make_project: MakeProject,
) -> None:
    project = make_project(PAIR, up=True)
    engine, folder = project.engine, project.directory.parent / "folder-of-another-name"
    folder.mkdir()
    (folder / COMPOSE_FILE).write_text("services: [")
    environment = environment_of(engine)
    command = find_command(environment, host=engine.host, directory=str(folder))
    watched = Watched(project, watcher_of(engine, ComposeProject(command, environment)))
    watched.watcher.start()
    try:
        watched.until(lambda: watched.watcher.snapshot.project_trouble)
        (folder / COMPOSE_FILE).write_text(f"name: {project.name}\n{PAIR}")
        watched.until(lambda: watched.find("web") and watched.state("web") is ServiceState.RUNNING)
        project.compose("stop", "web")
        watched.until(lambda: watched.state("web") is ServiceState.EXITED)
        assert watched.watcher.events
    finally:
        watched.watcher.close()


def test_a_project_that_is_mended_elsewhere_is_asked_again(
    make_project: MakeProject, watch: Watch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.yml"
    project = make_project(f"include: [{{path: {elsewhere}}}]\n{PAIR}")
    watched = Watched(project, watch(project))
    watched.until(lambda: watched.watcher.snapshot.project_trouble)
    elsewhere.write_text("services: {}\n")
    watched.until(lambda: watched.watcher.snapshot.project_trouble is None)
    assert watched.state("api") is ServiceState.ABSENT


# Containers.


def test_a_container_removed_behind_its_back_leaves_its_row(pair: Watched) -> None:
    pair.project.engine.docker("rm", "-f", pair.service("web").containers[0].id)
    pair.until(lambda: pair.state("web") is ServiceState.ABSENT)
    assert pair.service("web").containers == ()
    assert pair.sync("web") is SyncAction.CREATE
    assert pair.state("api") is ServiceState.RUNNING


def test_one_offs_orphans_and_scaled_services_are_told_apart(pair: Watched) -> None:
    pair.project.compose("run", "--detach", "--no-deps", "web", "sleep", "600")
    pair.until(lambda: pair.service("web").oneoffs)
    service = pair.service("web")
    assert len(service.regular) == 1
    assert service.state is ServiceState.RUNNING
    assert service.sync.action is SyncAction.NOTHING

    pair.project.compose("up", "--detach", "--scale", "api=3", "api")
    pair.until(lambda: len(pair.service("api").regular) == 3)
    pair.until(lambda: pair.state("api") is ServiceState.RUNNING)
    assert [item.number for item in pair.service("api").containers] == [1, 2, 3]
    assert pair.sync("api") is SyncAction.SCALE_DOWN

    pair.write(FEWER)
    pair.until(lambda: pair.service("web").orphan)
    assert len(pair.watcher.snapshot.orphans) == 2


def test_another_container_name_is_seen(pair: Watched) -> None:
    name = f"{pair.project.name}-renamed"
    pair.write(PAIR.replace("web: {<<: *calm}", f"web: {{<<: *calm, container_name: {name}}}"))
    pair.until(lambda: pair.sync("web") is SyncAction.RECREATE)
    pair.project.compose("up", "--detach", "web")
    pair.until(lambda: [item.name for item in pair.service("web").containers] == [name])
    pair.until(lambda: pair.sync("web") is SyncAction.NOTHING)

    pair.project.engine.docker("rename", name, f"{name}-by-hand")
    pair.until(lambda: pair.service("web").containers[0].name == f"{name}-by-hand")


def test_a_service_whose_profile_is_off_is_there(make_project: MakeProject, watch: Watch) -> None:
    project = make_project(MORE.replace("more: {", "more: {profiles: [tools], "), up=True)
    watched = Watched(project, watch(project))
    watched.until(lambda: watched.find("more"))
    watched.until(lambda: watched.state("more") is ServiceState.OFF)
    assert watched.sync("more") is SyncAction.OFF
    project.compose("--profile", "tools", "up", "--detach", "more")
    watched.until(lambda: watched.state("more") is ServiceState.RUNNING)
    assert watched.sync("more") is SyncAction.NOTHING  # what was brought up is wanted


def test_an_image_that_was_built_anew_wants_a_recreate(
    make_project: MakeProject, watch: Watch
) -> None:
    dockerfile = "FROM pixel-tui-test:latest\nENV GENERATION={}\n"
    yaml = PAIR.replace("image: pixel-tui-test:latest", "build: .")
    project = make_project(yaml, files={"Dockerfile": dockerfile.format(1)})
    watched = Watched(project, watch(project))
    watched.until(lambda: watched.find("api") and watched.sync("api") is SyncAction.BUILD)
    project.compose("up", "--detach", "--build", "api")
    watched.until(lambda: watched.sync("api") is SyncAction.NOTHING)
    (project.directory / "Dockerfile").write_text(dockerfile.format(2))
    project.compose("build", "api")
    watched.watcher.refresh()  # an image is no container: no event tells of it
    watched.until(lambda: watched.sync("api") is SyncAction.RECREATE)
    assert "has changed" in watched.service("api").sync.reason
    project.compose("up", "--detach", "api")
    watched.until(lambda: watched.sync("api") is SyncAction.NOTHING)


def test_a_crash_loop_counts_its_restarts(make_project: MakeProject, watch: Watch) -> None:
    project = make_project(
        """
services:
  api:
    image: pixel-tui-test:latest
    command: [sh, -c, 'sleep 0.2; exit 3']
    restart: always
"""
    )
    watched = Watched(project, watch(project))
    project.compose("up", "--detach")
    watched.until(lambda: watched.service("api").restarts >= 3)
    seen = watched.service("api").restarts
    watched.until(lambda: watched.service("api").restarts > seen)
    watched.until(lambda: watched.state("api") is ServiceState.RESTARTING)
    container = watched.service("api").containers[0]
    assert container.exit_code == 3
    assert not watched.service("api").is_ok


def test_a_kill_for_lack_of_memory_is_told_as_such(make_project: MakeProject, watch: Watch) -> None:
    project = make_project(
        """
services:
  hog:
    image: pixel-tui-test:latest
    command: [awk, 'BEGIN { x = "x"; while (1) x = x x }']
    mem_limit: 16m
    memswap_limit: 16m
"""
    )
    watched = Watched(project, watch(project))
    project.compose("up", "--detach")
    watched.until(lambda: watched.find("hog") and watched.state("hog") is ServiceState.EXITED)
    container = watched.service("hog").containers[0]
    assert container.oom_killed
    assert container.exit_code is not None
    words = exit_words(container.exit_code, oom_killed=container.oom_killed)
    assert words == "exit code 137 (out of memory)"
    assert container.memory_limit == 16 * 1024 * 1024
    watched.until(lambda: any(event.action == "oom" for event in watched.watcher.events))


def test_an_unhealthy_service_shows_its_newest_probe(
    make_project: MakeProject, watch: Watch
) -> None:
    project = make_project(
        PAIR.replace(
            "api: {<<: *calm}",
            'api: {<<: *calm, healthcheck: {test: [CMD-SHELL, "cat /proc/uptime; exit 1"],'
            " interval: 1s, retries: 1}}",
        )
    )
    watched = Watched(project, watch(project))
    project.compose("up", "--detach")
    watched.until(lambda: watched.find("api"))
    watched.until(lambda: watched.service("api").health is HealthStatus.UNHEALTHY)
    health = watched.service("api").containers[0].health
    assert health is not None
    assert health.probes[-1].exit_code == 1
    assert health.probes[-1].output


def test_a_storm_of_containers_leaves_a_true_picture_and_no_thread(pair: Watched) -> None:
    threads = threading.active_count()
    labels = [f"--label=com.docker.compose.project={pair.project.name}"]
    labels += ["--label=com.docker.compose.service=storm", "--label=com.docker.compose.oneoff=True"]
    run = " ".join(["docker run --rm --network none", *labels, "pixel-tui-test:latest true"])
    script = f"for a in 1 2 3 4 5; do for b in 1 2 3 4 5 6 7 8 9 10; do {run} & done; wait; done"
    storm = threading.Thread(
        target=lambda: pair.project.engine.run(["sh", "-c", script], timeout=5 * PATIENCE)
    )
    most = 0
    storm.start()
    while storm.is_alive():
        storm.join(0.2)
        assert not pair.watcher.snapshot.stale
        most = max(most, threading.active_count())
    pair.until(lambda: pair.find("storm") is None)
    destroyed = {event.container_id for event in pair.watcher.events if event.action == "destroy"}
    assert len(destroyed) == 50
    assert [item.name for item in pair.watcher.snapshot.services] == ["api", "web"]
    pair.until(lambda: len(pair.watcher.usage) == 2)
    # One thread a container while figures are asked for, and never more.
    assert most <= threads + 1 + 12
    pair.until(lambda: threading.active_count() <= threads)


# The engine.


@pytest.fixture
def fragile(spare_engine: Engine, tmp_path: Path, watch: Watch) -> Iterator[Watched]:
    """A project on an engine that may be frozen, killed and stopped."""
    yaml = PAIR.replace("echo up;", "i=0;").replace(
        "sleep 600 & wait $$!", "i=$$((i+1)); echo line $$i; sleep 0.2 & wait $$!"
    )
    (tmp_path / COMPOSE_FILE).write_text(yaml)
    project = Project(spare_engine, tmp_path, unique_name("fragile"))
    project.compose("up", "--detach")
    try:
        watched = Watched(project, watch(project))
        watched.until(lambda: watched.find("web"))
        watched.until(lambda: watched.state("web") is ServiceState.RUNNING)
        yield watched
    finally:
        spare_engine.resume()
        project.down()


def test_a_frozen_engine_is_said_not_to_answer_and_recovers(
    fragile: Watched,
) -> None:
    watched, project, engine = fragile, fragile.project, fragile.project.engine
    feed = watched.watcher.follow_logs([LogTarget("web")])
    watched.until(lambda: feed.status.state is FeedState.LIVE)
    engine.pause()
    try:
        watched.until(lambda: watched.watcher.snapshot.engine.connection is Connection.LOST)
        trouble = watched.watcher.snapshot.engine.trouble
        assert trouble is not None
        assert "does not answer" in trouble.what
        assert watched.state("web") is ServiceState.RUNNING
        second = Watched(project, watcher_of(engine, project_reader(project)))
        second.watcher.start()
        late = second.watcher.follow_logs([LogTarget("web")])
        watched.until(lambda: second.watcher.snapshot.engine.connection is Connection.LOST)
        watched.until(lambda: late.status.state is FeedState.WAITING)
        # What compose tells is shown all the same.
        watched.until(lambda: second.watcher.snapshot.service("web"))
        assert second.state("web") is ServiceState.UNKNOWN
        before = set(threading.enumerate())
        second.watcher.close()
        # Nobody waits for ever for an engine that never answers.
        names = ("stack-", "log-")
        own = {item for item in before if item.name.startswith(names)}
        watched.until(lambda: len([item for item in own if item.is_alive()]) < len(own) - 3)
    finally:
        engine.resume()
    watched.until(lambda: watched.watcher.snapshot.engine.connection is Connection.READY)
    watched.until(lambda: feed.status.state is FeedState.LIVE)
    count = feed.ring.extent.following
    watched.until(lambda: feed.ring.extent.following > count + 2)
    lines = feed.ring.window(0, 1 << 40).lines
    numbers = [int(line.text.split()[1]) for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_engine_that_is_killed_and_comes_back_is_followed_without_a_key(
    fragile: Watched,
) -> None:
    watched, engine = fragile, fragile.project.engine
    feed = watched.watcher.follow_logs([LogTarget("web")])
    watched.until(lambda: feed.ring.extent.following > 3)
    engine.kill()
    watched.until(lambda: watched.watcher.snapshot.engine.connection is Connection.LOST)
    trouble = watched.watcher.snapshot.engine.trouble
    assert trouble is not None
    assert "systemctl start docker" in trouble.hint
    assert watched.state("web") is ServiceState.RUNNING
    engine.start()
    watched.until(lambda: watched.watcher.snapshot.engine.connection is Connection.READY)
    watched.project.compose("up", "--detach")
    watched.until(lambda: watched.state("web") is ServiceState.RUNNING)
    container = watched.service("web").containers[0]
    assert container.state is ContainerState.RUNNING
    watched.until(lambda: feed.status.state is FeedState.LIVE)
    count = feed.ring.extent.following
    watched.until(lambda: feed.ring.extent.following > count + 2)
    lines = feed.ring.window(0, 1 << 40).lines
    marks = [line.text.decode() for line in lines if line.kind is LineKind.MARK]
    assert [mark.split()[1] for mark in marks] == ["exited", "started"], marks
    second = [at for at, line in enumerate(lines) if line.kind is LineKind.MARK][-1]
    assert lines[second + 1].text == b"line 1"
    for part in (lines[: second - 1], lines[second + 1 :]):
        numbers = [int(line.text.split()[1]) for line in part]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
