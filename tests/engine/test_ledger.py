"""Real workers on a real engine: what they do, what breaks, and what is found and done about it."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import jsonschema
import pytest

from pixel_tui.errors import OperationError
from pixel_tui.ledger.view import findings
from pixel_tui.ledger.view.truth import TaskVerdict
from pixel_tui.ledger.writing.program import ledger_argv
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.stack.compose.command import ComposeCommand
from tests.engine.fixtures import MakeProject
from tests.engine.ledger_stack import YAML, LedgerDesk, ledger_desk
from tests.engine.private_engine import BASE_IMAGE, Engine, Project, eventually, unique_name

pytestmark = pytest.mark.engine

WAITS = "until [ -e /pixel/go ]; do sleep 0.1; done"
ROOT = Path(__file__).parents[2]
SCHEMA = Path(__file__).parents[2] / "docs" / "ledger.schema.json"


@pytest.fixture
def desk(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LedgerDesk]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(findings, "GRACE_SECONDS", 1.0)
    with ledger_desk(make_project(YAML), tmp_path / "state") as made:
        yield made


def at_work(desk: LedgerDesk, task_id: str) -> None:
    """Wait until the console sees its worker run."""

    def seen() -> bool:
        running = desk.task(task_id)["status"] == "running"
        return running and any(item.up and item.works_on(task_id) for item in desk.view.workers)

    eventually(seen)


def test_a_task_from_the_shell_to_its_end(desk: LedgerDesk) -> None:
    said = desk.cli("ledger", "add", "--task", WAITS, "--with-context", "to see")
    assert said.returncode == 0, said.stdout + said.stderr
    (item,) = json.loads(desk.place.ledger.read_text())["tasks"]
    task_id = item["id"]
    eventually(lambda: desk.view.tasks)
    assert item["payload"] == {"task": WAITS, "context": "to see"}

    status = desk.run("task-spawn", task_id[:8])
    assert status.state is JobState.SUCCEEDED, status.message
    at_work(desk, task_id)
    assert desk.view.truth(desk.view.tasks[0]).verdict is TaskVerdict.AGREES
    with pytest.raises(OperationError, match="already running"):
        desk.plan("task-spawn", desk.queue("true"))
    made = desk.plan("stop", "syntropy")
    assert made.confirm == task_id[:8], "its brain is not taken away"

    (desk.project.directory / "go").write_text("")
    eventually(lambda: desk.task(task_id)["status"] == "completed")
    eventually(lambda: not desk.place.lock.exists())
    assert desk.task(task_id)["attempts"] == 1, "counted by whoever started it"
    eventually(lambda: not any(worker.up for worker in desk.view.workers))
    assert desk.plan("stop", "syntropy").confirm == ""
    assert desk.view.findings == ()
    verified = desk.cli("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    document = json.loads(verified.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["tasks"][0]["container"]["exit_code"] == 0


def test_one_that_is_killed_is_found_and_tried_again(desk: LedgerDesk) -> None:
    task_id = desk.queue("sleep 100")
    assert desk.run("task-spawn", task_id).state is JobState.SUCCEEDED
    at_work(desk, task_id)
    desk.project.engine.docker("kill", desk.container(task_id))
    assert desk.seen("ended", task_id) == f"task-requeue {task_id}"
    eventually(lambda: desk.cli("ledger", "verify").returncode == 1)
    assert desk.run("task-requeue", task_id).state is JobState.SUCCEEDED
    found = desk.task(task_id)
    assert (found["status"], found["attempts"]) == ("pending", 1)
    assert "workerId" not in found
    assert desk.place.lock.exists(), "a killed worker leaves it"
    lock = json.loads(desk.place.lock.read_text())
    desk.place.lock.write_text(json.dumps({**lock, "createdAt": "2026-01-01T00:00:00Z"}))
    with pytest.raises(OperationError, match="task-unlock"):
        desk.plan("task-spawn", task_id)
    assert desk.run("task-unlock").state is JobState.SUCCEEDED
    assert not desk.place.lock.exists()
    made = desk.plan("task-spawn", task_id)
    assert made.confirm == task_id[:8], "not within a minute after a failure"
    assert made.steps[0].title == f"Remove the old {desk.container(task_id)}"


def test_one_that_takes_too_much_memory(desk: LedgerDesk) -> None:
    task_id = desk.queue("exec tail /dev/zero")
    desk.run("task-spawn", task_id)
    desk.seen("ended", task_id)
    (finding,) = [item for item in desk.view.findings if item.rule == "ended"]
    assert "exit code 137 (out of memory)" in finding.message


def test_one_that_fails_and_one_whose_container_is_removed(desk: LedgerDesk) -> None:
    failed = desk.queue("exit 3")
    assert desk.run("task-spawn", failed).state is JobState.FAILED
    eventually(lambda: desk.task(failed)["status"] == "failed")
    assert desk.task(failed)["exitCode"] == 3
    eventually(lambda: not any(worker.up for worker in desk.view.workers))
    assert desk.plan("task-retry", failed).confirm == failed[:8]
    removed = desk.queue("sleep 100")
    desk.run("task-spawn", removed)
    at_work(desk, removed)
    desk.project.engine.docker("rm", "--force", desk.container(removed))
    assert desk.seen("gone", removed) == f"task-requeue {removed}"
    assert desk.run("task-abort", removed).state is JobState.SUCCEEDED
    assert desk.task(removed)["status"] == "aborted"


def test_one_that_hangs_is_stopped_and_written_down(desk: LedgerDesk) -> None:
    task_id = desk.queue("sleep 100")
    desk.run("task-spawn", task_id)
    at_work(desk, task_id)
    assert desk.run("task-stop", task_id).state is JobState.SUCCEEDED
    found = desk.task(task_id)
    assert (found["status"], found["error"]) == (
        "aborted", "Its worker was stopped by an operator"
    )  # fmt: skip


def test_a_rebuild_is_watched_until_the_new_syntropy_is_healthy(desk: LedgerDesk) -> None:
    before = desk.project.inspect("syntropy")["Id"]
    job = desk.begin("task-rebuild")
    eventually(lambda: any(worker.up and worker.rebuild for worker in desk.view.workers))
    assert not job.status.state.finished
    # What the worker does where it has the engine's socket.
    desk.project.compose("up", "--detach", "--force-recreate", "syntropy")
    (desk.project.directory / "rebuilt").write_text("")
    status = job.wait(60)
    assert status.state is JobState.SUCCEEDED, status.message
    assert "syntropy is running and healthy" in status.message
    assert desk.project.inspect("syntropy")["Id"] != before
    (item,) = desk.view.tasks
    assert (item.status, item.type) == ("completed", "syntropy-rebuild")


REBUILDING = f"""
services:
  db: {{image: {BASE_IMAGE}, command: [sleep, "100000"], stop_grace_period: 0s}}
  syntropy:
    image: ${{IMAGE:-{BASE_IMAGE}}}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    env_file: .env
    depends_on: [db]
    volumes: ["./data:/data", "~/.ssh:/root/.ssh:ro"]
  worker:
    image: {BASE_IMAGE}
    profiles: [worker]
    command: [sleep, "100000"]
    stop_grace_period: 0s
    environment: {{HOME: /tmp}}
    volumes: [".:/pixel", "SOCKET:/var/run/docker.sock", "COMPOSE:/bin/docker-compose:ro"]
