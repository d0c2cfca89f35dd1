"""Follows the logs of services across recreations of their containers.

When the snapshot of the stack changes, a supervisor thread compares the open readers with the
containers to read; each container has a reader (`reader.py`) with its own thread.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final

from pixel_tui.errors import EngineError
from pixel_tui.stack.feed.feed import TAIL, FeedState, FeedStatus, LogTarget
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.limits import FollowLimits
from pixel_tui.stack.feed.marks import RunReader, missing, recreated
from pixel_tui.stack.feed.overlap import ReadPosition
from pixel_tui.stack.feed.reader import ContainerReader
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.feed.status import feed_status
from pixel_tui.stack.feed.supervision import Supervision
from pixel_tui.stack.feed.wanted import WantedLogs, place
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.text import NO_TEXT

log = logging.getLogger(__name__)

KEPT_READERS: Final = 64
"""The maximum number of readers kept for removed containers."""


class LogFollower:
    """Follows the logs of containers through Docker's API.

    `_supervise` is the thread "log-follower". The lock of `Supervision` guards the readers and the
    status; it is not held while lines are passed to the sink.

    Args:
        engine: The engine to read from.
        targets: The services or containers to follow; every service of the stack if empty.
        sink: Receives the lines on several threads; those of one container in order.
        snapshot: Returns the present snapshot.
        runs: Reads the runs of a container's process.
        tail: The number of past lines of each container to start with.
        reached: Container id to the position from which to continue reading.
        limits: Delays and sizes of reading.
    """

    def __init__(
        self,
        engine: EngineReader,
        targets: Sequence[LogTarget],
        *,
        sink: Callable[[Sequence[LogLine]], None],
        snapshot: Callable[[], StackSnapshot],
        runs: RunReader,
        tail: int = TAIL,
        reached: Mapping[str, ReadPosition] | None = None,
        limits: FollowLimits | None = None,
    ) -> None:
        self._engine = engine
        self._wanted = WantedLogs(targets)
        self._sink = sink
        self._snapshot = snapshot
        self._tail = tail
        self._reached = reached
        self._limits = limits or FollowLimits()
        self._supervision = Supervision()
        self._new_reader = partial(
            ContainerReader,
            engine=engine,
            runs=runs,
            sink=sink,
            supervision=self._supervision,
            limits=self._limits,
        )
        self._readers: dict[str, ContainerReader] = {}
        """By container id, the newest last."""
        self._unreadable: set[str] = set()
        """Containers already marked as unreadable."""
        self._status = FeedStatus(FeedState.CONNECTING)
        self.has_first_line = False
        """Whether the lines it started with include the first ones of the logs."""

    @property
    def status(self) -> FeedStatus:
        """The present state."""
        return self._status

    @property
    def containers(self) -> Sequence[Container]:
        """The containers whose lines it has read, except some removed long ago."""
        with self._supervision.lock:
            return tuple(reader.container for reader in self._readers.values())

    def wanted(self) -> Sequence[Container]:
        """Return the existing containers to follow."""
        return self._wanted.containers(self._snapshot())

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._supervision.closed

    def start(self) -> None:
        """Start the supervisor."""
        threading.Thread(target=self._supervise, name="log-follower", daemon=True).start()

    def close(self) -> None:
        """Stop every reader."""
        with self._supervision.lock:
            if self.closed:
                return
            self._supervision.close()
            self._status = FeedStatus(FeedState.CLOSED)
            readers = list(self._readers.values())
        for reader in readers:
            reader.close_stream()

    def snapshot_changed(self) -> None:
        """Wake the supervisor after a change of the snapshot."""
        self._supervision.wake()

    def _supervise(self) -> None:
        while not self.closed:
            try:
                wait = self._reconcile()
            except Exception:
                log.exception("following %s failed: trying again", self._wanted.targets)
                wait = self._limits.retry_seconds[-1]
            self._supervision.wait(wait)

    def _reconcile(self) -> float | None:
        """Open missing readers; return the seconds until the next retry, if any."""
        snapshot = self._snapshot()
        wanted = self._wanted.containers(snapshot)
        waits: list[float] = []
        if not snapshot.stale:
            # A container that was never started has no lines, and may not have its final name.
            started = [item for item in wanted if item.started_at and item.logs_readable]
            existing = {container.id for container in started}
            self._read_past_together(started)
            for container in started:
                reader = self._get_reader(container, existing)
                wait = reader.update(container) if reader is not None else None
                if wait is not None:
                    waits.append(wait)
            if len(wanted) > 1:
                self._mark_unreadable(wanted)
        with self._supervision.lock:
            if not self.closed:
                self._status = self._current_status(snapshot, wanted)
        return min(waits, default=None)

    def _read_past_together(self, started: Sequence[Container]) -> None:
        """Read the past lines of several containers together, in the order of their timestamps.

        Each container is then followed by its own reader, which continues from there and passes
        on lines as they come.
        """
        if len(started) < 2 or self._readers or self._reached is not None:
            return
        history = LogHistory(self._engine, started)
        try:
            page = history.before(b"", self._tail)
        except EngineError as error:
            # The reader gets the same error and handles it.
            log.info("older lines of %s can't be read: %s", self._wanted.targets, error)
            return
        self.has_first_line = page.complete
        for container in started:
            reached = ReadPosition()
            reached.advance([line for line in page.newest if line.source == container.name])
            # If it had no lines, every later line is new.
            reader = self._new_reader(
                container, tail=self._tail if reached.stamp else None, reached=reached
            )
            with self._supervision.lock:
                self._readers[container.id] = reader
        self._sink(page.lines)

    def _get_reader(
        self, container: Container, existing: Collection[str]
    ) -> ContainerReader | None:
        """Return the reader of a container; None while its predecessor is still being read."""
        mark = None
        with self._supervision.lock:
            reader = self._readers.get(container.id)
            if reader is None:
                removed = [item for key, item in self._readers.items() if key not in existing]
                predecessors = [
                    item for item in removed if place(item.container) == place(container)
                ]
                busy = next((item for item in predecessors if item.reading), None)
                if busy is not None:
                    busy.close_stream()  # it reads what was received, then wakes the supervisor
                    return None
                last = next((item for item in predecessors if item.opened), None)
                mark = recreated(last.container, container) if last is not None else None
                self._forget(removed, predecessors)
                reader = self._create_reader(container, replaces=bool(predecessors))
        if mark is not None:  # without the lock: the sink may take one of its own
            self._sink([mark])
        return reader

    def _forget(
        self, removed: Sequence[ContainerReader], predecessors: Sequence[ContainerReader]
    ) -> None:
        """Drop the readers of replaced containers, and the oldest of removed ones."""
        idle = [item for item in removed if not (item in predecessors or item.reading)]
        for item in [*predecessors, *idle[: max(len(idle) - KEPT_READERS, 0)]]:
            del self._readers[item.container.id]

    def _create_reader(self, container: Container, *, replaces: bool) -> ContainerReader:
        """Create a reader. For a replacement of a container, it reads the complete log."""
        known = (self._reached or {}).get(container.id)
        complete = replaces or known is not None
        reader = self._readers[container.id] = self._new_reader(
            container, tail=None if complete else self._tail, reached=known or ReadPosition()
        )
        return reader

    def _mark_unreadable(self, wanted: Sequence[Container]) -> None:
        """Insert a mark for each container whose log can't be read."""
        for container in wanted:
            if not container.logs_readable and container.id not in self._unreadable:
                self._unreadable.add(container.id)
                self._sink([missing(container)])

    def _current_status(self, snapshot: StackSnapshot, wanted: Sequence[Container]) -> FeedStatus:
        readers = [self._readers[item.id] for item in wanted if item.id in self._readers]
        return feed_status(
            snapshot,
            self._wanted.targets,
            wanted,
            live=any(reader.live for reader in readers),
            refused=next((reader.refused for reader in readers if reader.refused), NO_TEXT),
        )
