"""One file at one moment: its bytes, and what tells it from any other."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.humanize import size

MOST_BYTES: Final = 256 * 1024 * 1024
"""A longer file is none of these."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What changes when a file is written, or another one takes its name."""

    device: int
    inode: int
    size: int
    modified: int
    """Nanoseconds since 1970."""
    changed: int
    """The same of its last change of any kind, which nobody can set back."""

    def same_content(self, other: "Identity") -> bool:
        """Whether it is the same file, not written since: a rename alone changes its times."""
        mine = (self.device, self.inode, self.size, self.modified)
        return mine == (other.device, other.inode, other.size, other.modified)


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file as it was read."""

    raw: bytes
    identity: Identity
    mode: int
    owner: int
    group: int


def identity_of(path: Path) -> Identity:
    """What is there now.

    Raises:
        OSError: Nothing is, or it may not be looked at.
    """
    return _identity(path.stat())


def read_file(path: Path) -> FileContent:
    """Read a file as one state of it: again, where it was written meanwhile.

    Raises:
        OSError: It can't be read, or is no plain file.
    """
    # A pipe of that name would else hold its reader for good.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        tries = 4
        while True:
            tries -= 1
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise OSError("it is no plain file")
            if before.st_size > MOST_BYTES:
                raise OSError(f"it has more than {size(MOST_BYTES)}")
            file.seek(0)
            raw = file.read()
            after = os.fstat(descriptor)
            whole = len(raw) == after.st_size
            if not tries or (whole and _identity(before).same_content(_identity(after))):
                mode = after.st_mode & 0o7777
                return FileContent(raw, _identity(after), mode, after.st_uid, after.st_gid)


def _identity(found: os.stat_result) -> Identity:
    return Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
