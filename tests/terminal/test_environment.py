"""The environment editor of the installed program, on a real project."""

import os
from pathlib import Path

import pytest

from tests.builders.terminal_engine import opened
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import eventually
from tests.terminal.program import Program

pytestmark = [pytest.mark.terminal, pytest.mark.engine]

STACK = """
services:
  api:
    image: pixel-tui-test:latest
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.1; done']
    environment:
      GREETING: ${GREETING}
      API_TOKEN: ${API_TOKEN}
    stop_grace_period: 2s
"""
SECRET = "hunter2hunter2"
FILE = f"# how it greets\nGREETING=hello   # said first\r\nAPI_TOKEN={SECRET}\n"
ESCAPE = "\x1b"
END_AND_CLEAR = "\x05\x15"


def open_environment(it: Program) -> None:
    it.wait_for("1 of 1 running")
    it.press("E")
    it.wait_for("GREETING")
    it.wait_for("2 keys")


def test_an_edit_is_saved_through_its_plan_and_changes_one_line_of_the_file(
    make_project: MakeProject, base_image: str, tmp_path: Path
) -> None:
    project = make_project(STACK, files={".env": FILE}, up=True)
    path = project.directory / ".env"
    path.write_bytes(FILE.encode())
    path.chmod(0o640)
    with opened(project, tmp_path / "home", (140, 40)) as it:
        open_environment(it)
        it.wait_for("● set")
        it.press("/GREETING\r\r")
        it.wait_for("Compose reads")
        it.press(f"{END_AND_CLEAR}a$b #c")
        it.wait_for("'a$b #c'")
        it.press("\r")
        it.wait_for("not saved")
        it.press("s")
        it.wait_for("Compose accepts the file")
        it.wait_for("recreate")
        it.press("s")
        it.wait_for("Run it")
        it.press("y")
        it.wait_for("succeeded")
        eventually(lambda: b"'a$b #c'" in path.read_bytes())
        it.press(ESCAPE)
        it.wait_for(lambda text: "not saved" not in text and "GREETING" in text)
        assert SECRET not in it.text
    saved = path.read_bytes().decode()
    assert saved == FILE.replace("hello", "'a$b #c'")
    assert path.stat().st_mode & 0o777 == 0o640
    seen = project.compose("config", "--environment").stdout
    assert "GREETING=a$b #c" in seen
    written = "".join(
        item.read_text(errors="replace")
        for item in (tmp_path / "home").rglob("*")
        if item.is_file() and "versions" not in item.parts
    )
    assert SECRET not in written


def test_unfinished_edits_outlive_a_console_that_is_hung_up_on(
    make_project: MakeProject, base_image: str, tmp_path: Path
) -> None:
    project = make_project(STACK, files={".env": FILE}, up=True)
    home = tmp_path / "home"
    with opened(project, home, (140, 40)) as it:
        open_environment(it)
        it.press("/GREETING\rd")
        it.wait_for("not saved")
        drafts = eventually(lambda: list(home.rglob("drafts/*.json")))
        assert all(item.stat().st_mode & 0o777 == 0o600 for item in drafts)
        it.hang_up()
        eventually(lambda: it.exit_code() is not None)
    with opened(project, home, (140, 40)) as it:
        it.wait_for("1 of 1 running")
        it.press("E")
        it.wait_for("Unsaved edits")
        it.press("\r")
        it.wait_for("not saved")
        it.press("u")
        it.wait_for(lambda text: "not saved" not in text)
        eventually(lambda: not list(home.rglob("drafts/*.json")))


def test_the_own_editor_gets_a_private_copy_and_gives_it_back(
    make_project: MakeProject, base_image: str, tmp_path: Path
) -> None:
    project = make_project(STACK, files={".env": FILE}, up=True)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nstat -c %a "$1" > "$0.mode"\nsed -i s/hello/goodbye/ "$1"\n')
    editor.chmod(0o755)
    with opened(project, tmp_path / "home", (140, 40), EDITOR=os.fspath(editor)) as it:
        open_environment(it)
        it.press("e")
        it.wait_for("goodbye")
        it.wait_for("not saved")
    assert Path(f"{editor}.mode").read_text().strip() == "600"
    assert (project.directory / ".env").read_text() == FILE.replace("\r\n", "\n")
