"""The installed program in a pty on a real engine."""

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from tests.engine.private_engine import Engine, Project
from tests.terminal.program import Program, program

ROOT = Path(__file__).parents[2]


def job_succeeded(text: str) -> bool:
    """Check that the job on the screen and earlier ones in the log have succeeded."""
    return any("succeeded" in line and "pixel-tui:" not in line for line in text.splitlines())


def env_of(engine: Engine) -> dict[str, str]:
    return {key: engine.env[key] for key in ("DOCKER_HOST", "DOCKER_CONFIG") if key in engine.env}


def opened(
    project: Project, home: Path, size: tuple[int, int] = (100, 30), **environment: str
) -> AbstractContextManager[Program]:
    """The program in a terminal, on a project by its name."""
    return program(
        "-p", project.name, home=home, size=size, cwd=project.directory,
        environment={**env_of(project.engine), **environment},
    )  # fmt: skip


def run_status(engine: Engine, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pixel_tui", "status", "-C", str(folder), *arguments],
        env={**engine.env, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
