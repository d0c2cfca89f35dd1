"""The lock of a stack: one change at a time, across all users of a machine.

A running command holds the lock too, so it outlives pixel-tui. The content of the file only names
the owner, and counts only while the lock is held.
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

MAX_BYTES: Final = 16 * 1024
PATIENCE_SECONDS: Final = 0.25
"""`lock_holder` takes a lock for a moment: wait that long before a lock counts as held."""
_LOCAL: Final = "unix://"


@dataclass(frozen=True, slots=True)
class LockOwner:
    """The owner of a stack's lock. Text of another user is cleaned with `plain`."""

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
    """The current step, from 1; 0 before the first."""
    steps: int = 0
    """The number of steps."""

    @property
    def description(self) -> SafeText:
        """The owner in words: `ana on vps, process 41, since 12:00:05 UTC`."""
        since = ""
        with suppress(ValueError):
            since = f", since {datetime.fromisoformat(self.since):%H:%M:%S} UTC"
        at = f", step {self.step} of {self.steps}" if self.steps > 1 and self.step else ""
        return plain(f"{self.user} on {self.host}, process {self.pid}{since}{at}")


class StackLock:
    """A held lock. Leaving the context releases it.

    Args:
        descriptor: The open file with the kernel's lock.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def __enter__(self) -> Self:
        return self

    @property
    def descriptor(self) -> int | None:
        """The open file, for a program to inherit; None after the release."""
        return self._descriptor

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def write_owner(self, owner: LockOwner) -> None:
        """Write the owner and its progress to the file; does nothing after the release.

        Raises:
            OSError: It can't be written.
        """
        if self._descriptor is not None:
            content = json.dumps(asdict(owner)).encode()
            written = os.pwrite(self._descriptor, content, 0)
            # An empty file is as good as a partial owner.
            os.ftruncate(self._descriptor, written if written == len(content) else 0)

    def release(self) -> None:
        """Release the lock. May be called twice, and on any thread."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            machine_lock.release(descriptor)


def lock_path(folder: Path, *, engine: str, project: str) -> Path:
    """Return the path of a stack's lock file.

    Args:
        folder: The folder of lock files.
        engine: The engine's address.
        project: The compose project's name.
    """
    name = hashlib.sha256(f"{engine_identity(engine)}\0{project}".encode()).hexdigest()[:16]
    return folder / f"pixel-tui-{name}.lock"


def engine_identity(address: str) -> str:
    """Normalise an engine's address.

    `/var/run` is a link to `/run`: both are the same socket.
    """
    if address.startswith(_LOCAL):
        return _LOCAL + os.path.realpath(address.removeprefix(_LOCAL))
    return address.rstrip("/").lower()


def acquire_lock(folder: Path, *, engine: str, project: str, owner: LockOwner) -> StackLock:
    """Acquire the lock of a stack, without waiting for another change to finish.

    Args:
        folder: The folder of lock files; it is created if it does not exist.
        engine: The engine's address.
        project: The compose project's name.
        owner: The owner to show to others.

    Raises:
        LockHeld: Another process holds the lock; the error names it.
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
        lock.write_owner(owner)
    except OSError as error:
        # The kernel's lock counts: a full disk only hides the owner's name.
        if not is_full(error):
            lock.release()
            raise _unusable(path, error) from error
    return lock


def lock_holder(path: Path) -> LockOwner | None:
    """Return the owner of a lock; None if it is free, or its owner is unknown. Doesn't wait."""
    try:
        descriptor = os.open(path, os.O_RDONLY | machine_lock.SAFE_OPEN_FLAGS)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return parse_owner(os.pread(descriptor, MAX_BYTES, 0))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def parse_owner(content: bytes) -> LockOwner | None:
    """Parse the content of a lock file; None if it is not valid."""
    try:
        node = Node(load_object(content))
    except ValueError:
        return None
    if not (node["user"].raw and node["title"].raw and node["pid"].integer > 0):
        return None
    return LockOwner(
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
    owner = lock_holder(path)
    others = machine_lock.holders(path) if owner is None else ()
    if others:
        return LockHeld(
            f"The lock of this stack is held by {', '.join(item.words for item in others)}.",
            on=str(path),
            hint=f"Wait, or stop it: `kill {others[0].pid}`.",
        )
    if owner is None:
        # It was just acquired, and the owner is not written yet.
        return LockHeld(
            "Another pixel-tui is changing this stack.", hint="Wait a moment and try again."
        )
    return LockHeld(
        f"Another change to this stack is running: {owner.title}.",
        on=owner.description,
        hint="Wait until it finishes, or ask its owner.",
    )


def _unusable(path: Path, error: OSError) -> FileError:
    return FileError(
        f"Can't lock the stack: {error.strerror or error}.",
        on=str(path),
        hint="Check the folder and the file, its owner, its mode and the free space.",
    )
