"""The settings, and the remembered view."""

import os
import stat
from pathlib import Path

import pytest

from pixel_tui.errors import FileError, UsageError
from pixel_tui.settings import (
    ENVIRONMENT_CONFIG,
    ENVIRONMENT_READ_ONLY,
    Memory,
    Remembered,
    Settings,
    config_path,
    load_settings,
    state_folder,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def load(file: Path, **environment: str) -> Settings:
    return load_settings({ENVIRONMENT_CONFIG: str(file), **environment})


def test_without_a_file_everything_has_its_default(file: Path) -> None:
    assert load(file) == Settings()


def test_the_settings_file_is_found(tmp_path: Path) -> None:
    assert config_path({}) == tmp_path / "config" / "pixel-tui" / "settings.toml"
    assert config_path({ENVIRONMENT_CONFIG: "/etc/x.toml"}) == Path("/etc/x.toml")
    assert state_folder() == tmp_path / "state" / "pixel-tui"


def test_a_pipe_in_place_of_the_file_is_refused(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(UsageError, match="pipe"):
        load(file)


def test_every_setting_is_read(file: Path) -> None:
    file.write_text(
        'read_only = true\ntheme = "pixel-light"\nusage_seconds = 5\nlog_tail = 200\n'
        '[keys]\n"table.sort" = "f2"\nquit = "ctrl+x,f10"\ndetails.next = "n"\n'
    )
    assert load(file) == Settings(
        read_only=True,
        theme="pixel-light",
        usage_seconds=5.0,
        log_tail=200,
        keys={"table.sort": "f2", "quit": "ctrl+x,f10", "details.next": "n"},
    )


@pytest.mark.parametrize(
    ("content", "what", "hint"),
    [
        ("backup = 3", "backup is not a table", "[backup]"),
        ("[backup]\nkeeps = 3", "unknown setting backup.keeps", "keep"),
        ("[backup]\nkeep = 0", "backup.keep is not a number from 1", "keep"),
        ("[backup]\nfolder = '..'", "backup.folder is not a folder", "folder"),
        ("[backup]\nfiles = ['/etc/*']", "must be patterns below", "files"),
        ("[backup]\nfiles = ['../x']", "must be patterns below", "files"),
        ("thme = 'x'", "unknown setting thme", "theme"),
        ("theme = 'solarized'", "unknown theme solarized", "pixel-dark"),
        ("theme = 3", "unknown theme 3", "pixel-dark"),
        ("read_only = 'yes'", "read_only is not true or false", "read_only = true"),
        ("read_only = 1", "read_only is not true or false", "read_only = true"),
        ("usage_seconds = 0.1", "usage_seconds is not a number from 0.5 to 3600", "usage_seconds"),
        ("usage_seconds = '2'", "usage_seconds is not a number", "usage_seconds"),
        ("usage_seconds = true", "usage_seconds is not a number", "usage_seconds"),
        ("usage_seconds = nan", "usage_seconds is not a number", "usage_seconds"),
        ("log_tail = 0", "log_tail is not a number from 1 to 100000", "log_tail"),
        ("log_tail = inf", "log_tail is not a number", "log_tail"),
        ("keys = 'q'", "keys is not a table", "[keys]"),
        ("[keys]\nquit = 3", "the key of quit is not a string", '"quit" = "f2"'),
        ("[keys]\nquit = ' '", "the key of quit is not a string", '"quit" = "f2"'),
        ("theme = ", "can't be read", "Fix"),
        ("a = 1\na = 2", "can't be read", "Fix"),
        ("a = " + "[" * 100_000, "nested too deep", "Fix"),
        ("a = " + "[" * 100 + "]" * 100, "nested too deep", "Fix"),
        ("keys = " + "{a=" * 500 + "1" + "}" * 500, "nested too deep", "Fix"),
        ("keys" + ".a" * 100_000 + " = 'x'", "nested too deep", "Fix"),
        ("[keys" + " . 'a'" * 100_000 + "]", "nested too deep", "Fix"),
        ("a = {b = 1, keys" + '."a"' * 100_000 + " = 1}", "nested too deep", "Fix"),
    ],
    ids=lambda value: value[:40],
)
def test_each_mistake_is_reported_with_its_file_and_fix(
    file: Path, content: str, what: str, hint: str
) -> None:
    file.write_text(content)
    with pytest.raises(UsageError) as error:
        load(file)
    assert what in error.value.what
    assert error.value.on == str(file)
    assert hint in error.value.hint


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="can't be read"):
        load(file)


def test_a_folder_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(UsageError, match="can't be read"):
        load(file)


@pytest.mark.parametrize(
    ("flag", "read_only"),
    [
        ("1", True), ("true", True), (" YES ", True), ("on", True),
        ("", False), ("0", False), ("no", False), ("Off", False), ("false", False),
    ],
)  # fmt: skip
def test_the_variable_makes_it_read_only(file: Path, flag: str, *, read_only: bool) -> None:
    assert load(file, **{ENVIRONMENT_READ_ONLY: flag}).read_only is read_only


def test_an_invalid_variable_is_refused(file: Path) -> None:
    with pytest.raises(UsageError, match="must be 1 or 0, not maybe"):
        load(file, **{ENVIRONMENT_READ_ONLY: "maybe"})


def test_read_only_from_any_source_wins(file: Path) -> None:
    file.write_text("read_only = true")
    assert load(file, **{ENVIRONMENT_READ_ONLY: "0"}).read_only
    file.write_text("read_only = false")
    assert load_settings({ENVIRONMENT_CONFIG: str(file)}, read_only=True).read_only


# The remembered view.

LOOK = Remembered("cpu", sort_reverse=True, columns=("state", "cpu"), theme=None)


def test_the_view_is_remembered_by_project(tmp_path: Path) -> None:
    Memory(tmp_path, "srv/shop").save(LOOK)
    assert Memory(tmp_path, "srv/shop").load() == LOOK
    assert Memory(tmp_path, "srv/other").load() == Remembered()


def test_no_project_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "", "/", "..", "a\0b"):
        Memory(tmp_path, name).save(LOOK)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == {tmp_path / "remembered"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"3", b'"text"', b"\xff\xfe", b'{"theme": ["x"]}',
        b'{"columns": 3}', b'{"theme": "solarized"}',
    ],
)  # fmt: skip
def test_a_broken_file_is_ignored(tmp_path: Path, content: bytes) -> None:
    memory = Memory(tmp_path, "shop")
    memory.save(LOOK)
    next(tmp_path.rglob("*.json")).write_bytes(content)
    assert memory.load() == Remembered()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "remembered").write_text("a file in its place")
    with pytest.raises(FileError):
        Memory(tmp_path, "shop").save(LOOK)
