"""Locks that every user of a machine meets: the kernel's, on files that nobody trusts.

A lock (`flock`) is gone with the last process that held it, so none is ever stale. The files
lie in a folder that every user may write to, so each is opened without following links and
has to be a plain file with one name.
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

ENVIRONMENT: Final = "PIXEL_TUI_LOCKS"
SHARED_FOLDERS: Final = (Path("/run/lock"), Path("/tmp"))  # noqa: S108  see `shared_folder`
FOR_EVERYBODY: Final = 0o666
"""Another user has to open the file to lock it. Nothing in it is secret."""
CAREFULLY: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Another user may have put a link or a pipe there."""
_PAUSE_SECONDS: Final = 0.01
LOCKS: Final = Path("/proc/locks")


def shared_folder(environment: Mapping[str, str]) -> Path:
    """Where the locks of this machine are: the same folder for each of its users.

    It is the first that everybody may write to and nobody may remove another's file from,
    whoever asks: a folder that root alone may use would hide root's lock from the others.
    """
    if given := environment.get(ENVIRONMENT):
        return Path(given)
    wanted = stat.S_ISVTX | stat.S_IWOTH
    for folder in SHARED_FOLDERS:
        with suppress(OSError):
            if folder.stat().st_mode & wanted == wanted:
                return folder
    return SHARED_FOLDERS[-1]


def take(path: Path, *, patience: float) -> int:
    """Lock a file; it is made when it is not there, and stays when the lock goes.

    Args:
        path: The file.
        patience: How many seconds to wait for whoever holds it.

    Returns:
        The open file that the lock hangs on; `release` lets it go.

    Raises:
        BlockingIOError: Somebody else holds it.
        OSError: The file can't be used, or is no plain file of one name.
    """
    deadline = time.monotonic() + patience
    while True:
        descriptor = _opened(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                replaced = _replaced(descriptor, path)
                os.close(descriptor)
                if replaced is None:
                    raise
                return replaced
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # somebody has it, or it was removed from under us
        time.sleep(_PAUSE_SECONDS)


def release(descriptor: int) -> None:
    """Let a lock go."""
    # A program that is just being started has a copy of the open file until it is
    # there: to close ours alone would leave it locked for that moment.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def holders(path: Path) -> tuple[Process, ...]:
    """The processes that hold a file's lock, as far as the kernel lists them for this one."""
    try:
        about = path.lstat()
        lines = LOCKS.read_text("ascii", "replace").splitlines()
    except OSError:
        return ()
    place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    words = [line.split() for line in lines]
    pids = {
        int(word[4])
        for word in words
        if len(word) > 5 and word[1] == "FLOCK" and word[5] == place and word[4].isdecimal()
    }
    return tuple(process_of(pid) for pid in sorted(pids))


def _replaced(held: int, path: Path) -> int | None:
    """A new file, locked, in the place of one that others only hold for reading.

    Whoever may read a file may hold it so for ever, and ours are readable for everybody. The
    shared lock that is taken here shows that nobody has the exclusive one, and keeps it so.

    Returns:
        The new file; None where somebody has the exclusive lock, where the file is another
        user's, or was replaced meanwhile.
    """
    made = path.with_name(f".{path.name}-{os.urandom(8).hex()}")
    descriptor = -1
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        descriptor = _made(made)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        exchange(made, path)
        if not _is_at(held, made):
            exchange(made, path)  # it is another console's by now, which locked it before us
            raise BlockingIOError
        made.unlink()
    except (OSError, NoExchange):
        if descriptor >= 0:
            with suppress(OSError):
                made.unlink()
            os.close(descriptor)
        return None
    return descriptor


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Not made in passing: the kernel may refuse that for another user's file.
        descriptor = os.open(path, os.O_RDWR | CAREFULLY)
    except FileNotFoundError:
        descriptor = _made(path)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        raise OSError("it is no plain file, or has a second name")
    return descriptor


def _made(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | CAREFULLY, FOR_EVERYBODY)
    except FileExistsError:  # by another, at the same moment
        return os.open(path, os.O_RDWR | CAREFULLY)
    os.fchmod(descriptor, FOR_EVERYBODY)  # whatever the mask of this process is
    return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether it still has its name: of a removed file, each user would lock another."""
    ours = os.fstat(descriptor)
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
