"""One change to a stack at a time, across the consoles of a machine.

The lock is the kernel's (`flock`): it is gone with the last process that held it, so that
no lock is ever stale. A command that runs holds it too, and keeps it where the console ends
before it. What is written in the file only says who holds it.
"""

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pixel_tui.errors import FileError, LockHeld
from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER
from pixel_tui.text import plain


@dataclass(frozen=True, slots=True)
class Owner:
    """Who changes a stack at the moment."""

    user: str
    host: str
    pid: int
    since: str
    """ISO 8601, UTC."""
    title: str
    """The plan's title."""


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

    def release(self) -> None:
        """Let others change the stack. May be called twice, and on any thread."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # A program that is just being started has a copy of the open file until it is
            # there: to close ours alone would leave the stack locked for that moment.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def take_lock(folder: Path, *, engine: str, project: str, owner: Owner) -> StackLock:
    """Take the lock of a stack, without waiting for it.

    Args:
        folder: Where lock files are; it is made when it is not there.
        engine: The engine's address.
        project: The compose project's name.
        owner: What others are told while it is held.

    Raises:
        LockHeld: Somebody else changes the stack; it says who.
        FileError: The lock file can't be written.
    """
    name = hashlib.sha256(f"{engine}\0{project}".encode()).hexdigest()[:16]
    path = folder / f"{name}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        # The file stays when the lock goes: a deleted one could be locked by two.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(asdict(owner)).encode())
    except BlockingIOError as error:
        os.close(descriptor)
        raise _held(path) from error
    except OSError as error:
        os.close(descriptor)
        raise _unusable(path, error) from error
    return StackLock(descriptor)


def _held(path: Path) -> LockHeld:
    try:
        owner = Owner(**json.loads(path.read_bytes()))
        since = datetime.fromisoformat(owner.since)
    except (OSError, ValueError, TypeError):
        # It has just been taken, and the owner is about to write who it is.
        return LockHeld(
            "Another console changes this stack.", remedy="Wait a moment and try again."
        )
    who = plain(f"{owner.user} on {owner.host}, process {owner.pid}, since {since:%H:%M:%S} UTC")
    return LockHeld(
        f"Another change to this stack is under way: {plain(owner.title)}.",
        on=who,
        remedy="Wait until it has ended, or ask its owner.",
    )


def _unusable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The stack can't be locked: {error.strerror or error}.",
        on=str(path),
        remedy="Check the folder's owner, its mode and the free space.",
    )
