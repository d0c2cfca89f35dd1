"""A job outlives what began it: killed, hung up, raced and watched, on a real engine."""

import os
import signal

import pytest

from tests.builders.terminal_jobs import Bench, bench
from tests.engine.private_engine import eventually

__all__ = ["bench"]

pytestmark = [pytest.mark.terminal, pytest.mark.engine]


@pytest.mark.parametrize("step", ["build", "up", "verify"])
def test_a_console_that_is_killed_in_any_step_of_a_rebuild_loses_nothing(
    bench: Bench, step: str
) -> None:
    (bench.project.directory / "Dockerfile").write_text(
        "FROM pixel-tui-test:latest\nLABEL version=2\n"
    )
    (bench.project.directory / "gate" / "well").unlink()
    before = bench.image()
    bench.docker.open(*{"build": (), "up": ("build",), "verify": ("build", "up")}[step])
    with bench.rebuilding() as it:
        if step == "verify":
            eventually(lambda: bench.job()["state"] == "verifying")
        else:
            bench.docker.wait_at(step)
        it.signal(signal.SIGKILL)
        it.wait_exit()
    assert bench.locked is (step != "verify"), "its command holds the lock as long as it runs"
    if step == "build":
        with bench.console() as next_one:
            next_one.wait_for("runs to its end")
            next_one.press("5\r")
            next_one.wait_for("waiting at the gate of build")
            bench.docker.open("build")
            next_one.wait_for("abandoned")
            next_one.wait_for("exited with exit code 0")
            next_one.wait_for("Never started: Bring")  # the line is folded behind it
        assert bench.docker.begun("up") == 0
        assert bench.image() == before
    else:
        bench.docker.open("up")
        eventually(lambda: not bench.locked)
        (bench.project.directory / "gate" / "well").touch()
        eventually(lambda: bench.project.health("api") == "healthy")
        with bench.console() as next_one:
            next_one.wait_for("Everything is as planned")
            next_one.press("5")
            next_one.wait_for("abandoned")
        assert bench.image() != before
    begin, end = bench.records()
    assert (begin["event"], end["event"]) == ("begin", "end")
    assert begin["job"] == end["job"] == bench.job()["id"]
    assert (end["result"], end["exit_code"]) == ("abandoned", 0)
    assert bench.job()["state"] == "abandoned"


def test_a_killed_run_of_a_build_that_fails_is_told_as_failed(bench: Bench) -> None:
    (bench.project.directory / "Dockerfile").write_text("FROM pixel-tui-test:latest\nRUN exit 3\n")
    running = bench.shell("run", "rebuild", "api", "--yes")
    bench.docker.wait_at("build")
    running.kill()
    running.wait()
    bench.docker.open("build")
    eventually(lambda: not bench.locked)
    later = bench.shell("run", "start", "api", "--yes")
    said, _ = later.communicate(timeout=60)
    assert "abandoned. Its pixel-tui was gone." in said
    assert "Never started" in said
    assert "Nothing to start" in said
    _begin, end = bench.records()
    assert end["exit_code"] not in {0, None}


def test_of_two_that_race_for_a_stack_exactly_one_wins(bench: Bench) -> None:
    racers = [bench.shell("run", "restart", "api", "--yes") for _ in range(2)]
    bench.docker.wait_at("restart")
    eventually(lambda: any(racer.poll() is not None for racer in racers))
    (loser,) = [racer for racer in racers if racer.poll() is not None]
    (winner,) = [racer for racer in racers if racer is not loser]
    said, _ = loser.communicate(timeout=60)
    assert loser.returncode == 2
    assert "Another change to this stack is running: Restart api" in said
    assert f"process {winner.pid}, since " in said
    bench.docker.open("restart")
    said, _ = winner.communicate(timeout=60)
    assert winner.returncode == 0, said
    assert [record["event"] for record in bench.records()] == ["begin", "end"]
    assert bench.docker.begun("restart") == 1


def test_a_run_whose_connection_drops_goes_on_to_its_end(bench: Bench) -> None:
    running = bench.shell("run", "restart", "api", "--yes")
    bench.docker.wait_at("restart")
    assert running.stdout is not None
    running.stdout.close()
    os.killpg(running.pid, signal.SIGHUP)
    bench.docker.open("restart")
    assert running.wait(60) == 0
    assert [record["event"] for record in bench.records()] == ["begin", "end"]
    assert bench.records()[-1]["result"] == "succeeded"
    (away,) = bench.job()["away"]
    assert away["service"] == "api"
    assert 0 < away["seconds"] < 30
    said, _ = bench.shell("plan", "restart", "api").communicate(timeout=60)
    assert "; was down " in said, "the next plan tells how long it took"
    assert "the last time" in said


def test_a_second_console_sees_the_job_live_and_may_ask_for_its_end(bench: Bench) -> None:
    running = bench.shell("run", "restart", "api", "--yes")
    bench.docker.wait_at("restart")
    with bench.console() as it:
        it.wait_for("1 of 1 running")
        it.press("5")
        it.wait_for("Run by another pixel-tui")
        it.press("1r")
        it.wait_for("restart api")
        it.press("y\r")
        it.wait_for("Another change to this stack is running")
        it.press("5\r")
        it.wait_for("waiting at the gate of restart")
        it.press("\x18")
        it.wait_for("Press ^x again")
        it.press("\x18")
        it.wait_for("■ cancelled")
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "\ncancelled: " in said
    assert [record["event"] for record in bench.records()] == ["begin", "end"]
    assert bench.records()[-1]["result"] == "cancelled"
