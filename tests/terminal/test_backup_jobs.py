"""A console that is killed while it backs up or restores, on a real engine: nothing is lost."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders.terminal_jobs import Bench
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE, Engine, eventually
from tests.terminal.gated_docker import GatedDocker

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

STACK = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sleep, "100000"]
    stop_grace_period: 0s
    volumes: ["./data:/data"]
    healthcheck: {{test: ["CMD", "true"], interval: 1s}}
"""


@pytest.fixture
def bench(engine: Engine, make_project: MakeProject, tmp_path: Path) -> Iterator[Bench]:
    project = make_project(STACK, files={".env": "COLOUR=red\n", "data/notes": ""})
    with closing(sqlite3.connect(project.directory / "data/pixels.db")) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE pixels (colour TEXT)")
        database.execute("INSERT INTO pixels VALUES ('red')")
    project.compose("up", "--detach", "--wait")
    docker = GatedDocker(tmp_path / "gated", engine, gates=("ps", "stop", "start"), quiet=True)
    home = tmp_path / "home"
    home.mkdir()
    made = Bench(engine, project, docker, home)
    try:
        yield made
    finally:
        docker.open("ps", "stop", "start")
        eventually(lambda: not (home / "locks").exists() or not made.locked)


def backups(bench: Bench) -> list[Path]:
    return sorted(path.parent for path in place(bench).glob("*/2*/manifest.json"))


def halves(bench: Bench) -> list[Path]:
    return list(place(bench).glob("*/.*.partial"))


def place(bench: Bench) -> Path:
    return bench.home / "state/pixel-tui/backups"


