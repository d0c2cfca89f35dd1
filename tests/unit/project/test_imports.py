"""What importing a part brings along: shown by fresh interpreters, where no graph can err."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pixel_tui.commands.console import MAX_FPS

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "pixel_tui"
KNOW_THE_TOOLKIT = {
    "pixel_tui.cli",
    "pixel_tui.console.app",
    "pixel_tui.console.running",
    "pixel_tui.console.keymap",
    "pixel_tui.console.keys_page",
    "pixel_tui.console.live",
    "pixel_tui.console.parts",
    "pixel_tui.console.theme",
    "pixel_tui.demo.parts",
    "pixel_tui.terminal.app",
    "pixel_tui.terminal.cell_text",
    "pixel_tui.terminal.cells",
    "pixel_tui.terminal.compositor",
    "pixel_tui.terminal.driver",
    "pixel_tui.terminal.keys",
    "pixel_tui.terminal.painting",
}

IMPORTING = """
import importlib, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
    for toolkit in ("textual", "rich"):
        if toolkit in sys.modules:
            found.setdefault(toolkit, name)
print(json.dumps(found))
"""
RUNNING = """
import contextlib, io, json, sys
from pixel_tui.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        main(json.loads(sys.argv[1]))
    except SystemExit:
        pass
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""

HURRYING = """
import json
from pixel_tui.commands.console import speed_up_start
speed_up_start()
from textual.screen import UPDATE_PERIOD
print(json.dumps(UPDATE_PERIOD))
"""


def answer_of(script: str, argument: object) -> object:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(argument)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: object = json.loads(done.stdout)
    return answer


def modules() -> list[str]:
    """Every module below the package, by its name."""
    paths = [path.relative_to(ROOT).with_suffix("") for path in PACKAGE.rglob("*.py")]
    names = {".".join(path.parts).removesuffix(".__init__") for path in paths}
    assert names > KNOW_THE_TOOLKIT
    return sorted(names - KNOW_THE_TOOLKIT)


def test_nothing_below_the_app_brings_the_toolkit_along() -> None:
    found = modules()
    assert {
        "pixel_tui.stack.watch.watcher",
        "pixel_tui.commands.status_output",
        "pixel_tui.health.findings",
    } <= set(found)
    assert answer_of(IMPORTING, found) == {}


def test_the_parts_of_status_need_no_toolkit_and_no_docker() -> None:
    pure = [
        "pixel_tui.stack.watch.look_once",
        "pixel_tui.commands.status_output",
        "pixel_tui.stack.watch.watcher",
    ]
    script = IMPORTING.replace('("textual", "rich")', '("textual", "rich", "docker", "requests")')
    assert answer_of(script, pure) == {}


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_the_version_and_the_help_load_next_to_nothing(argument: str) -> None:
    loaded = answer_of(RUNNING, [argument])
    assert isinstance(loaded, list)
    assert not {"textual", "rich", "docker", "requests", "asyncio"} & set(loaded)


def test_the_command_line_loads_no_part_of_a_command_before_it_is_asked_for() -> None:
    script = IMPORTING.replace(
        '("textual", "rich")', '("pixel_tui.environment", "pixel_tui.ledger", "pixel_tui.backups")'
    )
    assert answer_of(script, ["pixel_tui.cli"]) == {}


@pytest.mark.parametrize("command", [["status", "--json"], ["doctor", "--json"]])
def test_a_command_for_scripts_on_a_local_engine_loads_no_toolkit_and_no_sdk(
    command: list[str], tmp_path: Path
) -> None:
    nowhere = ["--host", f"unix://{tmp_path}/none.sock", "-C", str(tmp_path)]
    loaded = answer_of(RUNNING, [*command, *nowhere])
    assert isinstance(loaded, list)
    assert "http" in loaded
    assert not {"textual", "rich", "docker", "requests"} & set(loaded)


def test_an_environment_is_checked_without_a_toolkit_and_an_sdk(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    loaded = answer_of(RUNNING, ["env", "check", "-C", str(tmp_path)])
    assert isinstance(loaded, list)
    late = {"textual", "rich", "docker", "requests", "asyncio", "dotenv"}
    assert not late & set(loaded)


FIRST_PICTURE = """
import json, sys
import pixel_tui.console.observer, pixel_tui.console.live, pixel_tui.console.running
late = ("docker", "requests", "dotenv", "pixel_tui.demo.stack", "pixel_tui.doctor",
        "screens.shared.help", "screens.changes.plan",
        "screens.dashboard.columns", "widgets.logs.pane",
        "pixel_tui.operations.operator", "pixel_tui.operations.jobs.job",
        "pixel_tui.stack.compose.environment_uses", "tomllib", "secrets")
print(json.dumps([name for name in late if name in sys.modules]))
"""


def test_the_first_picture_waits_for_nothing_that_it_does_not_show() -> None:
    assert answer_of(FIRST_PICTURE, None) == []


def test_a_key_that_comes_right_after_a_picture_does_not_wait_for_a_slow_beat() -> None:
    assert answer_of(HURRYING, None) == 1 / int(MAX_FPS)
