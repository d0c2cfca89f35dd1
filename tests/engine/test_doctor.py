"""The doctor on a real engine with a real compose program."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.doctor.engine_checks import check_socket, read_socket
from pixel_tui.doctor.examine import Readers, examine
from pixel_tui.doctor.report import CheckResult, as_json
from pixel_tui.settings import Settings, state_folder
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from tests.builders.engine_readers import engine_reader, environment_of
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "doctor.schema.json").read_text())
NOBODY = 65534

CALM = """
services:
  app:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
"""
ODD = """
services:
  app:
    image: pixel-tui-test:latest
    command: [sleep, "${SECONDS_TO_SLEEP_THAT_NOBODY_SET}600"]
    logging: {driver: none}
    stop_grace_period: 0s
"""

Found = Mapping[str, Mapping[str, str]]
Doctor = Callable[..., tuple[int, Found]]


@pytest.fixture
def doctor(engine: Engine) -> Doctor:
    """Run the program: its exit code and its checks by name."""

    def run(*words: str, directory: Path, **environment: str) -> tuple[int, Found]:
        done = subprocess.run(
            [sys.executable, "-m", "pixel_tui", "doctor", "--json", *words],
            env={**os.environ, **engine.env, "PYTHONPATH": str(ROOT), **environment},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(report, SCHEMA)
        assert report["well"] == (done.returncode == 0)
        return done.returncode, {check["name"]: check for check in report["checks"]}

    return run


def test_a_running_project_is_well(
    make_project: MakeProject, engine: Engine, doctor: Doctor
) -> None:
    project = make_project(CALM, up=True)
    code, found = doctor("-p", project.name, directory=project.directory)
    assert code == 0
    well = ("socket", "engine", "clock", "compose", "project", "containers", "hashes", "logging")
    assert {name: found[name]["verdict"] for name in well} == dict.fromkeys(well, "ok")
    assert (
        engine.docker("version", "--format", "{{.Server.Version}}").stdout.strip()
        in (found["engine"]["found"])
    )
    assert "1 container, 1 running" in found["containers"]["found"]


def test_containers_are_found_by_their_labels_where_compose_refuses_the_project(
    make_project: MakeProject, doctor: Doctor
) -> None:
    project = make_project(ODD, up=True)
    (project.directory / "docker-compose.yml").write_text("services:\n  app: [no, service\n")
    code, found = doctor(directory=project.directory)
    assert code == 1
    assert found["project"]["verdict"] == "failed"
    assert found["containers"]["verdict"] == "ok"
    assert "1 container, 1 running (found by labels)" in found["containers"]["found"]
    assert found["logging"]["verdict"] == "warning"
    assert found["backups"]["verdict"] == "ok"


def test_an_image_that_lacks_the_last_commit_of_its_sources_is_named(
    make_project: MakeProject, doctor: Doctor, tmp_path: Path
) -> None:
    built = "{build: ., command: [sleep, '600'], stop_grace_period: 0s}"
    project = make_project(
        f"services: {{web: {built}}}",
        files={"Dockerfile": "FROM pixel-tui-test:latest\nCOPY source /source\n", "source": "1"},
        up=True,
    )

    def commit(date: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        for words in (("init", "-q"), ("add", "source"), (*who, "commit", "-qm", date)):
            environment = {**os.environ, "GIT_COMMITTER_DATE": date}
            subprocess.run(["git", *words], cwd=project.directory, env=environment, check=True)

    def images() -> Mapping[str, str]:
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        return doctor("-p", project.name, directory=project.directory, **state)[1]["images"]

    assert images()["verdict"] == "skipped"
    commit("2020-01-01T00:00:00Z")
    assert images()["verdict"] == "ok"
    (project.directory / "source").write_text("2")
    commit("2099-01-01T00:00:00Z")
    found = images()
    assert found["verdict"] == "warning"
    assert "web (built 20" in found["found"]
    assert "commit 2099-01-01 00:00)" in found["found"]


def test_what_compose_warns_of_and_a_log_that_can_not_be_read(
    make_project: MakeProject, doctor: Doctor
) -> None:
    project = make_project(ODD, up=True)
    code, found = doctor("-p", project.name, directory=project.directory)
    assert code == 0
    assert found["project"]["verdict"] == found["logging"]["verdict"] == "warning"
    assert "SECONDS_TO_SLEEP_THAT_NOBODY_SET" in found["project"]["found"]
    assert "app" in found["logging"]["found"]


def test_a_project_name_that_nobody_uses(make_project: MakeProject, doctor: Doctor) -> None:
    project = make_project(CALM)
    code, found = doctor("-p", f"{project.name}-other", directory=project.directory)
    assert code == 0
    assert found["containers"]["verdict"] == "warning"
    assert f"{project.name}-other" in found["containers"]["found"]
    assert " compose ls -a`" in found["containers"]["remedy"]


def test_a_stack_that_runs_under_another_name(make_project: MakeProject, doctor: Doctor) -> None:
    project = make_project(CALM, up=True)
    code, found = doctor("-p", f"{project.name}-other", directory=project.directory)
    assert code == 0
    assert f"belong to {project.name}." in found["containers"]["found"]
    assert found["containers"]["remedy"] == f"Start pixel-tui with -p {project.name}."


def test_a_file_that_does_not_parse_and_none_at_all(tmp_path: Path, doctor: Doctor) -> None:
    code, found = doctor(directory=tmp_path)
    assert code == 1
    assert "No compose file" in found["project"]["found"]
    (tmp_path / "compose.yaml").write_text("services:\n  app: {image: x, prots: []}\n")
    code, found = doctor(directory=tmp_path)
    assert code == 1
    assert "prots" in found["project"]["found"]
    assert found["engine"]["verdict"] == "ok"


def test_no_engine_at_the_address(
    make_project: MakeProject, tmp_path: Path, doctor: Doctor
) -> None:
    project = make_project(CALM)
    address = f"unix://{tmp_path}/none.sock"
    code, found = doctor("--host", address, directory=project.directory)
    assert code == 1
    assert address in found["engine"]["found"]
    assert "chosen by --host" in found["engine"]["found"]
    assert found["project"]["verdict"] == found["hashes"]["verdict"] == "ok"
    assert found["containers"]["verdict"] == "skipped"


def test_no_compose_program_and_one_of_version_1(
    make_project: MakeProject, tmp_path: Path, doctor: Doctor
) -> None:
    project = make_project(CALM)
    programs = tmp_path / "bin"
    programs.mkdir()
    alone = {"PATH": str(programs), "DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path)}
    code, found = doctor(directory=project.directory, **alone)
    assert code == 1
    assert found["compose"]["verdict"] == "failed"
    assert "docker-compose-plugin" in found["compose"]["remedy"]
    old = programs / "docker-compose"
    old.write_text("#!/bin/sh\necho 1.29.2\n")
    old.chmod(0o755)
    code, found = doctor(directory=project.directory, **alone)
    assert code == 1
    assert "1.29.2, older than 2" in found["compose"]["found"]
    assert found["project"]["verdict"] == "skipped"


@pytest.fixture
def closed_socket(engine: Engine) -> Iterator[str]:
    """The engine's socket, closed to everybody but root and a group that nobody is in."""
    if engine.daemon is None or os.geteuid() != 0:
        pytest.skip("the socket is not the tests' to close")
    path = Path(engine.host.removeprefix("unix://"))
    before = path.stat()
    folders = [(folder, folder.stat().st_mode) for folder in path.parents]
    modes = [(folder, mode) for folder, mode in folders if mode & 0o011 != 0o011]
    for folder, mode in modes:
        folder.chmod(mode | 0o711)
    os.chown(path, 0, 1)
    path.chmod(0o660)
    try:
        yield engine.host
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode)
        for folder, mode in modes:
            folder.chmod(mode)


