"""Reading and saving a file without losing anything."""

import errno
import hashlib
import os
import socket
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixel_tui import files
from pixel_tui import locks as machine_lock
from pixel_tui.clock import FixedClock
from pixel_tui.environment.storage import store as store_module
from pixel_tui.environment.storage.file_state import MAX_FILE_BYTES
from pixel_tui.environment.storage.store import (
    ChangedOnDisk,
    EnvironmentStore,
    FileState,
    read_file,
)
from pixel_tui.errors import FileError, LockHeld, OperationError

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
OLD, NEW = b"A=old\n", b"A=new\n"

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="it takes root to be two users")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> EnvironmentStore:
    return EnvironmentStore(tmp_path / "state", clock, locks=tmp_path / "locks")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pixel" / ".env"
    path.parent.mkdir()
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def contents(store: EnvironmentStore, path: Path) -> list[bytes]:
    history = store.history(path)
    return [history.read(version) for version in history.versions()]


def link_count(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestReading:
    def test_a_state_has_content_owner_and_mode(self, file: Path) -> None:
        state = read_file(file)
        assert (state.exists, state.data, state.size) == (True, OLD, len(OLD))
        assert state.sha256 == hashlib.sha256(OLD).hexdigest()
        assert (state.mode, state.uid, state.gid) == (0o640, os.geteuid(), os.getegid())
        assert (state.inode, state.mtime_ns) == (file.stat().st_ino, file.stat().st_mtime_ns)

    def test_its_repr_has_no_content(self, file: Path) -> None:
        assert "old" not in repr(read_file(file))

    @pytest.mark.parametrize("name", ["missing", "no/folder/.env"])
    def test_a_missing_file_is_a_state_too(self, tmp_path: Path, name: str) -> None:
        state = read_file(tmp_path / name)
        assert not state.exists
        assert state.data == b""

    def test_a_symbolic_link_is_followed_and_reported(self, file: Path, tmp_path: Path) -> None:
        link = tmp_path / "link"
        link.symlink_to(file)
        state = read_file(link)
        assert (state.data, state.is_link, state.target) == (OLD, True, file)
        assert state.link == str(file)
        assert read_file(file).link == ""

    def test_a_link_to_itself_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        with pytest.raises(FileError) as raised:
            read_file(tmp_path / "a")
        assert raised.value.hint

    def test_a_folder_is_refused_with_why_docker_created_it(self, tmp_path: Path) -> None:
        (tmp_path / ".env").mkdir()
        with pytest.raises(FileError, match="It is a folder, not a file: Docker creates one"):
            read_file(tmp_path / ".env")

    def test_a_pipe_is_refused_without_waiting(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / ".env")
        with pytest.raises(FileError, match="pipe"):
            read_file(tmp_path / ".env")

    def test_a_device_and_a_socket_are_refused(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "s"))
            for path in (Path("/dev/zero"), tmp_path / "s"):
                with pytest.raises(FileError, match="Not a file but"):
                    read_file(path)

    def test_a_file_that_is_too_large_is_refused(self, file: Path) -> None:
        file.write_bytes(b"x" * MAX_FILE_BYTES)
        assert read_file(file).size == MAX_FILE_BYTES
        with file.open("ab") as more:
            more.write(b"x")
        with pytest.raises(FileError, match="too large"):
            read_file(file)

    def test_a_file_that_is_written_meanwhile_is_read_again(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, looks = os.fstat, iter(range(100))

        def fstat(descriptor: int) -> os.stat_result:
            if next(looks) == 1:  # the content has been read
                file.write_bytes(NEW + OLD)
            return real(descriptor)

        monkeypatch.setattr(os, "fstat", fstat)
        assert read_file(file).data == NEW + OLD

    @root_only
    def test_an_unreadable_file_is_reported_with_the_repair(self, tmp_path: Path) -> None:
        path = Path("/tmp") / f"pixel-tui-test-{os.getpid()}"
        path.write_bytes(OLD)
        path.chmod(0o600)
        os.seteuid(65534)
        try:
            with pytest.raises(FileError, match="belongs to root, and only root can") as raised:
                read_file(path)
        finally:
            os.seteuid(0)
            path.unlink()
        assert raised.value.hint == (
            f"Run: docker run --rm -v /tmp:/data alpine chown 65534:{os.getegid()} "
            f"/data/{path.name}"
        )


class TestSaving:
    def test_a_save_writes_the_new_content_and_keeps_the_old_one(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        saved = store.save(file, NEW, store.read(file))
        assert file.read_bytes() == NEW
        assert saved.state == store.read(file)
        assert saved.note == ""
        assert saved.kept is not None
        assert store.history(file).read(saved.kept) == OLD
        assert contents(store, file) == [NEW, OLD]
        assert link_count(file.parent) == [".env"]

    def test_the_mode_is_kept(self, store: EnvironmentStore, file: Path) -> None:
        assert store.save(file, NEW, store.read(file)).state.mode == 0o640

    @root_only
    def test_the_owner_is_kept(self, store: EnvironmentStore, file: Path) -> None:
        os.chown(file, 1234, 4321)
        state = store.save(file, NEW, store.read(file)).state
        assert (state.uid, state.gid) == (1234, 4321)

    def test_a_new_file_is_private(self, store: EnvironmentStore, tmp_path: Path) -> None:
        path = tmp_path / ".env"
        saved = store.save(path, NEW, store.read(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert saved.kept is None
        assert contents(store, path) == [NEW]

    def test_a_link_is_kept(self, store: EnvironmentStore, file: Path) -> None:
        link = file.parent / "link"
        link.symlink_to(file)
        store.save(link, NEW, store.read(link))
        assert link.is_symlink()
        assert file.read_bytes() == NEW
        assert contents(store, file) == [NEW, OLD]  # one file, one history

    def test_saving_the_same_content_changes_nothing(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        before = file.stat()
        saved = store.save(file, OLD, store.read(file))
        assert saved.kept is None
        assert file.stat().st_ino == before.st_ino

    def test_all_stored_files_are_private(
        self, store: EnvironmentStore, file: Path, tmp_path: Path
    ) -> None:
        store.save(file, NEW, store.read(file))
        for path in (tmp_path / "state").rglob("*"):
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path

    def test_an_old_version_is_restored_by_saving_it(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        kept = store.save(file, NEW, store.read(file)).kept
        assert kept is not None
        store.save(file, store.history(file).read(kept), store.read(file))
        assert file.read_bytes() == OLD
        assert contents(store, file) == [OLD, NEW, OLD]


class TestAnother:
    def test_a_change_by_another_program_is_never_replaced(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        read = store.read(file)
        file.write_bytes(b"A=theirs\n")
        with pytest.raises(ChangedOnDisk) as raised:
            store.save(file, NEW, read)
        assert file.read_bytes() == b"A=theirs\n"
        assert raised.value.now.data == b"A=theirs\n"
        assert raised.value.hint

    def test_a_change_in_the_last_moment_is_never_replaced(
        self, store: EnvironmentStore, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, real = store.read(file), os.fsync

        def another(descriptor: int) -> None:
            file.write_bytes(b"A=theirs\n")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", another)
        with pytest.raises(ChangedOnDisk):
            store.save(file, NEW, read)
        assert file.read_bytes() == b"A=theirs\n"
        assert link_count(file.parent) == [".env"]

    def test_a_removed_file_is_not_silently_recreated(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        read = store.read(file)
        file.unlink()
        with pytest.raises(ChangedOnDisk, match="removed") as raised:
            store.save(file, NEW, read)
        assert not raised.value.now.exists
        store.save(file, NEW, raised.value.now)
        assert file.read_bytes() == NEW

    def test_a_file_that_was_created_meanwhile_is_not_replaced(
        self, store: EnvironmentStore, tmp_path: Path
    ) -> None:
        path = tmp_path / ".env"
        read = store.read(path)
        path.write_bytes(b"")
        with pytest.raises(ChangedOnDisk):
            store.save(path, NEW, read)

    def test_a_touched_file_is_unchanged(self, store: EnvironmentStore, file: Path) -> None:
        read = store.read(file)
        file.unlink()
        file.write_bytes(OLD)
        store.save(file, NEW, read)
        assert file.read_bytes() == NEW

    def test_of_two_concurrent_saves_the_second_is_refused(
        self, store: EnvironmentStore, file: Path, tmp_path: Path
    ) -> None:
        read, outcomes = store.read(file), list[str]()
        start = threading.Barrier(8)

        def save(number: int) -> None:
            mine = EnvironmentStore(
                tmp_path / f"state{number}", FixedClock(NOON), locks=tmp_path / "locks"
            )
            start.wait()
            try:
                mine.save(file, f"A={number}\n".encode(), read)
            except ChangedOnDisk:
                outcomes.append("told")
            else:
                outcomes.append("saved")

        threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["saved", *["told"] * 7]

    def test_waiting_for_another_save_times_out(
        self, store: EnvironmentStore, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.save(file, NEW, store.read(file))
        (lock,) = (tmp_path / "locks").iterdir()
        held = machine_lock.acquire(lock, timeout=0)
        monkeypatch.setattr(store_module, "LOCK_TIMEOUT_SECONDS", 0.0)
        with pytest.raises(LockHeld, match="Another pixel-tui is saving"):
            store.save(file, OLD, store.read(file))
        machine_lock.release(held)
        store.save(file, OLD, store.read(file))

    def test_a_save_must_read_back_the_same(
        self, store: EnvironmentStore, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = files.sync_folder

        def spoil(folder: Path) -> None:
            real(folder)
            if folder == file.parent:
                file.write_bytes(b"A=rubbish\n")

        monkeypatch.setattr(files, "sync_folder", spoil)
        with pytest.raises(FileError, match="but reads back differently") as raised:
            store.save(file, NEW, store.read(file))
        assert store.history(file).versions()[0].id in raised.value.hint


def failing(number: int, *, on: Callable[[int], bool]) -> Callable[[int], None]:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if on(descriptor):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    return fsync


def is_in(folder: Path) -> Callable[[int], bool]:
    return lambda descriptor: folder in Path(f"/proc/self/fd/{descriptor}").readlink().parents


class TestFailing:
    @pytest.mark.parametrize(
        ("number", "hint"),
        [
            (errno.ENOSPC, "Free some space on the disk"),
            (errno.EDQUOT, "Free some space on the disk"),
            (errno.EROFS, "mounted read-only"),
            (errno.EBUSY, "bind mount"),
            (errno.EACCES, "docker run --rm -v"),
            (errno.EPERM, "lsattr"),
            (errno.EIO, "free space"),
        ],
    )
    def test_the_old_file_is_intact_and_the_hint_fits(
        self,
        store: EnvironmentStore,
        file: Path,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        hint: str,
    ) -> None:
        monkeypatch.setattr(os, "fsync", failing(number, on=is_in(file.parent)))
        with pytest.raises(FileError) as raised:
            store.save(file, NEW, store.read(file))
        assert hint in raised.value.hint
        assert file.read_bytes() == OLD
        assert link_count(file.parent) == [".env"]

    def test_a_content_that_cannot_be_kept_is_not_replaced(
        self,
        store: EnvironmentStore,
        file: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC, on=is_in(tmp_path / "state")))
        with pytest.raises(FileError, match="history can't be written, so the file was not"):
            store.save(file, NEW, store.read(file))
        assert file.read_bytes() == OLD

    def test_a_new_content_that_cannot_be_kept_is_reported(
        self,
        store: EnvironmentStore,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        path = tmp_path / ".env"
        monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC, on=is_in(tmp_path / "state")))
        saved = store.save(path, NEW, store.read(path))
        assert "saved, but not in the history" in saved.note
        assert path.read_bytes() == NEW

    @root_only
    def test_a_file_of_another_user_is_not_taken_over(
        self, store: EnvironmentStore, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = store.read(file)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        with pytest.raises(FileError, match="belongs to root") as raised:
            store.save(file, NEW, read)
        assert "chown 1000:" in raised.value.hint
        assert file.read_bytes() == OLD

    @root_only
    def test_a_group_with_access_is_not_locked_out(
        self, store: EnvironmentStore, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        os.chown(file, 1000, 4321)
        file.chmod(0o640)
        read = store.read(file)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        with pytest.raises(FileError, match="group is group 4321") as raised:
            store.save(file, NEW, read)
        assert raised.value.hint.endswith("/data/.env")
        assert file.read_bytes() == OLD

    def test_a_hard_link_would_keep_the_old_content(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        (file.parent / "second").hardlink_to(file)
        with pytest.raises(FileError, match="2 hard links"):
            store.save(file, NEW, store.read(file))
        assert file.read_bytes() == OLD

    def test_no_folder_is_created_for_a_file(self, store: EnvironmentStore, tmp_path: Path) -> None:
        path = tmp_path / "typo" / ".env"
        with pytest.raises(FileError, match="folder does not exist"):
            store.save(path, NEW, store.read(path))
        assert not path.parent.exists()

    def test_a_content_that_could_not_be_read_again_is_not_written(
        self, store: EnvironmentStore, file: Path
    ) -> None:
        with pytest.raises(FileError, match="too large"):
            store.save(file, b"x" * (MAX_FILE_BYTES + 1), store.read(file))

    def test_an_unusable_lock_is_reported(
        self, store: EnvironmentStore, file: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "locks").touch()
        with pytest.raises(FileError, match="can't be locked"):
            store.save(file, NEW, store.read(file))


class TestHistory:
    def save(self, store: EnvironmentStore, path: Path, clock: FixedClock, number: int) -> None:
        clock.advance(1)
        store.save(path, f"A={number}\n".encode(), store.read(path))

    def test_it_is_listed_newest_first_with_its_times(
        self, store: EnvironmentStore, file: Path, clock: FixedClock
    ) -> None:
        self.save(store, file, clock, 1)
        self.save(store, file, clock, 2)
        assert contents(store, file) == [b"A=2\n", b"A=1\n", OLD]
        versions = store.history(file).versions()
        assert [version.time.second for version in versions] == [7, 6, 6]
        assert versions[0].time.tzinfo == UTC
        assert versions[0].id == "0003-20260301-120007"
        assert store.history(file).find(versions[1].id) == versions[1]
        with pytest.raises(OperationError):
            store.history(file).find("0009-20260301-120007")

    def test_the_order_does_not_depend_on_the_clock(
        self, store: EnvironmentStore, file: Path, clock: FixedClock
    ) -> None:
        for number in range(3):
            clock.advance(-3600)
            self.save(store, file, clock, number)
        assert contents(store, file) == [b"A=2\n", b"A=1\n", b"A=0\n", OLD]

    def test_a_content_of_another_program_between_two_saves_is_kept(
        self, store: EnvironmentStore, file: Path, clock: FixedClock
    ) -> None:
        self.save(store, file, clock, 1)
        file.write_bytes(b"A=vim\n")
        self.save(store, file, clock, 2)
        assert contents(store, file) == [b"A=2\n", b"A=vim\n", b"A=1\n", OLD]

    def test_surplus_versions_are_removed(self, tmp_path: Path, clock: FixedClock) -> None:
        store = EnvironmentStore(tmp_path / "state", clock, locks=tmp_path / "locks", keep=3)
        path = tmp_path / ".env"
        for number in range(6):
            self.save(store, path, clock, number)
        assert contents(store, path) == [b"A=5\n", b"A=4\n", b"A=3\n"]

    def test_the_applied_version_is_kept_however_old(
        self, tmp_path: Path, clock: FixedClock
    ) -> None:
        store = EnvironmentStore(tmp_path / "state", clock, locks=tmp_path / "locks", keep=2)
        path = tmp_path / ".env"
        history = store.history(path)
        assert history.applied() is None
        for number in range(6):
            self.save(store, path, clock, number)
            if number == 0:
                history.remember_applied(store.read(path).sha256, clock.now())
        assert contents(store, path) == [b"A=5\n", b"A=4\n", b"A=0\n"]
        applied = history.applied()
        assert applied is not None
        assert applied.sha256 == hashlib.sha256(b"A=0\n").hexdigest()
        assert applied.time == NOON + timedelta(seconds=1)

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"sha256": 1, "time": "x"}'])
    def test_a_damaged_record_of_the_applied_version_is_ignored(
        self, store: EnvironmentStore, file: Path, clock: FixedClock, content: str
    ) -> None:
        history = store.history(file)
        history.remember_applied("0" * 64, clock.now())
        (path,) = (file.parent.parent / "state").rglob("applied.json")
        path.write_text(content)
        assert history.applied() is None

    def test_a_damaged_version_is_reported_and_saved_again(
        self, store: EnvironmentStore, file: Path, clock: FixedClock
    ) -> None:
        self.save(store, file, clock, 1)
        newest = store.history(file).versions()[0]
        newest.path.write_bytes(b"A=!\n")
        with pytest.raises(FileError, match="damaged"):
            store.history(file).read(newest)
        self.save(store, file, clock, 2)
        assert store.history(file).read(store.history(file).versions()[1]) == b"A=1\n"

    def test_other_files_are_not_versions(
        self, store: EnvironmentStore, file: Path, clock: FixedClock
    ) -> None:
        self.save(store, file, clock, 1)
        folder = store.history(file).versions()[0].path.parent
        (folder / "notes.txt").write_text("mine")
        (folder / f"0001-20269999-999999-{'0' * 64}").write_text("no time")
        (folder / f"0001-20260101-000000-{'0' * 64}").mkdir()
        assert len(store.history(file).versions()) == 2

    def test_files_of_the_same_name_have_separate_histories(
        self, store: EnvironmentStore, file: Path, tmp_path: Path, clock: FixedClock
    ) -> None:
        self.save(store, file, clock, 1)
        other = tmp_path / "other" / "pixel" / ".env"
        other.parent.mkdir(parents=True)
        assert store.history(other).versions() == ()


def test_old_leftovers_of_killed_writers_are_removed(
    store: EnvironmentStore, file: Path, clock: FixedClock, tmp_path: Path
) -> None:
    store.save(file, NEW, FileState(file, file, exists=True, sha256=store.read(file).sha256))
    versions = store.history(file).versions()[0].path.parent
    left = [
        file.parent / ".env.pixel-tui-aaaaaaaa",
        versions / ".0001-x.pixel-tui-bbbbbbbb",
        versions.parent / ".applied.json.pixel-tui-cccccccc",
    ]
    for path in left:
        path.touch()
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    clock.advance(3500)
    store.sweep(file)
    assert all(path.exists() for path in left)
    clock.advance(200)
    store.sweep(file)
    assert not any(path.exists() for path in left)
    assert contents(store, file) == [NEW, OLD]


def test_a_save_sweeps_first(store: EnvironmentStore, file: Path, clock: FixedClock) -> None:
    left = file.parent / ".env.pixel-tui-aaaaaaaa"
    left.touch()
    os.utime(left, (NOON.timestamp(), NOON.timestamp()))
    clock.advance(3700)
    store.save(file, NEW, store.read(file))
    assert link_count(file.parent) == [".env"]


def test_sweeping_without_a_state_folder_does_nothing(
    store: EnvironmentStore, tmp_path: Path
) -> None:
    store.sweep(tmp_path / "no" / ".env")
    assert not (tmp_path / "state").exists()
