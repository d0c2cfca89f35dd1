"""Files that are replaced between the search and the copy are not followed."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_tui.backups import sqlite_copy
from pixel_tui.backups.make import Maker
from pixel_tui.backups.manifest import Gap, Manifest
from pixel_tui.backups.real_paths import held_folder, open_real
from pixel_tui.backups.source_model import Sources
from pixel_tui.backups.sqlite_copy import copy_database
from pixel_tui.errors import OperationError
from tests.builders.backup_gaps import held, make, missing, rules
from tests.builders.backups import database, project, rows_of

__all__ = ["project"]

SECRET = b"fake host secret"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host folder that no service can read."""
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "worker-1.json").write_bytes(SECRET)
    database(folder / "pixels.db", rows=77)
    database(folder / "deep.db", rows=77, wal=False)
    return folder


def swapped(project: Path, monkeypatch: pytest.MonkeyPatch, swap: Callable[[], object]) -> Manifest:
    """Make a backup, with a callback between search and copy."""
    space = Maker._require_space

    def meanwhile(maker: Maker, sources: Sources) -> None:
        space(maker, sources)
        swap()

    monkeypatch.setattr(Maker, "_require_space", meanwhile)
    return make(project)


def copied(project: Path, made: Manifest) -> list[Path]:
    return [path for path in (rules(project).root / made.id).rglob("*") if path.is_file()]


def replaced(path: Path, place: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.symlink_to(place)


@pytest.mark.parametrize("above", [False, True])
def test_a_link_in_place_of_a_file_or_its_parent_is_not_followed(
    project: Path, host: Path, monkeypatch: pytest.MonkeyPatch, above: bool
) -> None:
    (project / "data/worker-1.json").write_text("{}")
    place = project / "data"
    path, target = (place, host) if above else (place / "worker-1.json", host / "worker-1.json")
    made = swapped(project, monkeypatch, lambda: replaced(path, target))
    gone = {gap.what: (gap.gap, gap.why) for gap in made.missing}
    why = "a link was added to its path after the check"
    assert gone["data/worker-1.json"] == (Gap.FAILED, why)
    assert not any(SECRET in file.read_bytes() for file in copied(project, made))
    assert ("data/pixels.db" in missing(made)) is above


@pytest.mark.parametrize("wal", [True, False])
@pytest.mark.parametrize("above", [False, True])
def test_a_link_in_place_of_a_database_is_not_followed(
    project: Path, host: Path, monkeypatch: pytest.MonkeyPatch, wal: bool, above: bool
) -> None:
    name = "pixels.db" if wal else "deep.db"
    place = database(project / "data/inner" / name, wal=wal)
    path, target = (place.parent, host) if above else (place, host / name)
    made = swapped(project, monkeypatch, lambda: replaced(path, target))
    assert missing(made) == {f"data/inner/{name}": Gap.FAILED}
    assert [rows_of(file) for file in copied(project, made) if file.suffix == ".db"] == [10]


@pytest.mark.parametrize("above", [False, True])
def test_a_link_that_sqlite_itself_follows_is_detected(
    tmp_path: Path, host: Path, monkeypatch: pytest.MonkeyPatch, above: bool
) -> None:
    source = database(tmp_path / "data/inner/deep.db", wal=False)
    opening = sqlite_copy._open

    def led_away(path: Path, how: str) -> object:
        if how == "mode=ro":
            # SQLite resolves links and opens the result, which is another file by then.
            path = host / "deep.db" if not above else source
            if above:
                replaced(source.parent, host)
        return opening(path, how)

    monkeypatch.setattr(sqlite_copy, "_open", led_away)
    with pytest.raises(OperationError, match="replaced by another file"):
        copy_database(source, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_size == 0, "nothing of it was copied"


def test_a_held_folder_stays_the_same_when_its_name_is_replaced(tmp_path: Path, host: Path) -> None:
    inner = tmp_path / "data/inner"
    inner.mkdir(parents=True)
    (inner / "worker-1.json").write_text("{}")
    with held_folder(inner) as folder:
        inner.rename(tmp_path / "moved")
        inner.symlink_to(host)
        assert (folder / "worker-1.json").read_text() == "{}"
        with pytest.raises(OSError, match="a link was added to its path"):
            open_real(inner / "worker-1.json")
    inner.unlink()
    with pytest.raises(FileNotFoundError):
        open_real(inner / "worker-1.json")


def test_a_replaced_file_is_copied_with_its_new_content(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = project / "data/task-ledger.json"
    ledger.write_text("[]")

    def replace() -> None:
        fresh = project / "data/fresh"
        fresh.write_text("[1]")
        fresh.rename(ledger)

    made = swapped(project, monkeypatch, replace)
    assert not made.incomplete
    folder = rules(project).root / made.id
    assert (folder / "files/data/task-ledger.json").read_text() == "[1]"


@pytest.mark.parametrize("name", ["data/task-ledger.json", "data/worker-1.json", ".env"])
@pytest.mark.parametrize("before", [True, False])
def test_a_fifo_in_place_of_a_file_is_a_gap_and_does_not_block(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: bool
) -> None:
    path = project / name
    path.write_text("x")

    def swap() -> None:
        path.unlink()
        os.mkfifo(path)

    if before:
        swap()
    made = make(project) if before else swapped(project, monkeypatch, swap)
    (gap,) = made.missing
    assert (gap.what, gap.gap) == (name, Gap.FAILED)
    assert gap.why == ("it is a FIFO, not a file" if before else "not a regular file")


def test_a_fifo_in_place_of_a_database_does_not_block(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "data/pixels.db"

    def swap() -> None:
        path.unlink()
        os.mkfifo(path)

    assert missing(swapped(project, monkeypatch, swap)) == {"data/pixels.db": Gap.FAILED}


def test_a_socket_a_device_and_a_link_to_one_are_gaps(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(
            project / "data"
        )  # the complete path may be too long for a socket address
        listening.bind("task-ledger.json")
        (project / "data/worker-1.json").symlink_to("task-ledger.json")
        (project / "nginx.conf").symlink_to("/dev/null")
        (project / "docker-compose.yml").write_text("services: {api: {env_file: [/dev/tty]}}\n")
        made = make(project)
    assert {gap.what: gap.why.split(",")[0] for gap in made.missing} == {
        "data/task-ledger.json": "it is a socket",
        "data/worker-1.json": "it is a socket",
        "nginx.conf": "it is a device",
        "/dev/tty": "it is a device",
    }


def test_skipped_files_are_no_gaps_and_a_folder_is_named(project: Path) -> None:
    (project / ".env").unlink()
    os.mkfifo(project / ".env")
    (project / "data/task-ledger.json").mkdir()
    made = make(project, skip=(".env",), files=("data/*",))
    assert missing(made) == {}
    why = {gap.what: gap.why for gap in made.left_out}
    assert why[".env"] == "skipped by the settings"
    assert why["data/task-ledger.json"] == "it is a folder, not a file"
    assert held(made) >= {"data/pixels.db"}


def test_a_database_of_a_data_folder_on_another_disk_is_copied(project: Path, host: Path) -> None:
    shutil.move(project / "data", host / "data")
    (project / "data").symlink_to(host / "data")
    made = make(project)
    assert not made.incomplete
    assert "data/pixels.db" in held(made)