def test_a_user_who_may_not_use_the_socket_is_told_the_group(closed_socket: str) -> None:
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = ""
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            check = check_socket(read_socket(closed_socket))
            said = f"{check.verdict} {check.found} {check.hint}"
        finally:
            os.write(write_end, said.encode())
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    assert said.startswith("failed")
    assert "root:daemon (0660); nobody is not in group daemon" in said
    assert "usermod -aG daemon nobody" in said


def test_a_frozen_engine_is_waited_for_not_for_ever(spare_engine: Engine, tmp_path: Path) -> None:
    project = Project(spare_engine, tmp_path, "frozen")
    (tmp_path / "compose.yaml").write_text(CALM)
    environment = environment_of(spare_engine)
    command = find_command(environment, directory=str(project.directory))
    reader = engine_reader(spare_engine)
    spare_engine.pause()
    try:
        report = examine(
            Readers(reader, ComposeProject(command, environment)),
            environment,
            SystemClock(),
            Settings(),
            state_folder(),
        )
    finally:
        spare_engine.resume()
        reader.close()
    jsonschema.validate(as_json(report), SCHEMA)
    assert report.verdict("socket") is CheckResult.OK
    assert report.verdict("engine") is CheckResult.FAILED
    assert report.verdict("containers") is CheckResult.SKIPPED
    assert report.verdict("project") is CheckResult.OK
