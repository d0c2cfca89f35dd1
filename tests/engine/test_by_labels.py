"""A stack that compose can't read, by the labels of its containers: on a real engine."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.builders.engine_command import pixel_tui
from tests.engine.fixtures import MakeProject, Watch
from tests.engine.private_engine import Engine, Project, eventually

pytestmark = pytest.mark.engine

YAML = """
services:
  api:
    image: pixel-tui-test:latest
    command: [sh, -c, "echo ready; exec sleep 600"]
    stop_grace_period: 0s
    depends_on: [db]
  db:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
"""
BROKEN = {
    "the compose file": {"docker-compose.yml": "services:\n  api: [not, a, service"},
    "the environment file": {".env": "A='never closed\n"},
    "a variable": {"docker-compose.yml": YAML.replace("600", "${LOST:?no value}")},
}


def started_at(project: Project, container: str) -> str:
    return str(project.engine.inspect(container)["State"]["StartedAt"])


def spoil(project: Project, files: dict[str, str]) -> None:
    """Write the files that compose refuses."""
    for name, text in files.items():
        (project.directory / name).write_text(text)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_runs_is_shown_and_restarted_though_compose_refuses_the_project(
    make_project: MakeProject, tmp_path: Path, broken: dict[str, str]
) -> None:
    project = make_project(YAML, up=True)
    api, db = project.container("api"), project.container("db")
    spoil(project, broken)
    told = pixel_tui(project, tmp_path, "status", "--json", named=False)
    assert told.returncode == 2, told.stderr
    document = json.loads(told.stdout)
    assert document["project"] == project.name
    assert document["well"] is False
    assert document["project_error"]
    assert document["orphans"] == []
    assert {item["name"]: item["state"] for item in document["services"]} == {
        "api": "running",
        "db": "running",
    }
    assert "docker rm" not in told.stdout + told.stderr

    logs = pixel_tui(project, tmp_path, "logs", "api", named=False)
    assert "ready" in logs.stdout

    before = {item: started_at(project, item) for item in (api, db)}
    done = pixel_tui(project, tmp_path, "run", "restart", "api", "--yes", named=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert started_at(project, api) != before[api]
    assert started_at(project, db) == before[db]
    trail = (tmp_path / "pixel-tui" / "audit.jsonl").read_text()
    assert f"{project.name}-api-1" in trail


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_stats_are_shown_though_compose_refuses_the_project(
    make_project: MakeProject, watch: Watch, broken: dict[str, str]
) -> None:
    project = make_project(YAML, up=True)
    spoil(project, broken)
    watcher = watch(project)
    containers = {project.container(name) for name in ("api", "db")}
    eventually(lambda: watcher.usage.keys() == containers)
    eventually(lambda: all(used.cpu is not None for used in watcher.usage.values()))
    assert all(used.memory and used.processes for used in watcher.usage.values())
    assert watcher.snapshot.project_trouble is not None


def test_one_container_alone_is_changed_though_compose_refuses_the_project(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML)
    project.compose("up", "--detach", "--wait", "--scale", "api=2")
    spoil(project, BROKEN["the compose file"])
    name, *others = (f"{project.name}-{item}" for item in ("api-2", "api-1", "db-1"))
    untouched = [engine.inspect(item)["State"] for item in others]
    before = engine.inspect(name)
    actions = {"stop": False, "start": True, "restart": True}
    for action, running in actions.items():
        done = pixel_tui(project, tmp_path, "run", action, name, "--yes", named=False)
        assert done.returncode == 0, done.stdout + done.stderr
        after = engine.inspect(name)
        assert after["Id"] == before["Id"]
        assert after["State"]["Running"] is running
        assert (after["State"]["StartedAt"] != before["State"]["StartedAt"]) is running
        assert [engine.inspect(item)["State"] for item in others] == untouched
        before = after
    lines = (tmp_path / "pixel-tui" / "audit.jsonl").read_text().splitlines()
    begun, ended = ([json.loads(line) for line in lines[half::2]] for half in (0, 1))
    assert [(item["plan"]["action"], item["plan"]["targets"]) for item in begun] == [
        (action, [name]) for action in actions
    ]
    assert [item["result"] for item in ended] == ["succeeded"] * len(actions)


def test_a_one_off_beside_a_missing_service_is_not_well(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML, up=True)
    project.compose("run", "--detach", "--no-deps", "api")
    project.compose("rm", "--stop", "--force", "api")
    told = pixel_tui(project, tmp_path, "status", "--json")
    assert told.returncode == 1, told.stderr
    api = json.loads(told.stdout)["services"][0]
    assert (api["name"], api["state"], api["well"]) == ("api", "absent", False)
    assert [item["oneoff"] for item in api["containers"]] == [True]


TASKS = """
services:
  again:
    image: pixel-tui-test:latest
    command: ["true"]
    restart: on-failure
  awaited:
    image: pixel-tui-test:latest
    command: ["true"]
  unmarked:
    image: pixel-tui-test:latest
    command: ["true"]
  web:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
    depends_on: {awaited: {condition: service_completed_successfully}}
