"""Compose runs no git in the checkout, and asks no registry, when it is looked at or built."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from pixel_tui.errors import ComposeRefused
from pixel_tui.stack.compose.command import LOCAL_ONLY, remote_refusal
from pixel_tui.stack.compose.find import find_command
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.compose.refusals import COPY_IT
from tests.builders.commits import QUIET, git
from tests.builders.engine_command import pixel_tui
from tests.engine.compose_reading import compose_program
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, Project

pytestmark = pytest.mark.engine

URL: Final = "https://127.0.0.1:9/"
SERVICE: Final = f"app: {{image: '{BASE_IMAGE}', command: [sleep, '600'], stop_grace_period: 0s"
PLAIN: Final = f"services: {{{SERVICE}}}}}\n"
REMOTE: Final = {
    "include": f"include: ['{URL}x.git']\nservices: {{{SERVICE}}}}}\n",
    "extends": f"services: {{{SERVICE}, extends: {{file: '{URL}x.git', service: x}}}}}}\n",
}
NOT_READ: Final = "Remote project files (include, extends or -f) are not read"
LOOKS: Final = {
    "status": ["status"],
    "doctor": ["doctor"],
    "env check": ["env", "check"],
    "backup": ["backup", "now"],
    "plan": ["plan", "recreate", "app"],
}


def set_trap(root: Path, tmp_path: Path) -> Path:
    """Have git run a program for the address; returns what that program makes."""
    git(root, "init", "--quiet")
    program, marker = tmp_path / "program", tmp_path / "sprung"
    program.write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    program.chmod(0o755)
    git(root, "config", "protocol.ext.allow", "always")
    git(root, "config", f"url.ext::{program} .insteadOf", URL)
    return marker


@pytest.fixture
def hostile(
    make_project: MakeProject, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Project]:
    project = make_project(PLAIN, files={".env": "A=1\n"}, up=True)
    (project.directory / "docker-compose.yml").write_text(REMOTE[request.param])
    marker = set_trap(project.directory, tmp_path)
    yield project
    assert not marker.exists(), "git ran what the checkout names"


@pytest.mark.parametrize("hostile", REMOTE, indirect=True)
@pytest.mark.parametrize("words", LOOKS.values(), ids=LOOKS)
def test_looking_runs_no_git_that_the_checkout_has_set_up(
    hostile: Project, tmp_path: Path, words: list[str]
) -> None:
    told = pixel_tui(hostile, tmp_path / "state", *words, named=False, **QUIET)
    assert NOT_READ in told.stdout + told.stderr
    assert "use a local copy" in told.stdout + told.stderr


@pytest.mark.parametrize("hostile", ["include"], indirect=True)
def test_a_change_runs_none_either(engine: Engine, hostile: Project, tmp_path: Path) -> None:
    words = ("run", "restart", "app", "--yes")
    changed = pixel_tui(hostile, tmp_path / "state", *words, named=False, **QUIET)
    assert changed.returncode == 0, changed.stdout + changed.stderr
    command = find_command(
        {**os.environ, **engine.env}, host=engine.host, directory=str(hostile.directory)
    )
    said = subprocess.run(
        command.compose_argv("up", "--detach"), cwd=hostile.directory, check=False,
        env={**os.environ, **QUIET, **engine.env, **command.environment},
        capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert remote_refusal(said.stderr)


BUILT: Final = "services: {app: {command: [sleep, '600'], stop_grace_period: 0s, build: .}}\n"
DOCKERFILE: Final = f"FROM {BASE_IMAGE}\nLABEL version="
ASKING: Final = {
    "nothing": {},
    "all that it may ask": {
        "BUILDX_GIT_INFO": "true", "BUILDX_GIT_LABELS": "full", "BUILDX_GIT_CHECK_DIRTY": "true",
    },
}  # fmt: skip
"""What a user may export of buildx's, and a checkout may say in its `.env`."""


@pytest.mark.parametrize("exported", ASKING.values(), ids=ASKING)
def test_a_build_asks_no_git_of_the_checkout(
    engine: Engine, make_project: MakeProject, tmp_path: Path, exported: Mapping[str, str]
) -> None:
    said = "".join(f"{name}={value}\n" for name, value in exported.items())
    files = {"Dockerfile": f"{DOCKERFILE}1\n", ".env": said}
    project = make_project(BUILT, files=files, up=True)
    (project.directory / "Dockerfile").write_text(f"{DOCKERFILE}2\n")
    git(project.directory, "init", "--quiet")
    programs, asked = tmp_path / "programs", tmp_path / "asked"
    programs.mkdir()
    asked.touch()
    between = programs / "git"
    # The plan asks as well, and obeys none of the checkout's settings: so it is told who asks.
    noted = f"cat /proc/$PPID/comm >> {asked}"
    between.write_text(f'#!/bin/sh\n{noted}\nexec {shutil.which("git")} "$@"\n')
    between.chmod(0o755)
    path = f"{programs}{os.pathsep}{engine.env['PATH']}"
    words = ["run", "rebuild", "app", "--yes"]
    built = pixel_tui(
        project, tmp_path / "state", *words, named=False, **{**QUIET, "PATH": path, **exported}
    )
    assert built.returncode == 0, built.stdout + built.stderr
    image = engine.inspect(project.container("app"))["Image"]
    assert engine.inspect(image)["Config"]["Labels"]["version"] == "2"
    assert "docker" not in asked.read_text()


@pytest.mark.parametrize("file", [f"{URL}x.git", "oci://127.0.0.1:9/x"])
@pytest.mark.parametrize("place", ["include", "-f", "COMPOSE_FILE", ".env"])
def test_a_remote_file_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, place: str
) -> None:
    program = compose_program()
    if program is None or not program[0].endswith("docker-compose"):
        pytest.skip("no compose program of the development set-up")
    folder = tmp_path / "project"
    folder.mkdir()
    marker = set_trap(folder, tmp_path)
    included = f"include: ['{file}']\n" if place == "include" else ""
    (folder / "compose.yaml").write_text(f"{included}services: {{{SERVICE}}}}}\n")
    # What a checkout may say of it does not count.
    named = f"COMPOSE_FILE={file}\nCOMPOSE_PATH_SEPARATOR=,\n" if place == ".env" else ""
    allowed = "".join(f"{name}=true\n" for name in LOCAL_ONLY)
    (folder / ".env").write_text(named + allowed)
    path = f"{Path(program[0]).parent}:{os.environ['PATH']}"
    environment = {**QUIET, "PATH": path, "HOME": str(tmp_path)}
    if place == "COMPOSE_FILE":
        environment |= {"COMPOSE_FILE": file, "COMPOSE_PATH_SEPARATOR": ","}
    monkeypatch.chdir(folder)
    monkeypatch.setattr("pixel_tui.stack.compose.find.PLUGIN_FOLDERS", ())
    command = find_command(environment, files=[file] if place == "-f" else [])
    project = ComposeProject(command, environment)
    with pytest.raises(ComposeRefused, match=re.escape(NOT_READ)) as refused:
        project.resolve()
    assert refused.value.hint == COPY_IT
    with pytest.raises(ComposeRefused, match=re.escape(NOT_READ)):
        project.environment_uses()
    assert not marker.exists()
