"""One change to a stack at a time."""

import json
import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pixel_tui.errors import FileError, LockHeld
from pixel_tui.operations.lock import Owner, StackLock, take_lock

ANA = Owner("ana", "vps", 41, "2026-03-01T12:00:05+00:00", "Restart agent")


def take(folder: Path, *, engine: str = "unix:///x", project: str = "pixel") -> StackLock:
    return take_lock(folder, engine=engine, project=project, owner=ANA)


def test_a_second_change_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    with take(tmp_path), pytest.raises(LockHeld) as raised:
        take(tmp_path)
    message = str(raised.value)
    for part in ("Restart agent", "ana", "vps", "41", "12:00:05 UTC"):
        assert part in message
    assert raised.value.remedy


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    with take(tmp_path):
        pass
    with take(tmp_path):
        pass


def test_releasing_twice_frees_nobody_elses_lock(tmp_path: Path) -> None:
    first = take(tmp_path)
    first.release()
    with take(tmp_path):
        first.release()
        with pytest.raises(LockHeld):
            take(tmp_path)


def test_a_refusal_leaves_no_file_open(tmp_path: Path) -> None:
    with take(tmp_path):
        before = len(list(Path("/proc/self/fd").iterdir()))
        with pytest.raises(LockHeld):
            take(tmp_path)
        assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("other", [{"engine": "ssh://other"}, {"project": "sandbox"}])
def test_other_stacks_are_other_locks(tmp_path: Path, other: dict[str, str]) -> None:
    with take(tmp_path), take(tmp_path, **other):
        pass


def test_what_a_dead_console_left_behind_is_simply_taken(tmp_path: Path) -> None:
    take(tmp_path).release()
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["pid"] == 41
    with take(tmp_path):
        pass


def test_it_is_free_at_once_though_another_program_is_just_being_started(tmp_path: Path) -> None:
    lock = take(tmp_path)
    assert lock.descriptor is not None
    copy = os.dup(lock.descriptor)  # as a fork has one until it has become that program
    lock.release()
    with take(tmp_path):
        pass
    os.close(copy)


def test_the_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    other = context.Process(target=_hold, args=(str(tmp_path), theirs))
    other.start()
    assert ours.recv() == "held"
    with pytest.raises(LockHeld):
        take(tmp_path)
    other.kill()
    other.join()
    with take(tmp_path):
        pass


def _hold(folder: str, pipe: Connection) -> None:
    take(Path(folder))
    pipe.send("held")
    pipe.recv()


def test_an_owner_that_cannot_be_read_is_still_an_owner(tmp_path: Path) -> None:
    with take(tmp_path):
        (file,) = tmp_path.iterdir()
        for content in ("", "{", "[]", '{"user": 1}', '{"since": "x"}'):
            file.write_text(content)
            with pytest.raises(LockHeld):
                take(tmp_path)


def test_what_an_owner_wrote_is_harmless_text(tmp_path: Path) -> None:
    nasty = Owner("a\x1b[31m", "h\u202e", 1, ANA.since, "t\x1b]52;c;x\x07")
    with (
        take_lock(tmp_path, engine="e", project="p", owner=nasty),
        pytest.raises(LockHeld) as raised,
    ):
        take(tmp_path, engine="e", project="p")
    assert str(raised.value).isprintable()


def test_the_file_is_private(tmp_path: Path) -> None:
    with take(tmp_path / "new"):
        (file,) = (tmp_path / "new").iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file"):
        take(tmp_path / "file" / "locks")


def test_a_running_command_does_not_inherit_it(tmp_path: Path) -> None:
    with take(tmp_path):
        (file,) = tmp_path.iterdir()
        held = [
            int(entry.name)
            for entry in Path("/proc/self/fd").iterdir()
            if entry.exists() and entry.resolve() == file.resolve()
        ]
        assert held
        assert not any(os.get_inheritable(descriptor) for descriptor in held)
