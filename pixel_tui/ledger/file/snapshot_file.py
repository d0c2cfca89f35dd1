"""Reads a file as one consistent state, with its identity."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.humanize import size

MAX_BYTES: Final = 256 * 1024 * 1024
"""The most bytes of a file that are read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Differs after a file was written, or replaced by another."""

    device: int
    inode: int
    size: int
    modified: int
    """Modification time in nanoseconds since 1970."""
    changed: int
    """Change time, likewise; unlike the modification time, it can't be set back."""

    def same_content(self, other: "Identity") -> bool:
        """Whether it is the same file, not written since; a rename changes only the change time."""
        mine = (self.device, self.inode, self.size, self.modified)
        return mine == (other.device, other.inode, other.size, other.modified)


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content and identity of a file."""

    raw: bytes
    identity: Identity
    mode: int
    owner: int
    group: int


def identity_of(path: Path) -> Identity:
    """Return the current identity of a file.

    Raises:
        OSError: There is none, or it can't be accessed.
    """
    return _identity(path.stat())


def read_file(path: Path) -> FileContent:
    """Read a file as one state; again, if it was written meanwhile.

    Raises:
        OSError: It can't be read, is too large, or not a regular file.
    """
    # Without O_NONBLOCK, opening a pipe of that name would hang.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        attempts_left = 4
        while True:
            attempts_left -= 1
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise OSError("not a regular file")
            if before.st_size > MAX_BYTES:
                raise OSError(f"it has more than {size(MAX_BYTES)}")
            file.seek(0)
            raw = file.read()
            after = os.fstat(descriptor)
            complete = len(raw) == after.st_size
            if not attempts_left or (complete and _identity(before).same_content(_identity(after))):
                mode = after.st_mode & 0o7777
                return FileContent(raw, _identity(after), mode, after.st_uid, after.st_gid)


def _identity(found: os.stat_result) -> Identity:
    return Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
