"""A read-only console sees the jobs of others, and leaves them and their records alone."""

import os
import signal
from pathlib import Path

import pytest

from tests.builders.terminal_jobs import Bench, bench
from tests.engine.private_engine import eventually
from tests.terminal.witness import RULES
from tests.terminal.witnessed import witnessed

__all__ = ["bench"]

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

VALUES = {
    "ContainerRun", "Effect", "Expectation", "JobScreen", "JobStatus", "LockOwner", "Plan",
    "PlanCheck", "ProcessMark", "RemoteJob", "Runner", "Step", "StepTime",
}  # fmt: skip
"""What a job is, and what shows it."""


def written(home: Path) -> dict[str, bytes]:
    """All that is kept of jobs and changes."""
    state = home / "state/pixel-tui"
    files = [*state.glob("jobs/*"), *state.glob("audit*"), *(home / "locks").iterdir()]
    return {str(path): path.read_bytes() for path in files}


def test_it_sees_a_job_live_and_can_only_look_on(bench: Bench) -> None:
    running = bench.shell("run", "restart", "api", "--yes")
    bench.docker.wait_at("restart")
    eventually(lambda: bench.job()["state"] == "running")
    with witnessed(
        "--read-only", "-p", bench.project.name,
        home=bench.home, cwd=bench.project.directory, environment=bench.environment,
    ) as (it, console):  # fmt: skip
        it.wait_for("READ-ONLY")
        it.press("5")
        it.wait_for("Run by another pixel-tui")
        before = written(bench.home)
        it.press("\r")
        it.wait_for("waiting at the gate of restart")
        at = console.settle("\x18\x18")
        assert at.place.screen == "JobScreen"
        assert "^x" not in it.text
        assert set(console.settle(count=True).changing) <= VALUES | RULES
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        it.wait_for("runs to its end")
        assert written(bench.home) == before, "nobody else writes by now, nor does it"
        bench.docker.open("restart")
        eventually(lambda: not bench.locked)
        it.wait_for("A pixel-tui that is not read-only will verify it.")
        console.settle("\x1b")
        it.press("q")
        assert it.wait_exit() == 0
    assert bench.job()["state"] == "running", "it was not settled"
    assert [record["event"] for record in bench.records()] == ["begin"]
    said, _ = bench.shell("run", "start", "api", "--yes").communicate(timeout=60)
    assert "abandoned. Its pixel-tui was gone." in said
