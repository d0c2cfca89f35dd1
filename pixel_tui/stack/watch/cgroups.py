"""Reads stats of containers on this host from their control groups.

The engine's stats (`GET /containers/{id}/stats`) come from the same files, but each response costs
it milliseconds, and Docker up to version 20.10 sends it at the next full second only. A container's
control group has the container's id in its name, wherever the engine has created it. If there is
none, the engine is on another host or in a virtual machine, and its API must be used.

Kernel documentation: cgroup-v1/{memory,cpuacct,blkio-controller,pids}, cgroup-v2.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.usage_parse import Sample

MAX_DEPTH: Final = 6
SEARCH_SECONDS: Final = 10.0
"""How often the tree is searched again for a container that was not found."""

_NAME = re.compile(r"(?:docker-)?([0-9a-f]{64})(?:\.scope)?")
_WITHOUT_STATS: Final = frozenset({"host", "none"})
"""Network modes for which the engine has no stats either."""


class SampleSource(Protocol):
    """Reads stats of a container without the engine."""

    def sample(self, container: Container) -> Sample | None:
        """Return its present counters; None if they can't be read here. Does not block long."""
        ...


@dataclass(frozen=True, slots=True)
class _Group:
    """The folders with the counters of one container; in version 2, all are the same."""

    memory: Path
    cpu: Path
    io: Path
    pids: Path
    unified: bool


class Cgroups:
    """A `SampleSource` that reads the control groups of this host.

    Args:
        clock: The clock.
        root: The mount point of the control groups.
        proc: The mount point of procfs.
    """

    def __init__(
        self, clock: Clock, root: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")
    ) -> None:
        self._clock = clock
        self._root = root
        self._proc = proc
        self._groups: dict[str, _Group] = {}
        self._searched_at: float | None = None

    def sample(self, container: Container) -> Sample | None:
        """Return the counters of a container on this host."""
        group = self._group(container.id)
        if group is None:
            return None
        try:
            received, sent = self._network(container, group)
            read, written = _io(group)
            return Sample(
                at=self._clock.now(),
                cpu=_cpu(group),
                memory=_memory(group),
                received=received,
                sent=sent,
                read=read,
                written=written,
                processes=int((group.pids / "pids.current").read_text()) or None,
            )
        except (OSError, ValueError, LookupError):
            return None  # it has just exited, or this kernel has other files: use the engine

    def _group(self, container_id: str) -> _Group | None:
        found = self._groups.get(container_id)
        if found is None:
            now = self._clock.monotonic()
            if self._searched_at is None or now - self._searched_at >= SEARCH_SECONDS:
                self._searched_at = now
                self._groups = dict(self._search())
                found = self._groups.get(container_id)
        return found

    def _search(self) -> Iterator[tuple[str, _Group]]:
        unified = (self._root / "cgroup.controllers").exists()
        top = self._root if unified else self._root / "memory"
        for folder in _folders(top, MAX_DEPTH):
            match = _NAME.fullmatch(folder.name)
            if match is None:
                continue
            if unified:
                yield match[1], _Group(folder, folder, folder, folder, unified=True)
            else:
                path = folder.relative_to(top)
                cpu, io, pids = (self._root / name / path for name in ("cpuacct", "blkio", "pids"))
                yield match[1], _Group(folder, cpu, io, pids, unified=False)

    def _network(self, container: Container, group: _Group) -> tuple[int, int]:
        """Return bytes received and sent on the interfaces of its first process."""
        if all(path.network in _WITHOUT_STATS for path in container.networks):
            return 0, 0
        first = (group.memory / "cgroup.procs").read_text().split()[0]
        lines = (self._proc / first / "net" / "dev").read_text().splitlines()[2:]
        counters = [line.replace(":", " ").split() for line in lines]
        own = [fields for fields in counters if fields and fields[0] != "lo"]
        return sum(int(item[1]) for item in own), sum(int(item[9]) for item in own)


def _folders(top: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(top) as entries:
            inner = [Path(item.path) for item in entries if item.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for folder in inner:
        yield folder
        if depth > 1:
            yield from _folders(folder, depth - 1)


def _fields(path: Path) -> dict[str, int]:
    """Parse a file with a name and a number in each line."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def _cpu(group: _Group) -> int:
    """Return the CPU time in nanoseconds."""
    if group.unified:
        return _fields(group.cpu / "cpu.stat")["usage_usec"] * 1000
    return int((group.cpu / "cpuacct.usage").read_text())


def _memory(group: _Group) -> int:
    """Return the memory in use without the reclaimable page cache, as the engine counts."""
    used, cache = (
        ("memory.current", "inactive_file")
        if group.unified
        else ("memory.usage_in_bytes", "total_inactive_file")
    )
    inactive = _fields(group.memory / "memory.stat").get(cache, 0)
    return max(int((group.memory / used).read_text()) - inactive, 0)


def _io(group: _Group) -> tuple[int, int]:
    """Return bytes read from and written to disks."""
    try:
        if group.unified:
            words = (group.io / "io.stat").read_text().split()
            pairs = [word.partition("=") for word in words if "=" in word]
            return _total(pairs, "rbytes"), _total(pairs, "wbytes")
        name = "blkio.throttle.io_service_bytes_recursive"
        lines = [line.split() for line in (group.io / name).read_text().splitlines()]
        pairs = [(fields[1].lower(), "", fields[2]) for fields in lines if len(fields) == 3]
        return _total(pairs, "read"), _total(pairs, "write")
    except FileNotFoundError:
        return 0, 0  # this host does not count them


def _total(pairs: Iterable[tuple[str, str, str]], name: str) -> int:
    return sum(int(value) for key, _, value in pairs if key == name)
