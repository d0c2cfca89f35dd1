"""The lock of a stack."""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pixel_tui import locks as machine_lock
from pixel_tui.errors import FileError, LockHeld
from pixel_tui.locks import shared_folder
from pixel_tui.operations.jobs.lock import (
    LockOwner,
    StackLock,
    acquire_lock,
    engine_identity,
    lock_holder,
    lock_path,
)

ANA = LockOwner("ana", "vps", 41, "2026-03-01T12:00:05+00:00", "Restart agent")

NOBODY = 65534


def path_of(folder: Path) -> Path:
    return lock_path(folder, engine="unix:///x", project="pixel")


def take(folder: Path, *, engine: str = "unix:///x", project: str = "pixel") -> StackLock:
    return acquire_lock(folder, engine=engine, project=project, owner=ANA)


def test_a_second_change_is_refused_with_the_owner(tmp_path: Path) -> None:
    with take(tmp_path), pytest.raises(LockHeld) as raised:
        take(tmp_path)
    message = str(raised.value)
    for part in ("Restart agent", "ana", "vps", "41", "12:00:05 UTC"):
        assert part in message
    assert raised.value.hint


def test_a_released_lock_is_free(tmp_path: Path) -> None:
    with take(tmp_path):
        pass
    with take(tmp_path):
        pass


def test_a_second_release_does_not_free_another_lock(tmp_path: Path) -> None:
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
def test_other_stacks_have_other_locks(tmp_path: Path, other: dict[str, str]) -> None:
    with take(tmp_path), take(tmp_path, **other):
        pass


def test_the_file_of_a_dead_process_is_no_held_lock(tmp_path: Path) -> None:
    take(tmp_path).release()
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["pid"] == 41
    with take(tmp_path):
        pass


def test_the_lock_is_free_at_once_even_if_a_program_is_being_started(tmp_path: Path) -> None:
    lock = take(tmp_path)
    assert lock.descriptor is not None
    copy = os.dup(lock.descriptor)  # as a forked process has until exec
    lock.release()
    with take(tmp_path):
        pass
    os.close(copy)


def test_the_lock_is_released_when_its_process_exits(tmp_path: Path) -> None:
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


def _hold(folder: str, pipe: Connection, user: int = 0) -> None:
    if user:
        os.seteuid(user)
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


def test_the_text_of_an_owner_is_cleaned(tmp_path: Path) -> None:
    nasty = LockOwner("a\x1b[31m", "h\u202e", 1, ANA.since, "t\x1b]52;c;x\x07")
    with (
        acquire_lock(tmp_path, engine="e", project="p", owner=nasty),
        pytest.raises(LockHeld) as raised,
    ):
        take(tmp_path, engine="e", project="p")
    assert str(raised.value).isprintable()