"""
DOCKER = '#!/bin/sh\nshift\nexec docker-compose "$@"\n'


def test_the_text_of_a_rebuild_can_be_done_by_the_real_worker(
    make_project: MakeProject, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = find_spec("compose")
    if engine.daemon is None or package is None or package.origin is None:
        pytest.skip("a worker needs the socket of a private engine, and compose")
    monkeypatch.setenv("HOME", str(tmp_path))
    compose = Path(package.origin).with_name("docker-compose")
    yaml = REBUILDING.replace("SOCKET", engine.host.removeprefix("unix://"))
    project = make_project(yaml.replace("COMPOSE", str(compose)), files={".env": "A=1\n"})
    (project.directory / "docker").write_text(DOCKER)
    home = {"HOME": str(tmp_path)}
    project.compose("up", "--detach", env=home)
    project.compose("--profile", "worker", "up", "--detach", "--no-deps", "worker", env=home)
    command = ComposeCommand(directory=str(project.directory))
    called = f"docker compose --project-directory . --project-name {project.name}"
    argv = ledger_argv(command, "add-rebuild", "--compose", called, name=str(uuid4()))
    engine.run(argv, cwd=project.directory, env={**home, "PYTHONPATH": str(ROOT)})
    (task,) = json.loads((project.directory / "data/task-ledger.json").read_text())["tasks"]
    told = task["payload"]["task"].split("\n\n")[2]
    assert f"{called} build syntropy" in told
    # Neither git nor a build is what is in question here.
    left_out = ("git pull", f"{called} build")
    lines = [line for line in told.splitlines() if not any(word in line for word in left_out)]
    assert any(" up -d --no-deps" in line for line in lines)
    found = ["set -e", 'PATH="$PATH:/tmp"', "cp docker /tmp", "chmod +x /tmp/docker"]
    script = "; ".join(found + lines)

    def rebuild() -> None:
        done = project.compose(
            "exec", "-T", "-w", "/pixel", "-e", f"HOST_PIXEL_ROOT={project.directory}",
            "worker", "sh", "-c", script, env=home,
        )  # fmt: skip
        assert done.returncode == 0

    before, db = project.inspect("syntropy"), project.container("db")
    rebuild()
    assert project.container("syntropy") == before["Id"], "seen from there it is what it was here"
    engine.docker("tag", BASE_IMAGE, "pixel-tui-test:again")
    (project.directory / ".env").write_text("A=2\nIMAGE=pixel-tui-test:again\n")
    rebuild()
    after = project.inspect("syntropy")
    assert after["Id"] != before["Id"]
    assert sorted(after["HostConfig"]["Binds"]) == sorted(before["HostConfig"]["Binds"])
    assert project.container("db") == db
    assert not Path("/tmp/.ssh").exists(), "no folder is made on the host by the way"
    project.compose("up", "--detach", env=home)
    assert project.container("syntropy") == after["Id"], "and here it is what it is there"


def test_an_engine_that_is_restarted_in_mid_task(
    spare_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(findings, "GRACE_SECONDS", 1.0)
    folder = tmp_path / unique_name("ledger")
    folder.mkdir()
    (folder / "docker-compose.yml").write_text(YAML)
    project = Project(spare_engine, folder, folder.name)
    with ledger_desk(project, tmp_path / "state") as desk:
        task_id = desk.queue("sleep 100")
        desk.run("task-spawn", task_id)
        at_work(desk, task_id)
        spare_engine.kill()
        eventually(lambda: desk.view.truth(desk.view.tasks[0]).verdict is TaskVerdict.UNKNOWN)
        assert desk.view.findings == (), "what can't be known is not claimed"
        spare_engine.start()
        spare_engine.stop()
        spare_engine.start()
        assert desk.seen("ended", task_id) == f"task-requeue {task_id}"
    project.down()
