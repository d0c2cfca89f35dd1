"""Consoles in a pty with jobs that outlive them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.operations.audit.origin import current_origin
from pixel_tui.operations.audit.trail import AuditTrail, audit_path
from pixel_tui.operations.jobs.lock import lock_holder
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project, eventually
from tests.terminal.gated_docker import GatedDocker
from tests.terminal.program import HOME, Program, program

ROOT = Path(__file__).parents[2]


STACK = """
services:
  api:
    image: %s
    build: .
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.1; done']
    volumes: [./gate:/gate]
    healthcheck:
      test: [CMD, test, -e, /gate/well]
      interval: 1s
      retries: 1000
    stop_grace_period: 2s
"""


@dataclass
class Bench:
    """A stack whose changes can be delayed, and its consoles."""

    engine: Engine
    project: Project
    docker: GatedDocker
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**self.docker.environment}

    def console(self) -> AbstractContextManager[Program]:
        return program(
            "-p", self.project.name, home=self.home, size=(140, 40),
            cwd=self.project.directory, environment=self.environment,
        )  # fmt: skip

    def shell(self, *words: str) -> "subprocess.Popen[str]":
        """`pixel-tui WORDS`, without a terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", "pixel_tui", *words, "-p", self.project.name],
            cwd=self.project.directory,
            env={
                **HOME, **self.environment, "HOME": str(self.home),
                "XDG_STATE_HOME": str(self.home / "state"),
                "XDG_CONFIG_HOME": str(self.home / "config"),
                "PIXEL_TUI_LOCKS": str(self.home / "locks"), "PYTHONPATH": str(ROOT),
            },
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    @contextmanager
    def rebuilding(self) -> Iterator[Program]:
        """A console with a rebuild that is delayed by gates."""
        with self.console() as it:
            it.wait_for("1 of 1 running")
            it.press(":")
            it.wait_for("Services")
            it.press("Rebuild api")
            it.wait_for(lambda text: text.count("Rebuild api") >= 2)
            it.press("\r")
            it.wait_for("Run it")
            it.press("y\r")
            yield it

    def records(self) -> list[dict[str, Any]]:
        audit = AuditTrail(
            audit_path(self.home / "state" / "pixel-tui"), SystemClock(), current_origin()
        )
        trail = audit.read()
        assert trail.problems == ()
        return [dict(record.fields) for record in trail.records]

    def _records(self) -> list[Path]:
        return list((self.home / "state" / "pixel-tui" / "jobs").glob("2*.json"))

    def job(self) -> dict[str, Any]:
        found = json.loads(self._records()[0].read_text())
        assert isinstance(found, dict)
        return found

    def job_of(self, action: str) -> dict[str, Any]:
        """Return the newest job of an action and its output file."""
        for path in sorted(self._records(), reverse=True):
            found: dict[str, Any] = json.loads(path.read_text())
            if found["plan"]["action"] == action:
                return {**found, "output": str(path.with_suffix(".log"))}
        raise LookupError(action)

    @property
    def locked(self) -> bool:
        return any(lock_holder(path) is not None for path in (self.home / "locks").iterdir())

    def image(self) -> str:
        return str(self.project.inspect("api")["Image"])


@pytest.fixture
def bench(engine: Engine, make_project: MakeProject, tmp_path: Path) -> Iterator[Bench]:
    name = f"pixel-tui-jobs-{os.getpid()}:latest"
    project = make_project(
        STACK % name,
        files={"Dockerfile": "FROM pixel-tui-test:latest\nLABEL version=1\n", "gate/well": ""},
    )
    project.compose("up", "--detach", "--build", "--wait")
    docker = GatedDocker(tmp_path / "gated", engine)
    home = tmp_path / "home"
    home.mkdir()
    made = Bench(engine, project, docker, home)
    try:
        yield made
    finally:
        docker.open("build", "up", "restart")
        eventually(lambda: not (home / "locks").exists() or not made.locked)
        engine.run(["docker", "image", "rm", "--force", name], check=False)
