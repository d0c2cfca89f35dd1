"""The owner of a lock according to `/proc/locks`, for read-only consoles.

`lock.lock_holder` tries to take a shared lock for a moment. Here only the kernel's list of locks
is read.
"""

import os
import stat
from pathlib import Path
from typing import Final

from pixel_tui.locks import SAFE_OPEN_FLAGS
from pixel_tui.operations.jobs.lock import MAX_BYTES, LockOwner, parse_owner

LOCKS: Final = Path("/proc/locks")


def holder_from_proc(path: Path) -> LockOwner | None:
    """Return the owner of a lock; None if it is free, or its owner is unknown.

    The kernel lists only locks of processes that are visible to this one, so not those outside of
    its container.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | SAFE_OPEN_FLAGS)
    except OSError:
        return None
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or not _is_listed(about):
            return None
        return parse_owner(os.pread(descriptor, MAX_BYTES, 0))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _is_listed(about: os.stat_result) -> bool:
    """Whether the kernel lists a held exclusive lock of this file."""
    place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    lines = (line.split() for line in LOCKS.read_text("ascii").splitlines())
    return any(line[1] == "FLOCK" and line[3] == "WRITE" and line[5] == place
               for line in lines if len(line) >= 6)  # fmt: skip
