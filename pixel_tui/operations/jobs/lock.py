"""One change to a stack at a time, across the consoles and the users of a machine.

A command that runs holds the lock too, and keeps it where the console ends before it. What is
written in the file only says who holds it; it says nothing where nobody does.
"""

import fcntl
import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pixel_tui import locks as machine_lock
from pixel_tui.errors import FileError, LockHeld
from pixel_tui.reserve import is_full
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.text import SafeText, plain

LONGEST_BYTES: Final = 16 * 1024
PATIENCE_SECONDS: Final = 0.25
"""Whoever looks whether a lock is held holds it for a moment: that is waited for."""
_LOCAL: Final = "unix://"


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
            written = os.pwrite(self._descriptor, content, 0)
            # Half of it would be read as nobody's, and so is nothing.
            os.ftruncate(self._descriptor, written if written == len(content) else 0)

    def release(self) -> None:
        """Let others change the stack. May be called twice, and on any thread."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            machine_lock.release(descriptor)


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
    try:
        lock = StackLock(machine_lock.acquire(path, timeout=PATIENCE_SECONDS))
    except BlockingIOError as error:
        raise _held(path) from error
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        lock.tell(owner)
    except OSError as error:
        # It is the kernel's lock that counts: a full disk keeps only its owner's name from others.
        if not is_full(error):
            lock.release()
            raise _unusable(path, error) from error
    return lock


def holder(path: Path) -> Owner | None:
    """Who holds a lock; None where nobody does, or nobody can tell.

    It never waits and changes nothing.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | machine_lock.SAFE_OPEN_FLAGS)
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


def owner_from(content: bytes) -> Owner | None:
    """Who says to hold a lock; None where that can't be read."""
    try:
        node = Node(load_object(content))
    except ValueError:
        return None
    if not (node["user"].raw and node["title"].raw and node["pid"].integer > 0):
        return None
    return Owner(
        user=node["user"].text,
        host=node["host"].text,
        pid=node["pid"].integer,
        since=node["since"].text,
        title=node["title"].text,
        job=node["job"].text,
        step=node["step"].integer,
        steps=node["steps"].integer,
    )


def _held(path: Path) -> LockHeld:
    owner = holder(path)
    others = machine_lock.holders(path) if owner is None else ()
    if others:
        return LockHeld(
            f"The lock of this stack is held by {', '.join(item.words for item in others)}.",
            on=str(path),
            hint=f"Wait, or stop it: `kill {others[0].pid}`.",
        )
    if owner is None:
        # It has just been taken, and the owner is about to write who it is.
        return LockHeld(
            "Another pixel-tui is changing this stack.", hint="Wait a moment and try again."
        )
    return LockHeld(
        f"Another change to this stack is running: {owner.title}.",
        on=owner.words,
        hint="Wait until it finishes, or ask its owner.",
    )


def _unusable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"Can't lock the stack: {error.strerror or error}.",
        on=str(path),
        hint="Check the folder and the file, its owner, its mode and the free space.",
    )
