"""Environments applied on a real engine."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixel_tui.environment.apply.apply_request import ApplyOutcome
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.environment.apply.state import ApplyFiles, Phase
from pixel_tui.environment.apply.worker import worker_argv
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.stack.compose.command import ComposeCommand
from tests.engine.private_engine import Engine, Project, unique_name
from tests.patience import PATIENCE

YAML = """
services:
  api:
    image: pixel-tui-test:latest
    env_file: .env
    command: [sleep, "600"]
    stop_grace_period: 0s
    healthcheck:
      test: [CMD-SHELL, '[ "$$MODE" = good ]']
      interval: 1s
      timeout: 2s
      retries: 1
  web:
    build: {context: ., args: {NEXT_PUBLIC_API_URL: "${NEXT_PUBLIC_API_URL}"}}
    command: [sleep, "600"]
    stop_grace_period: 0s
    healthcheck: {test: [CMD, "true"], interval: 1s}
  other:
    image: pixel-tui-test:latest
    command: [sleep, "600"]
    stop_grace_period: 0s
"""


DOCKERFILE = (
    "FROM pixel-tui-test:latest\nARG NEXT_PUBLIC_API_URL\nRUN echo $NEXT_PUBLIC_API_URL > /u\n"
)


BEFORE = b"MODE=good # as it was\nSECRET_KEY=first-value\nNEXT_PUBLIC_API_URL=http://a\n"


def eventually(
    check: Callable[[], object], what: str, of: "subprocess.Popen[str] | None" = None
) -> None:
    """Wait for a condition; fail with the output of a program that exits early."""
    end = time.monotonic() + PATIENCE
    while not check():
        if of is not None and of.poll() is not None:
            pytest.fail(f"it ended before {what}: {of.communicate()[0]}")
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


class Bench:
    """A running project, and the program that applies environments to it."""

    def __init__(self, engine: Engine, project: Project, state: Path) -> None:
        self.engine, self.project, self.state = engine, project, state
        self.file = project.directory / ".env"
        self.started: list[subprocess.Popen[str]] = []

    @property
    def confirmation(self) -> Confirmation:
        return Confirmation(self.state / "pixel-tui", self.project.directory)

    @property
    def files(self) -> ApplyFiles:
        return ApplyFiles(self.state / "pixel-tui", self.project.directory)

    def phase(self) -> Phase | None:
        state = self.files.read()
        return state.phase if state else None

    def start(self, content: bytes, *words: str, within: float = 60) -> "subprocess.Popen[str]":
        staged = Staging(self.state / "pixel-tui", self.project.directory).stage(
            content, base=digest(BEFORE)
        )
        was = hashlib.sha256(self.file.read_bytes()).hexdigest()
        return self.run("apply", staged, "--was", was, "--within", str(within), *words)

    def run(self, *words: str) -> "subprocess.Popen[str]":
        command = ComposeCommand(directory=str(self.project.directory))
        process = subprocess.Popen(
            worker_argv(command, self.project.name, *words),
            env={**os.environ, **self.engine.env, "XDG_STATE_HOME": str(self.state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def console(self, *words: str, confirm_seconds: int = 60) -> "subprocess.Popen[str]":
        """`pixel-tui run`, as from a shell."""
        config = self.state / "settings.toml"
        config.parent.mkdir(exist_ok=True)
        config.write_text(f"confirm_seconds = {confirm_seconds}\n")
        return self._pixel_tui("run", *words, PIXEL_TUI_CONFIG=str(config))

    def shell(self, *words: str) -> tuple[int, str]:
        """Run another shell command; return its exit code and output."""
        process = self._pixel_tui(*words)
        output, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, output

    def _pixel_tui(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "pixel_tui", "-C", str(self.project.directory), *words],
            env={
                **os.environ,
                **self.engine.env,
                "XDG_STATE_HOME": str(self.state),
                "PIXEL_TUI_LOCKS": str(self.state),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def kill_waiting(self, console: "subprocess.Popen[str]") -> None:
        """Kill a console and its apply, which waits to be confirmed."""
        eventually(self.confirmation.waiting, "it waits to be confirmed", console)
        state = self.files.read()
        assert state is not None
        assert state.process is not None
        os.killpg(console.pid, signal.SIGKILL)
        os.kill(state.process.pid, signal.SIGKILL)
        eventually(self.confirmation.interrupted, "it is left half done")

    def outcome(self, process: "subprocess.Popen[str]", *said: str) -> ApplyOutcome:
        output, _ = process.communicate(timeout=PATIENCE)
        assert "first-value" not in output
        assert "second-value" not in output
        for words in said:
            assert words in output, output
        return ApplyOutcome(process.returncode)

    def variable(self, service: str, name: str) -> str:
        pairs = (item.partition("=") for item in self.project.inspect(service)["Config"]["Env"])
        return next((value for key, _, value in pairs if key == name), "")

    def image_file(self) -> str:
        return self.project.compose("exec", "-T", "web", "cat", "/u").stdout.strip()

    def require_as_before(self) -> None:
        assert self.file.read_bytes() == BEFORE
        assert self.variable("api", "SECRET_KEY") == "first-value"
        assert self.files.read() is None
        assert not list((self.state / "pixel-tui" / "environment").glob("apply-*"))


@pytest.fixture(scope="module")
def project(
    engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """One project for all tests: an apply leaves it unchanged, or `up` restores it."""
    name = unique_name("confirmed")
    directory = tmp_path_factory.mktemp("confirmed") / name
    directory.mkdir()
    (directory / "docker-compose.yml").write_text(YAML)
    (directory / "Dockerfile").write_text(DOCKERFILE)
    project = Project(engine, directory, name)
    yield project
    project.down()
