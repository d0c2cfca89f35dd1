"""The way from a clone to a console: `make run`, `make sandbox` and what they set up."""

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOUND = "#!/bin/sh\ncommand -v docker-compose\n"


def program(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that is set up, whose console says which compose it finds."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    program(tmp_path / "scripts" / "setup", "#!/bin/sh\n")
    program(tmp_path / ".venv" / "bin" / "pixel-tui", FOUND)
    return tmp_path


def make_run(clone: Path, path: str = "") -> str:
    environment = {**os.environ, "PATH": f"{path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["make", "run"], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_run_finds_the_compose_that_the_sandbox_was_made_with(clone: Path) -> None:
    own = clone / ".venv" / "lib" / "python3.11" / "site-packages" / "compose" / "docker-compose"
    program(own, "#!/bin/sh\n")
    mine = program(clone / "mine" / "docker-compose", "#!/bin/sh\n")
    assert make_run(clone) == str(own)
    assert make_run(clone, str(mine.parent)) == str(mine), "one that is installed is taken first"


def test_the_sandbox_without_an_engine_says_what_to_do(tmp_path: Path) -> None:
    said = "Cannot connect to the Docker daemon."
    docker = program(tmp_path / "docker", f"#!/bin/sh\necho {said} >&2\nexit 1\n")
    done = subprocess.run(
        [ROOT / "examples" / "sandbox" / "up"],
        env={"PATH": f"{docker.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    first, *others = done.stderr.splitlines()
    assert (done.returncode, first) == (1, said)
    assert len(others) == 1
    assert others[0].startswith("The sandbox needs a Docker engine that answers: start it (")


def test_set_up_that_is_interrupted_says_so_in_one_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    program(tmp_path / "bin" / "python3.13", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    endless = "import signal, sys\nprint('ready', file=sys.stderr, flush=True)\nsignal.pause()\n"
    program(tmp_path / "modules" / "venv" / "__init__.py", "")
    program(tmp_path / "modules" / "venv" / "__main__.py", endless)
    running = subprocess.Popen(
        ["scripts/setup", "run"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(tmp_path / "modules"),
        },
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stderr is not None
    with running, running.stderr as said:
        assert said.readline().startswith("setup: making .venv")
        assert said.readline() == "ready\n"
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does for Ctrl+C
        assert said.read() == "setup: interrupted; run it again to finish\n"
    assert running.returncode == 130


def test_a_wheel_holds_the_program_and_not_its_tests() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages = tools["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert packages == ["pixel_tui", "screens", "widgets"]