"""


def test_a_finished_task_has_the_same_state_if_compose_refuses_the_project(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(TASKS)
    project.compose("up", "--detach")
    for name in ("again", "unmarked"):
        engine.docker("wait", project.container(name))

    def states() -> dict[str, str]:
        told = pixel_tui(project, tmp_path, "status", "--json")
        return {item["name"]: item["state"] for item in json.loads(told.stdout)["services"]}

    expected = {"again": "done", "awaited": "done", "unmarked": "exited", "web": "running"}
    assert states() == expected
    (project.directory / "docker-compose.yml").write_text("services: [")
    assert states() == expected


def test_a_hint_of_the_status_acts_on_the_project_from_any_folder(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(YAML)
    told = pixel_tui(project, tmp_path, "status", named=True)
    hint = next(line for line in told.stderr.splitlines() if "Start it: " in line and "db" in line)
    command = hint.partition("Start it: ")[2]
    subprocess.run(shlex.split(command), cwd="/", env={**os.environ, **engine.env}, check=True)
    assert project.container("db")


PROFILE = """
services:
  web:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
  model:
    image: pixel-tui-test:latest
    profiles: [cpu]
    command: [sh, -c, "sleep 600 & trap 'exit 143' TERM; trap 'exit 3' USR1; wait"]
"""


def test_what_was_brought_up_by_a_profile_and_died_is_wanted_until_it_is_stopped(
    engine: Engine, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(PROFILE)
    off = pixel_tui(project, tmp_path, "status", "--json", "--profile", "cpu")
    assert [item["active"] for item in json.loads(off.stdout)["services"]] == [True, True]
    project.compose("--profile", "cpu", "up", "--detach", "--wait")
    engine.docker("kill", "--signal", "USR1", project.container("model"))
    engine.docker("wait", project.container("model"))
    told = pixel_tui(project, tmp_path, "status", "--json")
    assert told.returncode == 1, told.stderr
    model = json.loads(told.stdout)["services"][0]
    assert (model["name"], model["state"], model["active"]) == ("model", "exited", False)
    assert model["sync"]["action"] == "start"

    # Actions without a target work on it.
    done = pixel_tui(project, tmp_path, "run", "start", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert engine.inspect(project.container("model"))["State"]["Running"]

    engine.docker("stop", project.container("model"))
    told = pixel_tui(project, tmp_path, "status", "--json")
    assert told.returncode == 0, told.stdout + told.stderr


def test_it_is_read_with_the_files_that_its_containers_were_made_with(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(
        YAML, files={"prod.yml": "services: {db: {environment: [MODE]}}", "prod.env": "MODE=live\n"}
    )
    made = ["--env-file", "prod.env", "-f", "docker-compose.yml", "-f", "prod.yml"]
    project.compose(*made, "up", "--detach", "--wait")
    told = pixel_tui(project, tmp_path, "status", "--json")
    assert told.returncode == 0, told.stderr
    syncs = {item["name"]: item["sync"]["action"] for item in json.loads(told.stdout)["services"]}
    assert syncs == {"api": "in sync", "db": "in sync"}
    assert "prod.yml" in told.stderr
    assert "--env-file" in told.stderr

    # What is edited is what compose reads.
    got = pixel_tui(project, tmp_path, "env", "get", "MODE")
    assert got.stdout == "live\n", got.stderr
