"""A read-only console only reads, whatever is pressed: seen from the engine's side."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pixel_tui.console.keymap import BINDING_OWNERS
from tests.builders import ledger_files
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import Engine, Project, eventually
from tests.terminal.every_key import ESCAPE, bound_keys, every_key
from tests.terminal.program import Program
from tests.terminal.recorded_programs import RecordedPrograms, reads
from tests.terminal.recording_proxy import RecordingProxy
from tests.terminal.witness import RECORD
from tests.terminal.witnessed import Place, Settled, Witnessed, witnessed

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

_WAITS: Final = """
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; while :; do date; sleep 1 & wait $$!; done']
    stop_grace_period: 2s"""
STACK: Final = f"""
services:
  ended:
    image: pixel-tui-test:latest
    command: [sh, -c, 'echo over; exit 3']
  many:{_WAITS}
    scale: 2
  optional:{_WAITS}
    profiles: [extra]
  probed:{_WAITS}
    depends_on: [many]
    healthcheck:
      test: [CMD, "true"]
      interval: 1s
"""
SERVICES: Final = ("ended", "many", "optional", "probed")
BASES: Final = {"CursorTable", "Dialog", "KeyedTable", "ScrollingDialog"}
"""Whose keys are those of what is derived from them."""
TABLE: Final = Place("DashboardScreen", "ServiceTable#None", ())
WAYS: Final = {
    "services": (),
    "logs": ("2",),
    "details": ("3",),
    "events": ("4",),
    "jobs": ("5",),
    "filter": ("/",),
    "search": ("2", "/"),
    "time": ("2", "J"),
    "whose logs": ("2", "f"),
    "errors": ("2", "!"),
    "line": (*[ESCAPE] * 3, "g", "2", "G", "k", "\r"),
    "help": ("?",),
    "columns": ("c",),
    "health log": (*[ESCAPE] * 3, "/", "probed", "\r", "g", "p"),
    "palette": (":",),
    "recovery": ("A",),
    "audit": ("U",),
    "tasks": ("W",),
    "tasks, searched": ("W", "/"),
    "a task": ("W", "\r"),
    "a task's log": ("W", "\r", "4"),
    "figures of tasks": ("W", "i"),
    "environment": ("E",),
    "environment's filter": ("E", "/"),
    "comparison": ("E", "c", "\r"),
    "saved versions": ("E", "h"),
}
"""How to come from the service table to every place that has keys."""
NEED_AN_OPERATOR: Final = frozenset(
    {
        *("PlanScreen", "JobScreen", "JobOutput", "QuitScreen", "EnvironmentEditor", "ValueScreen"),
        *("SaveScreen", "MergeScreen", "TaskWritingScreen"),
    }
)
BATCH: Final = 40


@dataclass(frozen=True)
class Recorded:
    """A stack, and everything between it and a console."""

    project: Project
    proxy: RecordingProxy
    programs: RecordedPrograms
    home: Path

    @property
    def changing_requests(self) -> list[str]:
        """What was asked of the engine that may change something."""
        return [f"{item.method} {item.target}" for item in self.proxy.requests if not item.reads]

    @property
    def changing_programs(self) -> list[list[str]]:
        """Programs that were started and may change something."""
        return [argv for argv in self.programs.started if not reads(argv)]

    @property
    def log(self) -> str:
        """The console's log file."""
        return (self.home / "state" / "pixel-tui" / "pixel-tui.log").read_text()

    def lives(self) -> dict[str, tuple[str, str]]:
        """When each container was started and ended."""
        ids = self.project.compose("ps", "--all", "--quiet").stdout.split()
        states = {item: self.project.engine.inspect(item)["State"] for item in ids}
        return {item: (state["StartedAt"], state["FinishedAt"]) for item, state in states.items()}


@pytest.fixture
def recorded(
    engine: Engine, base_image: str, make_project: MakeProject, tmp_path: Path
) -> Iterator[Recorded]:
    files = {
        ".env": "LEVEL=info\nTOKEN=hunter2\n",
        ".env.example": "LEVEL=info\nPORT=1\n",
        "data/task-ledger.json": ledger_files.text(ledger_files.task()).decode(),
    }
    project = make_project(STACK, files=files)
    project.compose("up", "--detach")
    eventually(lambda: project.health("probed") == "healthy")
    eventually(lambda: not project.inspect("ended")["State"]["Running"])
    home = tmp_path / "home"
    home.mkdir()
    # The path of a socket is limited to some hundred characters, so not pytest's folder.
    with tempfile.TemporaryDirectory(prefix="pixel-tui-", dir="/tmp") as folder:
        socket = Path(engine.host.removeprefix("unix://"))
        with RecordingProxy(Path(folder) / "proxy.sock", socket) as proxy:
            programs = RecordedPrograms(tmp_path / "recorded", engine)
            yield Recorded(project, proxy, programs, home)


def start(recorded: Recorded, *arguments: str) -> AbstractContextManager[tuple[Program, Witnessed]]:
    """A console on the stack, with everything recorded."""
    return witnessed(
        *arguments,
        "-p",
        recorded.project.name,
        home=recorded.home,
        cwd=recorded.project.directory,
        environment={
            **recorded.programs.environment,
            "DOCKER_HOST": recorded.proxy.host,
            RECORD: str(recorded.programs.record),
        },
    )


