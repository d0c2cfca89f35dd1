"""Locks for changes to environment files, shared by all users of the machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pixel_tui import locks
from pixel_tui.errors import FileError, LockHeld

CHECK: Final = "Check the folder and the file, its owner, its mode and the free space."


@contextmanager
def file_lock(
    path: Path,
    *,
    timeout: float,
    held: LockHeld,
    unusable: str,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold a lock.

    Args:
        path: The lock file.
        timeout: How many seconds to wait for another process that holds it.
        held: The error to raise if it is not free by then.
        unusable: The message, without the reason, if the lock file can't be used.
        on_wait: Called once, before waiting for another process.

    Raises:
        LockHeld: Another process still holds it.
        FileError: The lock file can't be used.
    """
    try:
        descriptor = _acquire(path, timeout, on_wait)
    except BlockingIOError as error:
        raise held from error
    except OSError as error:
        reason = error.strerror or error
        raise FileError(f"{unusable}: {reason}.", on=str(path), hint=CHECK) from error
    try:
        yield
    finally:
        locks.release(descriptor)


def _acquire(path: Path, timeout: float, on_wait: Callable[[], None]) -> int:
    try:
        return locks.acquire(path, timeout=0.0)
    except BlockingIOError:
        on_wait()
        return locks.acquire(path, timeout=timeout)
