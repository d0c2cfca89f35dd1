"""Finds processes that have files open. Nothing is opened for writing, and nothing is created.

There are three sources. `/proc/PID/fd` has all open files of the processes that this user may
inspect, and `/proc/PID/maps` those that are mapped into memory, which stay so after a close.
SQLite's own locks are visible for any process: a connection in WAL mode holds one as long as it
lives, other connections while they read or write.

A process belongs to the container whose id is in the name of its control group.
"""

import fcntl
import os
import stat
import struct
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixel_tui.processes import PROC, process_of
from pixel_tui.text import SafeText

RECHECK_SECONDS: Final = 0.3
"""A process that only read the file just now has closed it by then."""
UNSEEN: Final = SafeText("a process that is not visible from here")
OF_OTHERS: Final = "the files that other users' processes have open: only root can see them"
OUTSIDE: Final = "the files that processes outside this container have open"
MAX_NAMED: Final = 3
"""How many processes that could not be inspected are named."""
_FIRST_NAMESPACE: Final = 0xEFFFFFFC
"""The inode of the host's PID namespace: `PROC_PID_INIT_INO` of the kernel."""
_FLOCK: Final = "hhqqi4x"
"""`struct flock` of a 64-bit Linux."""
_SQLITE_LOCKS: Final = (0x40000000, 512)
"""Start and length of SQLite's locks: PENDING_BYTE, and the bytes after it."""


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """Which processes have files open, as far as known."""

    holders: Mapping[Path, tuple[SafeText, ...]] = field(default_factory=dict)
    """The processes that have each file open, in words."""
    unknown: tuple[str, ...] = ()
    """What could not be inspected."""


@dataclass(slots=True)
class _Scan:
    """The result of one scan of all processes."""

    holders: dict[Path, set[int]] = field(default_factory=dict)
    """Process ids; -1 for an unknown process."""
    stopping: set[int] = field(default_factory=set)
    hidden: bool = False
    """Whether other users' processes are not even listed."""
    refused: dict[int, str] = field(default_factory=dict)
    """Processes that could not be inspected: their `open` files, or only the `mapped` ones."""

    def add(self, path: Path, pid: int) -> None:
        self.holders.setdefault(path, set()).add(pid)


def open_files(
    paths: Iterable[Path], *, stopping: Iterable[str] = (), proc: Path = PROC
) -> OpenFiles:
    """Return the processes that have these files open, except this one.

    Args:
        paths: The files; they needn't exist.
        stopping: Ids of containers whose processes don't count.
        proc: The proc file system.

    Raises:
        OSError: A file can't be accessed.
    """
    paths, containers = list(paths), frozenset(filter(None, stopping))
    scan = _scan(paths, containers, proc)
    if scan.holders:
        time.sleep(RECHECK_SECONDS)
        second = _scan(paths, containers, proc)
        second.holders = {
            path: pids & scan.holders.get(path, set()) for path, pids in second.holders.items()
        }
        scan = second
    unknown = _unknown_descriptions(scan, proc)
    if not _is_host_proc(proc):
        unknown.append(OUTSIDE)
    holders: dict[Path, tuple[SafeText, ...]] = {}
    for path, pids in scan.holders.items():
        for pid in sorted(pids):
            words = UNSEEN if pid < 0 else process_of(pid, proc).words
            # Those containers may be on another machine, or their groups have no names.
            if not containers or (pid > 0 and scan.stopping):
                holders[path] = (*holders.get(path, ()), words)
            else:
                unknown.append(
                    f"whether {words}, which has {path} open, belongs to a stopped service"
                )
    return OpenFiles(holders, tuple(unknown))


def _scan(paths: Iterable[Path], containers: frozenset[str], proc: Path) -> _Scan:
    scan = _Scan()
    wanted: dict[tuple[int, int], Path] = {}
    locking: list[tuple[Path, int]] = []
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            status = path.stat()
            wanted[status.st_dev, status.st_ino] = path
            if stat.S_ISREG(status.st_mode) and (holder := _locked_by(path)):
                locking.append((path, holder))
    if not wanted:
        return scan
    # If it is missing, processes of other users are hidden (`hidepid`).
    scan.hidden = not (proc / "1").exists()
    for entry in proc.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        pid = int(entry.name)
        if containers and _is_in_container(entry, containers):
            scan.stopping.add(pid)
            continue
        _inspect(entry, wanted, scan)
    for path, pid in locking:
        if pid not in scan.stopping:
            scan.add(path, pid)
    return scan


