"""The user's own editor has the terminal: what is typed and told meanwhile is meant for it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.terminal.program import Program, program
from tests.terminal.shell import SHELL

pytestmark = pytest.mark.terminal

EDITOR = """#!/bin/sh
trap 'echo interrupted' INT
trap 'echo told to end; exit 1' TERM HUP
echo editing
while [ "$line" != over ]; do read -r line; done
"""


@contextmanager
def in_own_editor(home: Path) -> Iterator[Program]:
    """The console below a shell, with an editor open that ends when it reads `over`."""
    editor = home / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    with program(
        "-m", "pixel_tui", "demo", home=home, size=(100, 30), script=SHELL,
        environment={"EDITOR": str(editor)},
    ) as it:  # fmt: skip
        it.wait_for("healthy")
        it.press("E")
        it.wait_for("17 keys")
        it.press("e")
        it.wait_for("editing")
        yield it


def test_ctrl_z_stops_the_editor_and_the_console_as_one(tmp_path: Path) -> None:
    with in_own_editor(tmp_path) as it:
        it.press("\x1a")
        it.wait_for(f"[stopped by {signal.SIGTSTP.value}]")
        it.press("fg\r")
        it.press("over\r")
        it.wait_for("No changes")
        it.wait_for("17 keys")


def test_ctrl_c_is_the_editors_and_does_not_end_the_console(tmp_path: Path) -> None:
    with in_own_editor(tmp_path) as it:
        it.press("\x03")
        it.wait_for("interrupted")
        it.press("over\r")
        it.wait_for("No changes")
        it.press("?")
        it.wait_for("Keys of this view")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_tells_the_console_to_end_ends_the_editor_too(
    tmp_path: Path, number: signal.Signals
) -> None:
    with in_own_editor(tmp_path) as it:
        (console,) = psutil.Process(it.pid).children()
        console.send_signal(number)
        it.wait_for("[ended with 0]")
        assert b"told to end" in it.raw  # the screen may be the console's again at once
        assert it.modes == it.modes_before
        assert it.raw.rfind(b"\x1b[?1049l") > it.raw.rfind(b"\x1b[?1049h")
