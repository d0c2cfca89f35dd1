"""A little of the disk, kept so that a full one does not refuse every change.

No audit record, no change: on a disk without a free byte, nothing could be stopped or restored,
although that is when it is needed. So a file of random bytes is kept in the state folder. What
writes there and meets a full disk cuts a piece off that file and writes again. A piece at a time:
what filled the disk may take the room as well, and the end of a job must be written, too.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

NAME: Final = ".reserve"
SIZE: Final = 256 * 1024
PIECE: Final = 64 * 1024
"""More than most records of one job take."""
RECORDS: Final = 2 * PIECE
"""What is left of it for records where files are put back."""
LEFT_FREE: Final = 4 * SIZE
"""As many bytes stay free for others beside it."""
_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_CAREFULLY: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

T = TypeVar("T")


def is_full(error: BaseException | None) -> bool:
    """Whether something failed because the disk, or this user's share of it, is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def full_remedy(folder: Path, needed: int) -> str:
    """What to do about a full disk, as a sentence or two.

    Args:
        folder: Where something was to be written.
        needed: How many bytes.
    """
    return (
        f"Free at least {max(needed, PIECE):,} bytes on the disk of {folder}: `df -h` and"
        " `docker system df` show what takes the room."
    )


def keep_reserve(folder: Path) -> bool:
    """Make the reserve, or what is missing of it, where there is room for it. Blocks.

    Args:
        folder: The state folder; it is made if it is not there.

    Returns:
        Whether the reserve is complete now.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        path = folder / NAME
        with suppress(FileNotFoundError):
            if path.lstat().st_size >= SIZE:
                return True
        disk = os.statvfs(folder)
        if disk.f_bavail * disk.f_frsize < SIZE + LEFT_FREE:
            return False
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | _CAREFULLY, _PRIVATE_FILE)
        try:
            # Random bytes: neither a hole nor zeros take any room where a file system compresses.
            append_all(descriptor, os.urandom(max(0, SIZE - os.fstat(descriptor).st_size)))
        finally:
            os.close(descriptor)
    except OSError:
        return False  # as without a reserve: what is written later says what it lacks
    return True


def with_reserve(path: Path, write: Callable[[], T]) -> T:
    """Write something; as long as the disk is full and there is some reserve, write it again.

    Args:
        path: What is written; the reserve is that of a folder above it.
        write: Writes all of it, or leaves nothing behind. It may be called several times.

    Raises:
        OSError: As `write` raises it, when no reserve helps.
    """
    while True:
        try:
            return write()
        except OSError as error:
            if not is_full(error) or not _give(path):
                raise


def reserved(folder: Path, *, on: int) -> int:
    """Bytes of the reserve that others may have, beside the records of a job.

    Args:
        folder: The state folder.
        on: The device of the disk that is short of room; the reserve of another one is no help.
    """
    try:
        about = (folder / NAME).lstat()
    except OSError:
        return 0
    return max(0, about.st_size - RECORDS) if about.st_dev == on else 0


def append_all(descriptor: int, content: bytes) -> None:
    """Bring all of it to the disk at the end of an open file, or nothing.

    Raises:
        OSError: It can't be; the file is as long as it was.
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


def _give(path: Path) -> bool:
    """Cut a piece off the reserve; whether there was one."""
    for folder in path.parents:
        with suppress(OSError):
            descriptor = os.open(folder / NAME, os.O_WRONLY | _CAREFULLY)
            try:
                size = os.fstat(descriptor).st_size
                if size == 0:
                    return False
                os.ftruncate(descriptor, max(0, size - PIECE))
                # Some file systems give blocks away only once their removal is on the disk.
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            return True
    return False
