"""The environment file of a real project: reading, drafts, candidates and the external editor."""

import os
import stat
from pathlib import Path

import pytest

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.live.source import live_environment
from pixel_tui.environment.live.workspace import LiveWorkspace, edit_externally, editor_command
from pixel_tui.errors import FileError, OperationError
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.command import ComposeCommand
from tests.builders.sessions import session

ENVIRONMENT = {"PATH": os.defpath}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    (place / ".env").write_bytes(b"A=1\n")
    (place / ".env.example").write_bytes(b"A=\nB=\n")
    return place


def command(folder: Path) -> ComposeCommand:
    return ComposeCommand(compose=("no-such-compose",), directory=str(folder))


def workspace(folder: Path, state: Path) -> LiveWorkspace:
    found = live_environment(command(folder), session(Settings(), ENVIRONMENT, state)).workspace
    assert isinstance(found, LiveWorkspace)
    return found


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_read_only_console_can_not_write(folder: Path, tmp_path: Path) -> None:
    access = live_environment(
        command(folder), session(Settings(read_only=True), ENVIRONMENT, tmp_path)
    )
    assert access.workspace is None
    assert not access.reveals
    allowed = Settings(read_only=True, reveal_allowed=True)
    assert live_environment(command(folder), session(allowed, ENVIRONMENT, tmp_path)).reveals


def test_without_compose_the_file_is_read_and_unknowns_are_reported(
    folder: Path, tmp_path: Path
) -> None:
    source = live_environment(command(folder), session(Settings(), ENVIRONMENT, tmp_path)).source
    opened = source.read()
    assert opened.data == b"A=1\n"
    assert opened.example == b"A=\nB=\n"
    assert any("The readers of the keys" in item for item in opened.unknowns)
    rows = {row.key: row for row in opened.examine(DotenvDocument.parse(opened.data)).rows}
    assert {"A", "B"} <= set(rows)
    assert source.stamp() == opened.stamp
    (folder / ".env").write_bytes(b"A=22\n")
    assert source.stamp() != opened.stamp


def test_a_missing_file_has_no_data(folder: Path, tmp_path: Path) -> None:
    (folder / ".env").unlink()
    source = live_environment(command(folder), session(Settings(), ENVIRONMENT, tmp_path)).source
    assert source.read().data is None
    assert source.stamp() == ()
    with pytest.raises(FileError):
        source.other(folder / "nowhere")


def test_another_users_file_is_read_only_with_the_repair(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    source = live_environment(command(folder), session(Settings(), ENVIRONMENT, tmp_path)).source
    assert "docker run" in source.read().read_only_reason


def test_unfinished_edits_are_offered_until_they_are_discarded(
    folder: Path, tmp_path: Path
) -> None:
    it = workspace(folder, tmp_path)
    assert it.saved_draft() is None
    it.save_draft(b"A=1\n", b"A=2\n")
    kept = it.saved_draft()
    assert kept is not None
    assert (kept.base, kept.data) == (b"A=1\n", b"A=2\n")
    it.discard_draft()
    assert it.saved_draft() is None
    assert not list(tmp_path.rglob("drafts/*.json"))


def test_the_editor_gets_a_private_copy_that_is_removed_afterwards(tmp_path: Path) -> None:
    note = tmp_path / "note"
    editor = program(
        tmp_path / "editor", f'stat -c %a "$2" > {note}; echo "$1 $2" >> {note}; echo B=2 >> "$2"'
    )
    found = edit_externally(b"A=1\n", {**ENVIRONMENT, "EDITOR": f"{editor} -x"})
    assert found == b"A=1\nB=2\n"
    mode, words = note.read_text().splitlines()
    option, path = words.split()
    assert option == "-x"
    assert int(mode, 8) == stat.S_IRUSR | stat.S_IWUSR
    assert not Path(path).exists()


def test_a_failing_or_missing_editor_is_reported(tmp_path: Path) -> None:
    failing = program(tmp_path / "failing", "exit 3")
    with pytest.raises(OperationError, match="exited with exit code 3"):
        edit_externally(b"A=1\n", {**ENVIRONMENT, "EDITOR": failing})
    with pytest.raises(OperationError, match="can't be started"):
        edit_externally(b"A=1\n", {**ENVIRONMENT, "EDITOR": str(tmp_path / "nowhere")})
    with pytest.raises(OperationError, match="No editor"):
        editor_command({"PATH": str(tmp_path)})


def test_visual_comes_before_editor() -> None:
    assert editor_command({"VISUAL": "emacs -nw", "EDITOR": "vi"}) == ["emacs", "-nw"]


def test_each_of_several_files_has_its_own_drafts(folder: Path, tmp_path: Path) -> None:
    paths = (folder / ".env", folder / "prod.env")
    paths[1].write_bytes(b"B=1\n")
    several = ComposeCommand(
        compose=("no-such-compose",), directory=str(folder), env_files=tuple(map(str, paths))
    )
    last = live_environment(several, session(Settings(), ENVIRONMENT, tmp_path))
    files = last.files
    assert files is not None
    assert (tuple(files.paths), last.source.path) == (paths, paths[1])
    first = files.open(paths[0])
    assert first is files.open(paths[0])
    assert files.open(paths[1]).source is last.source
    assert first.source.read().data == b"A=1\n"
    assert isinstance(first.workspace, LiveWorkspace)
    assert isinstance(last.workspace, LiveWorkspace)
    first.workspace.save_draft(b"A=1\n", b"A=2\n")
    assert first.workspace.has_draft
    assert not last.workspace.has_draft
    assert last.workspace.saved_draft() is None
    same = [
        access.workspace.stage(b"X=1\n", b"A=1\n") for access in (first, last) if access.workspace
    ]
    last.workspace.discard_draft()
    kept = first.workspace.saved_draft()
    assert kept is not None
    assert kept.data == b"A=2\n"
    assert len(set(same)) == 2
    one = live_environment(command(folder), session(Settings(), ENVIRONMENT, tmp_path))
    assert one.files is None