def back(console: Witnessed) -> Settled:
    """Go back to the service table: out of every dialog, pane and line of input."""
    for _ in range(20):
        at = console.settle(ESCAPE * 4)
        if at.place == TABLE:
            return at
    raise AssertionError("no way back to the service table")


def go(console: Witnessed, name: str) -> Settled:
    """Go to a place from wherever the console is."""
    at = back(console)
    for keys in WAYS[name]:
        at = console.settle(keys)
    return at


def press_every_key(console: Witnessed, name: str) -> Place:
    """Press every key in a place, except those that leave the console."""
    now = at = go(console, name)
    place = at.place
    assert place != TABLE or not WAYS[name], f"no way to the {name}: {at}"
    keys = every_key()
    unbound = [key for key in keys if key not in at.bound]
    for first in range(0, len(unbound), BATCH):
        batch = unbound[first : first + BATCH]
        now = console.settle("".join(keys[key] for key in batch))
        assert now.place == place, f"something in {batch} leads from the {name} to {now.place}"
    # What is bound may lead away: one by one, and back each time.
    for key in sorted(set(keys) & at.bound - at.leaving):
        if now.place != place:
            now = go(console, name)
            assert now.place == place, f"no way to the {name} before {key}: {now.place}"
        now = console.settle(keys[key])
    arrived = {key for key, there in console.arrived if there == place}
    assert arrived >= set(keys) - at.leaving, f"in the {name}: {set(keys) - arrived}"
    return place


def run_command(console: Witnessed, name: str) -> Settled:
    """Run a command by its name, or what the palette takes for it."""
    back(console)
    console.settle(":")
    offered = console.settle(name)
    console.settle("\r")
    return offered


def test_a_read_only_console_only_reads_whatever_is_pressed(recorded: Recorded) -> None:
    lives = recorded.lives()
    with start(recorded, "--read-only") as (it, console):
        it.wait_for("READ-ONLY")
        it.wait_for(lambda text: all(f" {name} " in text for name in SERVICES))
        it.wait_for("healthy")
        console.looks = False
        places = [press_every_key(console, name) for name in WAYS]
        visited = {kind for place in places for kind in place.inside}
        tables = {"ServiceTable", "TaskTable"}
        wanted = {kind.__name__ for kind in BINDING_OWNERS} - BASES | tables
        assert visited >= wanted - NEED_AN_OPERATOR
        back(console)
        counted = console.settle(count=True)
        assert counted.changing == ()
        assert set(counted.commands) >= {f"Select {name}" for name in SERVICES}
        for name in counted.commands:
            if name != "Quit":
                assert name in run_command(console, name).shown
        for name in SERVICES:
            for verb in ("Start", "Stop", "Restart"):
                assert f"{verb} {name}" not in counted.commands
                offered = run_command(console, f"{verb} {name}").shown
                assert f"{verb} {name}" not in offered
        back(console)
        assert console.settle(count=True).changing == ()
        it.resize(101, 36)
        it.press("?")
        it.wait_for("Keys of this view")
        it.press(ESCAPE)
        it.wait_for(lambda text: "Keys of this view" not in text)
        it.press("q")
        assert it.wait_exit() == 0
    assert not {place.screen for _, place in console.arrived} & NEED_AN_OPERATOR
    assert set(every_key()) >= bound_keys()
    assert len(recorded.proxy.requests) > 20
    assert recorded.changing_requests == []
    assert recorded.programs.started
    assert recorded.changing_programs == []
    assert recorded.programs.connected == {recorded.proxy.host.removeprefix("unix://")}
    assert recorded.lives() == lives
    assert not (recorded.home / "state" / "pixel-tui" / "audit.jsonl").exists()
    assert not re.search("ERROR|CRITICAL|Traceback", recorded.log), recorded.log


def test_a_writable_console_is_seen_to_change_by_the_same_witnesses(recorded: Recorded) -> None:
    lives = recorded.lives()
    with start(recorded) as (it, console):
        it.wait_for("LIVE")
        it.wait_for("healthy")
        counted = console.settle(count=True)
        assert "Operations" in counted.changing
        offered = {f"{verb} {name}" for verb in ("Start", "Stop", "Restart") for name in SERVICES}
        assert set(counted.commands) >= offered
        assert recorded.changing_requests == []
        assert recorded.changing_programs == []
        assert "Restart many" in run_command(console, "Restart many").shown
        it.wait_for("Run it")
        assert console.settle().place.screen == "PlanScreen"
        it.press("y\r")
        it.wait_for("succeeded")
        # What carries a change out is made for the first one.
        changing = console.settle(count=True).changing
        assert {"Operator", "Operations", "ProcessRunner", "AuditTrail"} <= set(changing)
    assert any(re.match(r"POST .*/containers/", item) for item in recorded.changing_requests)
    assert {"docker", "docker-compose"} <= {
        Path(argv[0]).name for argv in recorded.changing_programs
    }
    assert recorded.lives() != lives