class TestSharing:
    """All users of a machine share the file, and trust nothing in its folder."""

    def test_another_user_may_open_the_file(self, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            with take(tmp_path):
                (file,) = tmp_path.iterdir()
                assert file.stat().st_mode & 0o777 == 0o666
        finally:
            os.umask(before)

    @pytest.mark.skipif(os.geteuid() != 0, reason="it takes root to be two users")
    def test_two_users_never_change_one_stack_at_once(self, tmp_path: Path) -> None:
        # Not pytest's folder, which only its user can access.
        with tempfile.TemporaryDirectory(prefix="pixel-tui-", dir="/tmp") as made:
            folder = Path(made)
            folder.chmod(0o1777)
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            other = context.Process(target=_hold, args=(made, theirs, NOBODY))
            other.start()
            assert ours.recv() == "held"
            with pytest.raises(LockHeld, match="ana on vps"):
                take(folder)
            other.kill()
            other.join()
            with take(folder):  # created by the other user
                assert lock_holder(path_of(folder)) == ANA

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        path = path_of(tmp_path)
        victim = tmp_path / "victim"
        victim.write_text("precious")
        path.symlink_to(victim)
        with pytest.raises(FileError, match="Can't lock"):
            take(tmp_path)
        assert victim.read_text() == "precious"
        assert lock_holder(path) is None

    def test_a_file_with_a_second_name_is_refused(self, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_text("precious")
        path_of(tmp_path).hardlink_to(victim)
        with pytest.raises(FileError, match="second name"):
            take(tmp_path)
        assert victim.read_text() == "precious"

    def test_a_pipe_is_refused_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(path_of(tmp_path))
        with pytest.raises(FileError, match="not a regular file"):
            take(tmp_path)
        assert lock_holder(path_of(tmp_path)) is None

    def test_a_file_removed_meanwhile_is_recreated(self, tmp_path: Path) -> None:
        first = take(tmp_path)
        path_of(tmp_path).unlink()
        with take(tmp_path):
            assert path_of(tmp_path).exists()
        first.release()

    def test_the_folder_is_the_same_for_all_users(self) -> None:
        assert shared_folder({"PIXEL_TUI_LOCKS": "/elsewhere"}) == Path("/elsewhere")
        folder = shared_folder({})
        assert folder.stat().st_mode & 0o1002 == 0o1002

    def test_equal_engine_addresses_have_the_same_lock(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "var").symlink_to(tmp_path / "run")
        same = [f"unix://{tmp_path}/{name}/docker.sock" for name in ("run", "var")]
        with take(tmp_path / "locks", engine=same[0]), pytest.raises(LockHeld):
            take(tmp_path / "locks", engine=same[1])
        assert engine_identity("tcp://Host:2375/") == engine_identity("tcp://host:2375")


class TestHolder:
    def test_the_owner_is_known_only_while_the_lock_is_held(self, tmp_path: Path) -> None:
        path = path_of(tmp_path)
        assert lock_holder(path) is None
        with take(tmp_path):
            assert lock_holder(path) == ANA
        assert path.read_text(), "what a dead console has left says nothing"
        assert lock_holder(path) is None

    def test_the_owner_has_the_progress(self, tmp_path: Path) -> None:
        with take(tmp_path) as lock:
            lock.write_owner(replace(ANA, title="R", job="j-1", step=2, steps=3))
            owner = lock_holder(path_of(tmp_path))
            assert owner is not None
            assert (owner.title, owner.job) == ("R", "j-1")
            assert owner.description == "ana on vps, process 41, since 12:00:05 UTC, step 2 of 3"

    def test_reading_the_owner_does_not_block_the_lock(self, tmp_path: Path) -> None:
        take(tmp_path).release()
        stop = threading.Event()

        def look() -> None:
            while not stop.is_set():
                lock_holder(path_of(tmp_path))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            for _ in range(200):
                take(tmp_path).release()
        finally:
            stop.set()
            looking.join()


def test_a_folder_that_can_not_be_created_is_reported(tmp_path: Path) -> None:
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


# A lock held by a reader.


def hold_shared(path: Path) -> subprocess.Popen[str]:
    """A foreign program that holds a read lock until it is stopped."""
    script = (
        "import fcntl,sys; f=open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH);"
        "print(1, flush=True); sys.stdin.read()"
    )
    holding = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holding.stdout is not None
    assert holding.stdout.readline() == "1\n"
    return holding


def end(holding: "subprocess.Popen[str]") -> None:
    holding.communicate("")


def test_a_reader_does_not_block_the_owner(tmp_path: Path) -> None:
    take(tmp_path).release()
    holding = hold_shared(path_of(tmp_path))
    try:
        with take(tmp_path):
            assert lock_holder(path_of(tmp_path)) == ANA
            with pytest.raises(LockHeld, match="Restart agent"):
                take(tmp_path)
        with take(tmp_path):
            pass
        assert [path.name for path in tmp_path.iterdir()] == [path_of(tmp_path).name]
    finally:
        end(holding)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a program as another user")
def test_a_reader_of_another_user_does_not_block_the_owner() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        take(folder).release()
        path_of(folder).chmod(0o644)
        holding = subprocess.Popen(
            ["flock", "--shared", str(path_of(folder)), "sh", "-c", "echo 1; cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            user=65534, group=65534, extra_groups=[],
        )  # fmt: skip
        try:
            assert holding.stdout is not None
            assert holding.stdout.readline() == "1\n"
            with take(folder):
                assert lock_holder(path_of(folder)) == ANA
        finally:
            end(holding)


def test_two_processes_that_displace_a_reader_do_not_both_get_the_lock(tmp_path: Path) -> None:
    take(tmp_path).release()
    holding = hold_shared(path_of(tmp_path))
    got: list[StackLock] = []

    def try_lock() -> None:
        with suppress(LockHeld):
            got.append(take(tmp_path))

    try:
        threads = [threading.Thread(target=try_lock) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1
    finally:
        for lock in got:
            lock.release()
        end(holding)


def test_the_holder_of_a_lock_that_can_not_be_replaced_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(machine_lock, "exchange", refused)
    take(tmp_path).release()
    holding = hold_shared(path_of(tmp_path))
    try:
        with pytest.raises(LockHeld) as raised:
            take(tmp_path)
        message = str(raised.value)
        for part in (f"process {holding.pid} of ", sys.executable, f"kill {holding.pid}"):
            assert part in message
        assert len(list(tmp_path.iterdir())) == 1
    finally:
        end(holding)
