"""Which processes have a file open. Nothing is opened for writing, and nothing is made.

There are two ways to know. `/proc/PID/fd` names every open file, of the processes that this
user may look into. SQLite's own locks are seen whoever holds them: a connection in WAL mode
keeps one for as long as it lives, any other connection while it reads or writes.
"""

import fcntl
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_FLOCK: Final = "hhqqi4x"
"""`struct flock` of a 64-bit Linux."""
_SQLITE_LOCKS: Final = (0x40000000, 512)
"""Where SQLite's locks are: PENDING_BYTE, and the bytes after it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known of who has files open."""

    processes: tuple[str, ...] = ()
    """`process 123 (node)`; text of others, not made harmless."""
    unseen: bool = False
    """Some processes could not be looked into."""


def opened(paths: Iterable[Path], proc: Path = _PROC) -> Opened:
    """The processes that have one of these files open, this one left out.

    Args:
        paths: The files; those that are not there are opened by nobody.
        proc: Where the kernel tells of processes.
    """
    wanted: set[tuple[int, int]] = set()
    found: dict[int, str] = {}
    unseen = False
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            about = path.stat()
            wanted.add((about.st_dev, about.st_ino))
            if stat.S_ISREG(about.st_mode) and (holder := _locked_by(path)):
                found[holder] = ""
    if not wanted:
        return Opened()
    for entry in proc.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            has = _has_open(entry, wanted)
        except PermissionError:
            unseen = True
            continue
        except OSError:
            continue  # it has exited
        if has:
            found[int(entry.name)] = ""
    return Opened(tuple(_words(proc, pid) for pid in sorted(found)), unseen)


def _has_open(process: Path, wanted: set[tuple[int, int]]) -> bool:
    inodes = {str(inode) for _, inode in wanted}
    for descriptor in (process / "fd").iterdir():
        with suppress(FileNotFoundError):
            # The number of the inode first: it is known without asking the file's own file
            # system, which may be one that does not answer.
            if (inode := _inode(process / "fdinfo" / descriptor.name)) and inode not in inodes:
                continue
            about = descriptor.stat()
            if (about.st_dev, about.st_ino) in wanted:
                return True
    return False


def _inode(about: Path) -> str:
    """The `ino` of a descriptor; empty before Linux 5.14."""
    for line in about.read_text(errors="replace").splitlines():
        if line.startswith("ino:"):
            return line.removeprefix("ino:").strip()
    return ""


def _locked_by(path: Path) -> int:
    """The process that holds a lock of SQLite; 0 if none does, -1 if it can't be named."""
    if struct.calcsize(_FLOCK) != 32 or struct.calcsize("P") != 8:
        return 0
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return 0
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, *_SQLITE_LOCKS, 0)
        kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    except OSError:
        return 0  # a file system without locks
    finally:
        os.close(descriptor)
    return 0 if kind == fcntl.F_UNLCK else pid or -1


def _words(proc: Path, pid: int) -> str:
    if pid < 0:
        return "a process that can't be seen from here"
    name = ""
    with suppress(OSError):
        name = (proc / str(pid) / "comm").read_text(errors="replace").strip()
    return f"process {pid} ({name})" if name else f"process {pid}"
