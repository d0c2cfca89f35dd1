"""A reserve of disk space, so that a full disk does not prevent every change.

Without an audit record there is no change: on a full disk, nothing could be stopped or restored
when it is needed most. So a file of random bytes is kept in the state folder. A write to that
folder that meets a full disk cuts a piece off the file and tries again; only a piece, because
what filled the disk may take that space as well, and the end of a job must be recorded, too.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

NAME: Final = ".reserve"
RESERVE_BYTES: Final = 256 * 1024
PIECE_BYTES: Final = 64 * 1024
"""More than the records of most jobs."""
RECORD_BYTES: Final = 2 * PIECE_BYTES
"""The part that is left for records when files are restored."""
MIN_FREE: Final = 4 * RESERVE_BYTES
"""The bytes that must stay free for others."""
_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_SAFE_OPEN_FLAGS: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

T = TypeVar("T")


def is_full(error: BaseException | None) -> bool:
    """Whether an error means that the disk, or this user's quota, is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def full_disk_hint(folder: Path, needed: int) -> str:
    """Return how to fix a full disk, in a sentence or two.

    Args:
        folder: The folder that was to be written to.
        needed: The number of bytes to write.
    """
    return (
        f"Free at least {max(needed, PIECE_BYTES):,} bytes on the disk of {folder}: `df -h` and "
        "`docker system df` show disk usage."
    )


def keep_reserve(folder: Path) -> bool:
    """Create or complete the reserve, if there is enough free space. Blocks.

    Args:
        folder: The state folder; created if missing.

    Returns:
        Whether the reserve is complete.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        path = folder / NAME
        with suppress(FileNotFoundError):
            if path.lstat().st_size >= RESERVE_BYTES:
                return True
        disk = os.statvfs(folder)
        if disk.f_bavail * disk.f_frsize < RESERVE_BYTES + MIN_FREE:
            return False
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | _SAFE_OPEN_FLAGS, _PRIVATE_FILE)
        try:
            # Random bytes: a compressing file system would not store holes or zeros.
            append_all(descriptor, os.urandom(max(0, RESERVE_BYTES - os.fstat(descriptor).st_size)))
        finally:
            os.close(descriptor)
    except OSError:
        return False  # continue without a reserve: later writes report their errors
    return True


def with_reserve(path: Path, write: Callable[[], T]) -> T:
    """Write something; while the disk is full and there is a reserve, try again.

    Args:
        path: The path that is written; the reserve of a folder above it is used.
        write: Writes everything or leaves nothing behind. May be called several times.

    Raises:
        OSError: The error of `write`, if no reserve helps.
    """
    while True:
        try:
            return write()
        except OSError as error:
            if not is_full(error) or not _cut_piece(path):
                raise


def reserved(folder: Path, *, device: int) -> int:
    """Return the bytes of the reserve that are not needed for the records of a job.

    Args:
        folder: The state folder.
        device: The device that is short of space; a reserve on another one does not help.
    """
    try:
        status = (folder / NAME).lstat()
    except OSError:
        return 0
    return max(0, status.st_size - RECORD_BYTES) if status.st_dev == device else 0


def append_all(descriptor: int, content: bytes) -> None:
    """Append everything to an open file and sync it, or nothing.

    Raises:
        OSError: It can't be written; the file keeps its length.
    """
    before = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        _write(descriptor, content)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise


def _write(descriptor: int, content: bytes) -> None:
    if os.write(descriptor, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def _cut_piece(path: Path) -> bool:
    """Cut a piece off the reserve; returns whether there was one."""
    for folder in path.parents:
        with suppress(OSError):
            descriptor = os.open(folder / NAME, os.O_WRONLY | _SAFE_OPEN_FLAGS)
            try:
                size = os.fstat(descriptor).st_size
                if size == 0:
                    return False
                os.ftruncate(descriptor, max(0, size - PIECE_BYTES))
                # Some file systems free blocks only once their removal is synced.
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            return True
    return False
