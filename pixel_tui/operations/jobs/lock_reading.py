"""Who holds a lock, found without a hand on it: for a console that changes nothing at all.

`lock.holder` takes a shared lock for a moment, to see whether it gets one. Here the kernel's own
list of locks is read in its place.
"""

import os
import stat
from pathlib import Path
from typing import Final

from pixel_tui.locks import SAFE_OPEN_FLAGS
from pixel_tui.operations.jobs.lock import LONGEST_BYTES, Owner, owner_from

LOCKS: Final = Path("/proc/locks")


def listed_holder(path: Path) -> Owner | None:
    """Who holds a lock; None where nobody does, or nobody can tell.

    The kernel lists the locks of the processes that this one may see: not of those that are
    outside of its container.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | SAFE_OPEN_FLAGS)
    except OSError:
        return None
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or not _is_listed(about):
            return None
        return owner_from(os.pread(descriptor, LONGEST_BYTES, 0))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _is_listed(about: os.stat_result) -> bool:
    """Whether the kernel lists an exclusive lock of this file that is held, not waited for."""
    place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    lines = (line.split() for line in LOCKS.read_text("ascii").splitlines())
    return any(line[1] == "FLOCK" and line[3] == "WRITE" and line[5] == place
               for line in lines if len(line) >= 6)  # fmt: skip
