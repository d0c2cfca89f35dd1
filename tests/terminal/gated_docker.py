"""A docker program that waits before it does certain things."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.builders.terminal_engine import env_of
from tests.engine.private_engine import Engine, eventually

_GATED: Final = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    {words})
      echo "waiting at the gate of $word" >&{stream}
      echo >> {gates}/"$word".begun
      turn=$(wc -l < {gates}/"$word".begun)
      while [ ! -e {gates}/"$word" ] && [ ! -e {gates}/"$word.$turn" ]; do sleep 0.05; done
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
        gates: The words of docker's that it waits at.
        quiet: Its own words are not to be among what the real one says.
    """

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        *,
        gates: Sequence[str] = ("build", "up", "restart"),
        quiet: bool = False,
    ) -> None:
        self._gates = folder / "gates"
        self._programs = folder / "programs"
        for made in (self._gates, self._programs):
            made.mkdir(parents=True)
        self._path = engine.env["PATH"]
        self._engine = engine
        program = self._programs / "docker"
        real = shutil.which("docker", path=self._path)
        program.write_text(
            _GATED.format(
                gates=self._gates, real=real, words="|".join(gates), stream=2 if quiet else 1
            )
        )
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

    def let_pass(self, gate: str, *turns: int) -> None:
        """Let the first, the second... that comes there go on, and no other."""
        for turn in turns:
            (self._gates / f"{gate}.{turn}").touch()

    def begun(self, gate: str) -> int:
        """How often it was come to."""
        path = self._gates / f"{gate}.begun"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def wait_at(self, gate: str, turn: int = 1) -> None:
        """Wait until somebody waits there, for so many times."""
        eventually(lambda: self.begun(gate) >= turn)
