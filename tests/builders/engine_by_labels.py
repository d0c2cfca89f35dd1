"""The installed program on a project that compose can't read."""

import os
import subprocess
import sys
from pathlib import Path

from tests.engine.private_engine import Engine, Project


def pixel_tui(
    engine: Engine, project: Project, state: Path, *words: str, named: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run the program in the project's folder, by default without its name."""
    options = ["-C", str(project.directory), "--host", engine.host]
    options += ["-p", project.name] if named else []
    return subprocess.run(
        [sys.executable, "-m", "pixel_tui", *words, *options],
        env={**os.environ, **engine.env, "XDG_STATE_HOME": str(state)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
