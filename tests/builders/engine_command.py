"""The installed program, run from a shell on a project of a real engine."""

import subprocess
import sys
from pathlib import Path

from tests.builders.engine_readers import environment_of
from tests.engine.private_engine import Project


def start(
    project: Project, state: Path, *words: str, named: bool = True, **exported: str
) -> "subprocess.Popen[str]":
    """Start the program on the project; `named` tells whether its name is passed."""
    options = ["-C", str(project.directory), "--host", project.engine.host]
    options += ["-p", project.name] if named else []
    return subprocess.Popen(
        [sys.executable, "-m", "pixel_tui", *words, *options],
        env={**environment_of(project.engine), "XDG_STATE_HOME": str(state), **exported},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def pixel_tui(
    project: Project,
    state: Path,
    *words: str,
    named: bool = True,
    stdin: str = "",
    **exported: str,
) -> "subprocess.CompletedProcess[str]":
    """Run the program on the project to its end."""
    with start(project, state, *words, named=named, **exported) as process:
        try:
            out, err = process.communicate(stdin, timeout=90)
        finally:
            process.kill()
    return subprocess.CompletedProcess(words, process.returncode, out, err)
