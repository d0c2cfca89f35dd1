"""Atomic replacement of files."""

import os
import stat
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_tui import files
from pixel_tui.errors import FileError
from pixel_tui.files import NotDurable, remove_leftovers, replace_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_private_in_a_private_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file"
    replace_file(path, b"content")
    assert path.read_bytes() == b"content"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_a_new_file_gets_the_given_mode(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", b"x", mode=0o644)
    assert mode(tmp_path / "file") == 0o644


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664, 0o755])
def test_an_existing_file_keeps_its_mode(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(kept)
    replace_file(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert mode(path) == kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_an_existing_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    replace_file(path, b"new")
    found = path.stat()
    assert (found.st_uid, found.st_gid) == (1234, 4321)


def test_an_owner_that_cannot_be_kept_is_not_an_error_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fchown", refuse)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_symbolic_link_is_followed_and_stays(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "target"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(target.parent) == ["target"]


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(FileError, match="No space left on device") as error:
        replace_file(path, b"new")
    assert "`df -h`" in error.value.hint
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_rename_that_fails_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(FileError):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_failed_folder_sync_is_reported_as_not_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(files, "sync_folder", fail)
    with pytest.raises(NotDurable, match="is written, but a power loss"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_readers_never_see_an_incomplete_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    seen: list[bytes] = []
    real = os.fsync

    def look(descriptor: int) -> None:
        seen.append(path.read_bytes())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    replace_file(path, b"new" * 1000)
    # Synced before the rename, and the folder after it.
    assert seen == [b"old", b"new" * 1000]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FileError):
        replace_file(tmp_path / "file" / "inside", b"x")


ACCESS_LIST = "system.posix_acl_access"
DEFAULT_LIST = "system.posix_acl_default"


def access_list(user: int) -> bytes:
    """An access list: owner and one user may read and write, group and others nothing."""
    everybody = 0xFFFFFFFF
    entries = [(1, 6, everybody), (2, 6, user), (4, 0, everybody), (16, 6, everybody)]
    packed = (struct.pack("<HHI", *entry) for entry in [*entries, (32, 0, everybody)])
    return struct.pack("<I", 2) + b"".join(packed)


def give(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"this file system has no {name}: {error}")


def test_the_access_list_is_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    give(path, ACCESS_LIST, access_list(1234))
    give(path, "user.note", b"mine")
    replace_file(path, b"new")
    assert os.getxattr(path, ACCESS_LIST) == access_list(1234)
    assert os.getxattr(path, "user.note") == b"mine"
    assert mode(path) == 0o660


def test_the_folders_default_access_list_is_not_added(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    give(tmp_path, DEFAULT_LIST, access_list(1234))
    replace_file(path, b"new")
    assert ACCESS_LIST not in os.listxattr(path)
    assert mode(path) == 0o640


@pytest.mark.parametrize("kept", [0o640, 0o644, 0o660])
def test_an_owner_that_must_be_kept_and_cannot_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(kept)
    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(FileError, match="not permitted"):
        replace_file(path, b"new", same_owner=True)
    assert path.read_bytes() == b"old"
    path.chmod(0o600)  # the group has no permissions, so it does not matter
    replace_file(path, b"new", same_owner=True)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_an_exception_before_the_rename_keeps_the_old_file(tmp_path: Path) -> None:
    def stop() -> None:
        raise FileError("It has changed.")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(FileError, match="It has changed"):
        replace_file(path, b"new", before_rename=stop)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_only_our_own_old_leftovers_are_removed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    own, others = ".env.pixel-tui-abcd12_x", ["..env.swp", ".env.pixel-tui-x", "abcd1234", ".env"]
    for name in (own, *others):
        (tmp_path / name).touch()
    assert remove_leftovers(tmp_path, now, of=".env") == ()
    later = now + timedelta(hours=1, minutes=1)
    assert remove_leftovers(tmp_path, later, of=".envrc") == ()
    assert remove_leftovers(tmp_path, later, of=".env") == (tmp_path / own,)
    (tmp_path / own).touch()
    assert remove_leftovers(tmp_path, later) == (tmp_path / own,)
    assert names(tmp_path) == sorted(others)


def test_patterns_that_ignore_the_file_ignore_its_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.extend(names(tmp_path)))
    replace_file(tmp_path / ".env", b"x")
    assert seen[0].startswith(".env.pixel-tui-")
    replace_file(tmp_path / "notes", b"x")
    assert any(name.startswith(".notes.pixel-tui-") for name in seen)
