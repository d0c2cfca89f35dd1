"""Machine-wide locks between users, with `flock` on untrusted files.

A lock ends with the last process that holds it, so none is ever stale. The files are in a
folder that every user can write to, so each is opened without following links and must be a
regular file with one name.
"""

import fcntl
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.exchange import NoExchange, exchange
from pixel_tui.processes import Process, process_of

FOLDER_VARIABLE: Final = "PIXEL_TUI_LOCKS"
SHARED_FOLDERS: Final = (Path("/run/lock"), Path("/tmp"))  # noqa: S108  see `shared_folder`
SHARED_FILE_MODE: Final = 0o666
"""Other users must open the file to lock it. Nothing in it is secret."""
SAFE_OPEN_FLAGS: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Another user may have put a link or a pipe there."""
_POLL_SECONDS: Final = 0.01
PROC_LOCKS: Final = Path("/proc/locks")


def shared_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of this machine's locks, the same for all users.

    It is the first folder that everyone can write to, but in which no user can remove another's
    file; also for root, whose lock would otherwise be hidden from other users.
    """
    if folder_name := environment.get(FOLDER_VARIABLE):
        return Path(folder_name)
    wanted = stat.S_ISVTX | stat.S_IWOTH
    for folder in SHARED_FOLDERS:
        with suppress(OSError):
            if folder.stat().st_mode & wanted == wanted:
                return folder
    return SHARED_FOLDERS[-1]


def acquire(path: Path, *, timeout: float) -> int:
    """Lock a file; it is created if missing, and stays when the lock is released.

    Args:
        path: The file.
        timeout: How many seconds to wait for the lock.

    Returns:
        The locked file's descriptor, for `release`.

    Raises:
        BlockingIOError: Another process holds it.
        OSError: The file can't be used, or is not a regular file with one name.
    """
    deadline = time.monotonic() + timeout
    while True:
        descriptor = _open_file(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                replaced = _replace_file(descriptor, path)
                os.close(descriptor)
                if replaced is None:
                    raise
                return replaced
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # locked by another process, or removed meanwhile
        time.sleep(_POLL_SECONDS)


def release(descriptor: int) -> None:
    """Release a lock."""
    # A program that is being started has a copy of the descriptor until its exec: closing
    # ours would leave the file locked for that moment.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def holders(path: Path) -> tuple[Process, ...]:
    """Return the processes that hold a file's lock, as far as the kernel lists them."""
    try:
        status = path.lstat()
        lines = PROC_LOCKS.read_text("ascii", "replace").splitlines()
    except OSError:
        return ()
    device_and_inode = (
        f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    )
    words = [line.split() for line in lines]
    pids = {
        int(word[4])
        for word in words
        if len(word) > 5
        and word[1] == "FLOCK"
        and word[5] == device_and_inode
        and word[4].isdecimal()
    }
    return tuple(process_of(pid) for pid in sorted(pids))


def _replace_file(locked: int, path: Path) -> int | None:
    """Replace a file that others hold only with shared locks; return a new, locked file.

    Any user who may read a file can hold a shared lock forever, and ours are readable by all. The
    shared lock taken here proves that no process has the exclusive one, and prevents it.

    Returns:
        The new file; None if another process has the exclusive lock, or if the file is another
            user's or was replaced meanwhile.
    """
    new_path = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
    descriptor = -1
    try:
        fcntl.flock(locked, fcntl.LOCK_SH | fcntl.LOCK_NB)
        descriptor = _create_file(new_path)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        exchange(new_path, path)
        if not _is_at(locked, new_path):
            exchange(new_path, path)  # another console locked it before us
            raise BlockingIOError
        new_path.unlink()
    except (OSError, NoExchange):
        if descriptor >= 0:
            with suppress(OSError):
                new_path.unlink()
            os.close(descriptor)
        return None
    return descriptor


def _open_file(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Without O_CREAT: the kernel may refuse that for another user's file.
        descriptor = os.open(path, os.O_RDWR | SAFE_OPEN_FLAGS)
    except FileNotFoundError:
        descriptor = _create_file(path)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise OSError("not a regular file, or it has a second name")
    return descriptor


def _create_file(path: Path) -> int:
    try:
        descriptor = os.open(
            path, os.O_RDWR | os.O_CREAT | os.O_EXCL | SAFE_OPEN_FLAGS, SHARED_FILE_MODE
        )
    except FileExistsError:  # created by another process at the same moment
        return os.open(path, os.O_RDWR | SAFE_OPEN_FLAGS)
    os.fchmod(descriptor, SHARED_FILE_MODE)  # regardless of the umask
    return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether it still has its name: after a removal, each user would lock another file."""
    ours = os.fstat(descriptor)
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
