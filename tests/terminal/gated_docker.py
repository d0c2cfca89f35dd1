"""A docker program that waits before it builds and before it brings anything up."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.engine.private_engine import Engine, eventually
from tests.terminal.test_engine import env_of

_GATED: Final = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    build|up|restart)
      echo "waiting at the gate of $word"
      echo >> {gates}/"$word".begun
      while [ ! -e {gates}/"$word" ]; do sleep 0.05; done
      break ;;
  esac
done
exec {real} "$@"
"""


class GatedDocker:
    """Stands before the real program on PATH.

    Args:
        folder: Where it is made.
        engine: The engine that the real one knows.
    """

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._gates = folder / "gates"
        self._programs = folder / "programs"
        for made in (self._gates, self._programs):
            made.mkdir(parents=True)
        self._path = engine.env["PATH"]
        self._engine = engine
        program = self._programs / "docker"
        real = shutil.which("docker", path=self._path)
        program.write_text(_GATED.format(gates=self._gates, real=real))
        program.chmod(0o755)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead to it."""
        return {
            **env_of(self._engine),
            "PATH": f"{self._programs}{os.pathsep}{self._path}",
        }

    def open(self, *gates: str) -> None:
        """Let what waits there go on, and what comes there later."""
        for gate in gates:
            (self._gates / gate).touch()

    def begun(self, gate: str) -> int:
        """How often it was come to."""
        path = self._gates / f"{gate}.begun"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def wait_at(self, gate: str) -> None:
        """Wait until somebody waits there."""
        eventually(lambda: self.begun(gate))