def _inspect(process: Path, wanted: Mapping[tuple[int, int], Path], scan: _Scan) -> None:
    pid = int(process.name)
    for what, read_paths in (("open", _open_paths), ("mapped", _mapped_paths)):
        try:
            for path in read_paths(process, wanted):
                scan.add(path, pid)
        except PermissionError:
            scan.refused.setdefault(pid, what)
        except OSError:
            return  # it has exited


def _unknown_descriptions(scan: _Scan, proc: Path) -> list[str]:
    """Return what could not be inspected in other processes, and why."""
    if os.geteuid() != 0:
        return [OF_OTHERS] if scan.hidden or scan.refused else []
    words = [OF_OTHERS] if scan.hidden else []
    for pid, what in sorted(scan.refused.items())[:MAX_NAMED]:
        process = process_of(pid, proc).words
        words.append(f"the files that {process} has {what}: the kernel hides them even from root")
    if (more := len(scan.refused) - MAX_NAMED) > 0:
        words.append(f"the files that {more} more processes have open: the same")
    return words


def _is_host_proc(proc: Path) -> bool:
    """Whether all processes of the machine are listed, not only those of a container."""
    try:
        return (proc / "self/ns/pid").stat().st_ino == _FIRST_NAMESPACE
    except OSError:
        return False


def _is_in_container(process: Path, containers: Iterable[str]) -> bool:
    try:
        groups = (process / "cgroup").read_text(errors="replace")
    except OSError:
        return False
    return any(container in groups for container in containers)


def _open_paths(process: Path, wanted: Mapping[tuple[int, int], Path]) -> set[Path]:
    inodes = {str(inode) for _, inode in wanted}
    found = set[Path]()
    for descriptor in (process / "fd").iterdir():
        with suppress(FileNotFoundError):
            # Compare the inode first: `fdinfo` has it without accessing the file's own file system,
            # which may hang.
            if (inode := _inode(process / "fdinfo" / descriptor.name)) and inode not in inodes:
                continue
            status = descriptor.stat()
            if path := wanted.get((status.st_dev, status.st_ino)):
                found.add(path)
    return found


def _inode(fdinfo: Path) -> str:
    """Return the inode of a descriptor; empty before Linux 5.14, or if access is denied."""
    try:
        lines = fdinfo.read_text(errors="replace").splitlines()
    except PermissionError:
        return ""
    for line in lines:
        if line.startswith("ino:"):
            return line.removeprefix("ino:").strip()
    return ""


def _mapped_paths(process: Path, wanted: Mapping[tuple[int, int], Path]) -> set[Path]:
    """Return those of the files that a process has mapped, open or not."""
    inodes = {str(inode).encode(): path for (_, inode), path in wanted.items()}
    found = set[Path]()
    for line in (process / "maps").read_bytes().splitlines():
        # Address, access, offset, device, inode, and a name, which may have blanks.
        words = line.split(None, 5)
        if len(words) < 6 or words[4] not in inodes:
            continue
        path = inodes[words[4]]
        # Some file systems report a device here that differs from that of `stat`.
        if words[3] == _device(path) or _is_map_of(process, words[0], words[5], path):
            found.add(path)
    return found


def _device(path: Path) -> bytes:
    number = path.stat().st_dev
    return f"{os.major(number):02x}:{os.minor(number):02x}".encode()


def _is_map_of(process: Path, addresses: bytes, name: bytes, path: Path) -> bool:
    """Whether the mapping is this file; compared by name if only root may look it up."""
    try:
        return (process / "map_files" / os.fsdecode(addresses)).samefile(path)
    except OSError:
        return Path(os.fsdecode(name)).name == path.name


def _locked_by(path: Path) -> int:
    """Return the process that holds a lock of SQLite; 0 if none does, -1 if unknown."""
    if struct.calcsize(_FLOCK) != 32 or struct.calcsize("P") != 8:
        return 0
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        return 0
    try:
        lock_query = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, *_SQLITE_LOCKS, 0)
        kind, _, _, _, pid = struct.unpack(
            _FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, lock_query)
        )
    except OSError:
        return 0  # a file system without locks
    finally:
        os.close(descriptor)
    return 0 if kind == fcntl.F_UNLCK else pid or -1
