"""A read-only process has no object that could change anything."""

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from pixel_tui import cli
from pixel_tui.clock import SystemClock
from pixel_tui.console import live as live_console
from pixel_tui.console.live import live_parts
from pixel_tui.demo import parts as demonstration
from pixel_tui.demo.parts import demo_parts
from pixel_tui.demo.stack.commands import DemoRunner
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.operations.operator import Operator
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.process import ProcessRunner
from pixel_tui.stack.watch.watcher import Watcher
from screens.changes.console_jobs import ConsoleJobs
from screens.changes.flow import Operations
from tests.builders.sessions import session
from widgets.dashboard.status_bar import Mode

ROOT = Path(__file__).parents[2]
COMMAND = ComposeCommand(directory="/srv/shop", project="shop")
READ_ONLY = Settings(read_only=True)
WRITABLE = Settings()
MAKERS = (Operator, Operations, ConsoleJobs, ProcessRunner, DemoRunner)


@pytest.fixture(autouse=True)
def no_log_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the logging of the test run."""
    for module in (live_console, demonstration):
        monkeypatch.setattr(module, "start_log", lambda _folder: None)


def observer() -> Watcher:
    world = DemoWorld(SystemClock())
    return Watcher(DemoEngine(world), DemoProject(world), SystemClock())


@pytest.fixture
def no_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the creation of changing objects fail."""

    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        pytest.fail("it was made", pytrace=True)

    for maker in MAKERS:
        monkeypatch.setattr(maker, "__init__", refuse)


@pytest.mark.usefixtures("no_makers")
@pytest.mark.parametrize(
    "words",
    [
        ["run", "restart"],
        ["backup", "now"],
        ["ledger", "reap"],
        ["audit", "accept"],
        ["env", "set", "A"],
        ["env", "unset", "A"],
        ["env", "confirm"],
    ],
)
def test_a_refused_change_ends_with_that_nothing_was_changed(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXEL_TUI_READ_ONLY", "1")
    assert cli.main(words) == 2
    assert capsys.readouterr().err.endswith("\npixel-tui: Nothing was changed.\n")


def test_a_read_only_console_has_no_operator() -> None:
    live = live_parts(observer(), COMMAND, session(READ_ONLY))
    assert live.operations is None
    assert live.modes == (Mode.READ_ONLY,)
    demo = demo_parts(session(READ_ONLY))
    assert demo.operations is None
    assert demo.drills == ()
    assert Mode.READ_ONLY in demo.modes


def test_a_writable_console_has_an_operator(tmp_path: Path) -> None:
    live = live_parts(observer(), COMMAND, session(WRITABLE))
    assert live.operations is not None
    assert live.modes == (Mode.LIVE,)
    assert demo_parts(session(WRITABLE)).operations is not None


COUNTING = """
import gc, sys
from pixel_tui.console.app import PixelTui
from pixel_tui.console.live import live_parts
from pixel_tui.demo import parts as demonstration
from pixel_tui import cli
from pixel_tui.clock import SystemClock
from pixel_tui.operations.audit.trail import AuditTrail
from pixel_tui.operations.operator import Operator
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.demo.stack.commands import DemoRunner
from pixel_tui.demo.stack.engine import DemoEngine
from pixel_tui.demo.stack.project import DemoProject
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.stack.programs.process import ProcessRunner
from pixel_tui.stack.watch.watcher import Watcher
from screens.changes.console_jobs import ConsoleJobs
from screens.changes.flow import Operations
from tests.builders.sessions import session

world = DemoWorld(SystemClock())
observer = Watcher(DemoEngine(world), DemoProject(world), SystemClock())
settings = Settings(read_only=sys.argv[1] == "read-only")
parts = live_parts(observer, ComposeCommand(), session(settings))
console = PixelTui(parts)
if parts.operations is not None:
    parts.operations.jobs._operator  # created with the first change
dangerous = (AuditTrail, Operator, DemoRunner, ProcessRunner, Operations, ConsoleJobs)
print(sorted({type(item).__name__ for item in gc.get_objects() if isinstance(item, dangerous)}))
"""


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("read-only", "[]"),
        ("writable", "['AuditTrail', 'ConsoleJobs', 'Operations', 'Operator', 'ProcessRunner']"),
    ],
)
def test_a_read_only_process_has_no_changing_object(mode: str, found: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, mode],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == found, done.stderr
