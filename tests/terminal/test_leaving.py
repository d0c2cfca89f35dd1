"""What becomes of a job when the console has to go, on a real engine."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builders.terminal_engine import opened
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Project, eventually
from tests.terminal.program import Program

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

SLOW = """
services:
  slow:
    image: pixel-tui-test:latest
    # It ends when it is let to, and not when it is asked to.
    command: [sh, -c, 'trap "while [ ! -e /gate/open ]; do sleep 0.1; done; exit 0" TERM;
      while :; do sleep 0.1; done']
    volumes: [./gate:/gate]
    stop_grace_period: 60s
"""


@contextmanager
def restarting(project: Project, home: Path) -> Iterator[Program]:
    """A console in which a restart runs until `open_gate` is called, at the latest at its end."""
    before = started_at(project)
    with opened(project, home) as it:
        it.wait_for("1 of 1 running")
        it.press("r")
        it.wait_for("restart slow")
        it.press("y\r")
        it.wait_for("Restarting")
        try:
            yield it
        finally:
            open_gate(project)
            # A container that is being restarted can't be removed.
            eventually(lambda: started_at(project) != before)


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(SLOW, files={"gate/keep": ""}, up=True)


def open_gate(project: Project) -> None:
    (project.directory / "gate" / "open").touch()


def records(home: Path) -> list[dict[str, Any]]:
    lines = (home / "state" / "pixel-tui" / "audit.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def started_at(project: Project) -> str:
    return str(project.inspect("slow")["State"]["StartedAt"])


def test_a_job_is_seen_to_its_end_below_the_restored_terminal(
    project: Project, tmp_path: Path
) -> None:
    before = started_at(project)
    with restarting(project, tmp_path) as it:
        it.signal(signal.SIGTERM)
        it.wait_for("still running: waiting for it")
        assert it.modes == it.modes_before
        assert it.raw.rfind(b"\x1b[?1049l") > it.raw.rfind(b"\x1b[?1049h")
        assert it.exit_code() is None
        open_gate(project)
        it.wait_for("succeeded")
        assert it.wait_exit() == 0
    assert started_at(project) != before
    begun, ended = records(tmp_path)
    assert (begun["event"], ended["event"], ended["result"]) == ("begin", "end", "succeeded")


@pytest.mark.parametrize("how", ["again", "ctrl+c"])
def test_who_insists_is_let_go_and_the_command_ends_by_itself(
    project: Project, tmp_path: Path, how: str
) -> None:
    before = started_at(project)
    with restarting(project, tmp_path) as it:
        it.signal(signal.SIGHUP)
        it.wait_for("waiting for it to finish")
        if how == "again":
            it.signal(signal.SIGTERM)
        else:
            it.press("\x03")
        it.wait_for("continues without pixel-tui")
        assert it.wait_exit() == 0
        assert started_at(project) == before
        assert [record["event"] for record in records(tmp_path)] == ["begin", "left"]
        assert_locked(project, tmp_path)
        open_gate(project)
        eventually(lambda: started_at(project) != before)
    assert Path(output_of(tmp_path)).read_text()


def output_of(home: Path) -> str:
    (path,) = (home / "state" / "pixel-tui" / "jobs").glob("*.log")
    return str(path)


def assert_locked(project: Project, home: Path) -> None:
    """Another console begins nothing while the command of the first one still runs."""
    with opened(project, home) as other:
        other.wait_for("1 of 1 running")
        other.press("r")
        other.wait_for("restart slow")
        other.press("y\r")
        other.wait_for("Another change")


def test_leaving_by_key_asks_first_and_says_what_goes_on(project: Project, tmp_path: Path) -> None:
    with restarting(project, tmp_path) as it:
        it.press("\x03")  # copies, or says how to quit: it ends nothing
        it.press("\x1b")
        it.wait_for("1 Services")
        it.press("q")
        it.wait_for("Quit pixel-tui?")
        it.press("\x03")
        it.wait_for("Quit pixel-tui?")
        it.press("\x1b")
        it.wait_for(lambda text: "Quit pixel-tui?" not in text)
        it.press("q")
        it.wait_for("Quit pixel-tui?")
        it.press("y")
        it.wait_for("continues without pixel-tui")
        assert it.wait_exit() == 0
        assert it.modes == it.modes_before
    assert [record["event"] for record in records(tmp_path)] == ["begin", "left"]


def test_a_job_is_seen_to_its_end_where_the_terminal_is_gone(
    project: Project, tmp_path: Path
) -> None:
    with restarting(project, tmp_path) as it:
        it.hang_up()
        eventually(lambda: "the terminal is gone" in log_of(tmp_path))
        assert it.exit_code() is None
        open_gate(project)
        eventually(lambda: it.exit_code() is not None)
    assert [record["event"] for record in records(tmp_path)] == ["begin", "end"]


def log_of(home: Path) -> str:
    return (home / "state" / "pixel-tui" / "pixel-tui.log").read_text()