def colours(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [colour for (colour,) in database.execute("SELECT colour FROM pixels")]


def done(bench: Bench, *words: str) -> str:
    running = bench.shell(*words)
    result, _ = running.communicate(timeout=60)
    return result


def killed(bench: Bench, *words: str, gate: str, turn: int) -> None:
    """Run something until it waits at a gate, and kill what ran it."""
    running = bench.shell(*words)
    bench.docker.wait_at(gate, turn)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    assert bench.locked, "its command holds the lock as long as it runs"


def test_a_console_that_is_killed_while_it_backs_up_leaves_a_whole_backup(bench: Bench) -> None:
    killed(bench, "backup", "now", gate="ps", turn=1)
    with bench.console() as it:
        it.wait_for("runs to its end")
        bench.docker.open("ps")
        it.wait_for("Everything is as planned")
        it.press("5\r")
        it.wait_for("abandoned")
        it.wait_for("data/pixels.db")
    (made,) = backups(bench)
    assert halves(bench) == []
    assert "is intact" in done(bench, "backup", "verify", made.name)
    assert [record["event"] for record in bench.records()][:2] == ["begin", "end"]


def test_a_backup_that_is_killed_with_its_console_is_recognised_as_half_made(bench: Bench) -> None:
    gate = bench.docker
    gate.let_pass("ps", 1)
    assert "Its output is in" in done(bench, "backup", "now")
    slow = bench.project.directory / "data/slow.db"
    with closing(sqlite3.connect(slow)) as database, database:
        database.execute("CREATE TABLE pixels (colour BLOB)")
        database.executemany(
            "INSERT INTO pixels VALUES (?)", ((os.urandom(1 << 20),) for _ in range(60))
        )
    running = bench.shell("backup", "now")
    gate.let_pass("ps", 2)
    eventually(lambda: [path for half in halves(bench) for path in half.glob("sqlite/*/slow.db")],
               every=0.002)  # fmt: skip
    os.kill(running.pid, signal.SIGKILL)
    worker = bench.job_of("backup")["command"]["pid"]
    os.killpg(worker, signal.SIGKILL)
    running.communicate()
    eventually(lambda: not bench.locked)
    (older,) = backups(bench)
    (half,) = halves(bench)
    gate.open("ps")
    result = done(bench, "backup", "now")
    assert "Back up" in result
    assert "exit code unknown" in result
    assert f"removed {half.name}, left over from an earlier backup" in result
    assert halves(bench) == []
    assert len(backups(bench)) == 2
    assert older in backups(bench)


GATES = {
    "check": ("ps", 2),
    "make": ("ps", 4),
    "stop": ("stop", 1),
    "restore": ("ps", 5),
    "start": ("start", 1),
}


@pytest.mark.parametrize("step", GATES)
def test_a_console_that_is_killed_in_any_step_of_a_restore_leaves_old_or_new(
    bench: Bench, step: str
) -> None:
    gate, data = bench.docker, bench.project.directory / "data/pixels.db"
    gate.let_pass("ps", 1)
    done(bench, "backup", "now")
    (made,) = backups(bench)
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("UPDATE pixels SET colour = 'blue'")
    (bench.project.directory / ".env").write_text("COLOUR=blue\n")
    name, turn = GATES[step]
    if step in {"restore", "start"}:
        gate.open("stop")
    if step == "start":
        gate.open("ps")  # how often the engine is asked before each file is not the point here
    elif step in {"make", "stop", "restore"}:
        gate.let_pass("ps", *range(2, 4 if step == "make" else 5))
    killed(
        bench, "backup", "restore", made.name, "--yes", "--confirm", bench.project.name,
        gate=name, turn=turn,
    )  # fmt: skip
    gate.open("ps", "stop", "start")
    eventually(lambda: not bench.locked)
    result = done(bench, "run", "start", "app", "--yes")
    assert "abandoned. Its pixel-tui was gone." in result
    aside = list(bench.project.directory.glob("data/pixels.db.before-*"))
    if step in {"check", "make", "stop"}:
        assert colours(data) == ["blue"]
        assert (bench.project.directory / ".env").read_text() == "COLOUR=blue\n"
        assert aside == []
        assert f"Restore {made.name} and Start the services that ran before" in result, (
            "what was never begun"
        )
    else:
        assert colours(data) == ["red"]
        assert (bench.project.directory / ".env").read_text() == "COLOUR=red\n"
        assert [colours(path) for path in aside] == [["blue"]]
        log = Path(bench.job_of("restore")["output"]).read_text()
        assert f"aside      data/pixels.db -> data/{aside[0].name}\n" in log
        assert (f"Old files kept in {bench.project.directory}: " in result) is (step == "restore")
        assert ("Everything is as planned" in result) is (step == "start")
    assert bench.project.inspect("app")["State"]["Running"]
    made_first = [["blue"]] if step != "check" else []
    copies = [colours(path / "sqlite/data/pixels.db") for path in backups(bench)]
    assert copies == [["red"], *made_first]
    events = [(record["event"], record.get("result")) for record in bench.records()]
    assert ("end", "abandoned") in events
    assert json.dumps(bench.records()).count('"begin"') == json.dumps(bench.records()).count(
        '"end"'
    )


def test_a_restore_that_is_killed_before_it_replaces_anything_says_so(bench: Bench) -> None:
    gate, data = bench.docker, bench.project.directory / "data/pixels.db"
    gate.let_pass("ps", 1)
    done(bench, "backup", "now")
    (made,) = backups(bench)
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("UPDATE pixels SET colour = 'blue'")
    gate.open("stop")
    gate.let_pass("ps", *range(2, 8))
    name = bench.project.name
    running = bench.shell("backup", "restore", made.name, "--yes", "--confirm", name)
    gate.wait_at("ps", 8)
    assert list(data.parent.glob("*.restoring")), "it is copied beside its place"
    os.killpg(bench.job_of("restore")["command"]["pid"], signal.SIGKILL)
    gate.open("ps")
    result, _ = running.communicate(timeout=60)
    assert (
        f"Restore {made.name} exited with exit code -9 (SIGKILL). Nothing was replaced." in result
    )
    assert "whole" not in result.rpartition("ended with")[2]
    assert colours(data) == ["blue"]
