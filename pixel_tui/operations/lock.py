"""One change to a stack at a time, across the consoles and the users of a machine.

The lock is the kernel's (`flock`): it is gone with the last process that held it, so that
no lock is ever stale. A command that runs holds it too, and keeps it where the console ends
before it. What is written in the file only says who holds it; it says nothing where nobody
does. The files lie in a folder that every user may write to, so none of them is trusted.
"""

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pixel_tui.errors import FileError, LockHeld
from pixel_tui.text import SafeText, plain

ENVIRONMENT: Final = "PIXEL_TUI_LOCKS"
SHARED_FOLDERS: Final = (Path("/run/lock"), Path("/tmp"))  # noqa: S108  see `shared_folder`
FOR_EVERYBODY: Final = 0o666
"""Another user has to open the file to lock it. Nothing in it is secret."""
LONGEST_BYTES: Final = 16 * 1024
PATIENCE_SECONDS: Final = 0.25
"""Whoever looks whether a lock is held holds it for a moment: that is waited for."""
_PAUSE_SECONDS: Final = 0.01
_LOCAL: Final = "unix://"


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


@dataclass(frozen=True, slots=True)
class Owner:
    """Who changes a stack at the moment. What another user wrote passes `plain` in here."""

    user: str
    host: str
    pid: int
    since: str
    """ISO 8601, UTC."""
    title: str
    """The plan's title."""
    job: str = ""
    """The job's id."""
    step: int = 0
    """Which step runs, from 1; 0 before the first."""
    steps: int = 0
    """How many there are."""

    @property
    def words(self) -> SafeText:
        """Who it is and since when: `ana on vps, process 41, since 12:00:05 UTC`."""
        since = ""
        with suppress(ValueError):
            since = f", since {datetime.fromisoformat(self.since):%H:%M:%S} UTC"
        at = f", step {self.step} of {self.steps}" if self.steps > 1 and self.step else ""
        return plain(f"{self.user} on {self.host}, process {self.pid}{since}{at}")


class StackLock:
    """A lock that is held. Leaving the context releases it, as `release` does.

    Args:
        descriptor: The open file that the kernel's lock hangs on.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def __enter__(self) -> Self:
        return self

    @property
    def descriptor(self) -> int | None:
        """The open file, for a program that is to hold the lock as well; None when released."""
        return self._descriptor

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def tell(self, owner: Owner) -> None:
        """Say who holds it, and how far it is. Nothing happens when it has been released.

        Raises:
            OSError: It can't be written.
        """
        if self._descriptor is not None:
            content = json.dumps(asdict(owner)).encode()
            os.pwrite(self._descriptor, content, 0)
            os.ftruncate(self._descriptor, len(content))

    def release(self) -> None:
        """Let others change the stack. May be called twice, and on any thread."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # A program that is just being started has a copy of the open file until it is
            # there: to close ours alone would leave the stack locked for that moment.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def lock_path(folder: Path, *, engine: str, project: str) -> Path:
    """The lock file of a stack.

    Args:
        folder: Where lock files are.
        engine: The engine's address.
        project: The compose project's name.
    """
    name = hashlib.sha256(f"{engine_identity(engine)}\0{project}".encode()).hexdigest()[:16]
    return folder / f"pixel-tui-{name}.lock"


def engine_identity(address: str) -> str:
    """An engine's address in the one form that all of its ways of writing have in common.

    `/var/run` is a link to `/run`: both lead to the same socket.
    """
    if address.startswith(_LOCAL):
        return _LOCAL + os.path.realpath(address.removeprefix(_LOCAL))
    return address.rstrip("/").lower()


def take_lock(folder: Path, *, engine: str, project: str, owner: Owner) -> StackLock:
    """Take the lock of a stack, without waiting for a change to end.

    Args:
        folder: Where lock files are; it is made when it is not there.
        engine: The engine's address.
        project: The compose project's name.
        owner: What others are told while it is held.

    Raises:
        LockHeld: Somebody else changes the stack; it says who.
        FileError: The lock file can't be used.
    """
    path = lock_path(folder, engine=engine, project=project)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        descriptor = _opened(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                lock = StackLock(descriptor)
                lock.tell(owner)
                return lock
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise _held(path) from error
        except OSError as error:
            os.close(descriptor)
            raise _unusable(path, error.strerror or str(error)) from error
        os.close(descriptor)  # it was being looked at, or removed from under us
        time.sleep(_PAUSE_SECONDS)


def holder(path: Path) -> Owner | None:
    """Who holds a lock; None where nobody does, or nobody can tell.

    It never waits and changes nothing.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | CAREFULLY)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return owner_from(os.pread(descriptor, LONGEST_BYTES, 0))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


CAREFULLY: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Another user may have put a link or a pipe there."""


def _opened(path: Path) -> int:
    """The lock file, made when it is not there; it stays when the lock goes.

    Raises:
        FileError: It can't be used, or is no plain file of one name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Not made in passing: the kernel may refuse that for another user's file.
            descriptor = os.open(path, os.O_RDWR | CAREFULLY)
        except FileNotFoundError:
            descriptor = _made(path)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        raise _unusable(path, "it is no plain file, or has a second name")
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


def owner_from(content: bytes) -> Owner | None:
    """Who says to hold a lock; None where that can't be read."""
    try:
        raw = json.loads(content)
        return Owner(
            user=plain(str(raw["user"])),
            host=plain(str(raw["host"])),
            pid=int(raw["pid"]),
            since=plain(str(raw["since"])),
            title=plain(str(raw["title"])),
            job=plain(str(raw.get("job", ""))),
            step=int(raw.get("step", 0)),
            steps=int(raw.get("steps", 0)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _held(path: Path) -> LockHeld:
    owner = holder(path)
    if owner is None:
        # It has just been taken, and the owner is about to write who it is.
        return LockHeld(
            "Another console changes this stack.", remedy="Wait a moment and try again."
        )
    return LockHeld(
        f"Another change to this stack is under way: {owner.title}.",
        on=owner.words,
        remedy="Wait until it has ended, or ask its owner.",
    )


def _unusable(path: Path, reason: str) -> FileError:
    return FileError(
        f"The stack can't be locked: {reason}.",
        on=str(path),
        remedy="Check the folder and the file, its owner, its mode and the free space.",
    )
