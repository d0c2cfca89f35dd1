"""Waiting for health checks between two steps of a plan."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.clock import SystemClock
from pixel_tui.demo.stack.commands import DemoRunner
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.programs import health_wait
from pixel_tui.stack.programs.health_wait import main, wait_argv
from tests.builders.asking import has_exited, script_with_child
from tests.engine.private_engine import eventually
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def state(name: str, status: str = "running", health: str = "") -> str:
    inside = {"Status": status, **({"Health": {"Status": health}} if health else {})}
    return json.dumps({"Name": f"/{name}", "State": inside})


class Docker:
    """A docker program with scripted outputs, the last of which repeats."""

    def __init__(self, *answers: ProgramOutput) -> None:
        self.answers = list(answers)
        self.asked: list[Sequence[str]] = []

    def __call__(self, *_: object) -> "Docker":
        return self

    def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
        self.asked.append(argv)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def inspected(*states: str) -> ProgramOutput:
    return ProgramOutput(0, "\n".join(states).encode(), b"")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_wait, "POLL_SECONDS", 0.001)


def wait(monkeypatch: pytest.MonkeyPatch, docker: Docker, *words: str) -> int:
    monkeypatch.setattr(health_wait, "RealPrograms", docker)
    return main(words)


@pytest.mark.usefixtures("quick")
class TestWaiting:
    def test_it_ends_when_all_are_healthy(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docker = Docker(
            inspected(state("db", health="starting"), state("mail", health="healthy")),
            inspected(state("db", health="unhealthy"), state("mail", health="healthy")),
            inspected(state("db", health="healthy"), state("mail", health="healthy")),
        )
        assert wait(monkeypatch, docker, "--limit", "60", "db", "mail") == 0
        assert capsys.readouterr().out.splitlines() == [
            "db  starting", "mail  healthy", "db  unhealthy", "db  healthy",
        ]  # fmt: skip
        assert all(argv[:3] == ("docker", "container", "inspect") for argv in docker.asked)

    @pytest.mark.parametrize("found", [state("db", "exited", "unhealthy"), state("db")])
    def test_nothing_is_waited_for_that_will_not_come(
        self, monkeypatch: pytest.MonkeyPatch, found: str
    ) -> None:
        assert wait(monkeypatch, Docker(inspected(found)), "--limit", "60", "db") == 0

    def test_what_does_not_come_in_time_is_told_and_does_not_fail(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docker = Docker(inspected(state("db", health="starting")))
        assert wait(monkeypatch, docker, "--limit", "0", "db") == 0
        assert capsys.readouterr().out.endswith("db: stopped waiting (0s)\n")

    def test_an_engine_that_is_gone_fails(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docker = Docker(ProgramOutput(1, b"", b"Cannot connect to the Docker daemon"))
        assert wait(monkeypatch, docker, "--limit", "0", "db") == 1
        assert "Cannot connect" in capsys.readouterr().out

    def test_an_engine_that_does_not_answer_is_waited_for_no_longer_than_the_limit(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Silent(Docker):
            def run(self, argv: Sequence[str], **_how: Any) -> ProgramOutput:
                raise OperationError("The program did not end within 10s.", on="docker")

        assert wait(monkeypatch, Silent(), "--limit", "0", "db") == 1
        assert "did not end within 10s" in capsys.readouterr().out


def ended(name: str, code: int) -> str:
    return json.dumps({"Name": f"/{name}", "State": {"Status": "exited", "ExitCode": code}})


@pytest.mark.usefixtures("quick")
class TestTasks:
    def test_it_is_over_when_all_have_ended_with_0(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docker = Docker(inspected(state("migrate")), inspected(ended("migrate", 0)))
        assert wait(monkeypatch, docker, "--completed", "--limit", "60", "migrate") == 0
        assert capsys.readouterr().out.splitlines() == ["migrate  running", "migrate  exited (0)"]

    def test_a_task_that_fails_ends_the_plan(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        docker = Docker(inspected(ended("migrate", 3), ended("seed", 0)))
        assert wait(monkeypatch, docker, "--completed", "--limit", "60", "migrate", "seed") == 1
        assert "migrate failed: its dependents are unchanged" in capsys.readouterr().out

    @pytest.mark.parametrize("found", [state("migrate"), state("migrate", "restarting")])
    def test_one_that_is_not_done_in_time_ends_it_too(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: str
    ) -> None:
        assert wait(monkeypatch, Docker(inspected(found)), "--completed", "--limit", "0", "m") == 1
        assert "migrate: not finished after 0s" in capsys.readouterr().out


def test_the_engine_of_the_console_is_used() -> None:
    command = ComposeCommand(docker=("docker", "--host", "unix:///x y"))
    argv = wait_argv(command, ["db"], 5)
    assert argv[1:4] == ("-P", "-m", "pixel_tui.stack.programs.health_wait")
    assert argv[4:] == ("--limit", "5", "--docker", "docker --host 'unix:///x y'", "db")


def test_the_demo_stack_waits_as_well(tmp_path: Path) -> None:
    world = DemoWorld(SystemClock())
    argv = wait_argv(ComposeCommand(), ["pixel-postgres-1"], 5)
    output = tmp_path / "out"
    command = DemoRunner(world, pace=0).start(argv, directory="", environment={}, output=output)
    assert command.wait(PATIENCE) == 0
    assert output.read_text() == "pixel-postgres-1  healthy\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_the_docker_program_as_well(tmp_path: Path, number: int) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\n{script_with_child(tmp_path)}\n")
    docker.chmod(0o755)
    argv = [sys.executable, "-m", health_wait.MODULE, "--docker", str(docker), "--limit", "60", "x"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=dict(os.environ)) as waiting:
        eventually((tmp_path / "pid").exists)
        waiting.send_signal(number)
        assert waiting.communicate(timeout=PATIENCE)[0] == b"It was cancelled.\n"
    assert waiting.returncode == 1
    eventually(lambda: has_exited(int((tmp_path / "pid").read_text())))
