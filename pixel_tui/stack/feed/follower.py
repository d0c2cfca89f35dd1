"""Follows the logs of some services across the lives of their containers.

A supervisor thread compares what is read with what there is to read, each time the snapshot
of the stack changes; each container has a reader (`reader.py`) with a thread of its own.
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
from pixel_tui.stack.feed.marks import RunsKnown, missing, recreated
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
"""Of containers that are gone, so many are remembered at most."""


class LogFollower:
    """Reads the logs of any engine that speaks Docker's API, as they grow.

    `_supervise` is the thread "log-follower". The lock of its `Supervision` guards the readers
    by their container, and the status; no line is given out while it is held.

    Args:
        engine: How logs are asked for.
        targets: Whose logs; every service of the stack if there are none.
        sink: Gets the lines: those of one container in its order, on several threads.
        snapshot: The stack as it is now.
        runs: What is known of the runs of a container's process.
        tail: How many lines of each container's history to begin with.
        reached: How far containers were read before, by id: these are read on from there.
        limits: How soon, and how much at a time, logs are read.
    """

    def __init__(
        self,
        engine: EngineReader,
        targets: Sequence[LogTarget],
        *,
        sink: Callable[[Sequence[LogLine]], None],
        snapshot: Callable[[], StackSnapshot],
        runs: RunsKnown,
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
        """By container id; the newest last."""
        self._unreadable: set[str] = set()
        """Containers of which it was said that nothing can be read."""
        self._status = FeedStatus(FeedState.CONNECTING)
        self.begins = False
        """Whether the very first lines were among those that it began with."""

    @property
    def status(self) -> FeedStatus:
        """Its state."""
        return self._status

    @property
    def containers(self) -> Sequence[Container]:
        """Those whose lines it has read, but for some that are long gone."""
        with self._supervision.lock:
            return tuple(reader.container for reader in self._readers.values())

    def wanted(self) -> Sequence[Container]:
        """The containers that there are now whose lines are wanted."""
        return self._wanted.containers(self._snapshot())

    @property
    def closed(self) -> bool:
        """Whether no line is wanted any more."""
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
            reader.end_stream()

    def snapshot_changed(self) -> None:
        """The stack is not as it was."""
        self._supervision.look_again()

    def _supervise(self) -> None:
        while not self.closed:
            try:
                wait = self._reconcile()
            except Exception:
                log.exception("following %s failed and is tried again", self._wanted.targets)
                wait = self._limits.retry_seconds[-1]
            self._supervision.rest(wait)

    def _reconcile(self) -> float | None:
        """Open what is to be read; returns the seconds until something is to be retried."""
        snapshot = self._snapshot()
        wanted = self._wanted.containers(snapshot)
        waits: list[float] = []
        if not snapshot.stale:
            # What was never started has said nothing, and may not bear its own name yet.
            born = [item for item in wanted if item.started_at and item.logs_readable]
            here = {container.id for container in born}
            self._begin_together(born)
            for container in born:
                reader = self._reader_of(container, here)
                wait = reader.care_for(container) if reader is not None else None
                if wait is not None:
                    waits.append(wait)
            if len(wanted) > 1:
                self._mark_unreadable(wanted)
        with self._supervision.lock:
            if not self.closed:
                self._status = self._judge(snapshot, wanted)
        return min(waits, default=None)

    def _begin_together(self, born: Sequence[Container]) -> None:
        """Read the history of several containers at once, in the order of its time stamps.

        From there on each is followed by a reader of its own, which begins where this
        ended: what comes is shown as it comes.
        """
        if len(born) < 2 or self._readers or self._reached is not None:
            return
        history = LogHistory(self._engine, born)
        try:
            page = history.before(b"", self._tail)
        except EngineError as error:
            # Its reader meets the same error, and deals with it.
            log.info("no history of %s: %s", self._wanted.targets, error)
            return
        self.begins = page.complete
        for container in born:
            reached = ReadPosition()
            reached.note([line for line in page.newest if line.source == container.name])
            # If it had said nothing, whatever comes is new.
            reader = self._new_reader(
                container, tail=self._tail if reached.stamp else None, reached=reached
            )
            with self._supervision.lock:
                self._readers[container.id] = reader
        self._sink(page.lines)

    def _reader_of(self, container: Container, here: Collection[str]) -> ContainerReader | None:
        """The reader of a container; None while the one before it is still being read."""
        mark = None
        with self._supervision.lock:
            reader = self._readers.get(container.id)
            if reader is None:
                gone = [item for key, item in self._readers.items() if key not in here]
                before = [item for item in gone if place(item.container) == place(container)]
                busy = next((item for item in before if item.reading), None)
                if busy is not None:
                    busy.end_stream()  # what it has received is read, and its end wakes us
                    return None
                last = next((item for item in before if item.opened), None)
                mark = recreated(last.container, container) if last is not None else None
                self._forget(gone, before)
                reader = self._begin(container, replaces=bool(before))
        if mark is not None:  # given out without the lock: whoever gets it may have one of its own
            self._sink([mark])
        return reader

    def _forget(self, gone: Sequence[ContainerReader], before: Sequence[ContainerReader]) -> None:
        """Drop readers of what was replaced, and the oldest of what is gone."""
        idle = [item for item in gone if not (item in before or item.reading)]
        for item in [*before, *idle[: max(len(idle) - KEPT_READERS, 0)]]:
            del self._readers[item.container.id]

    def _begin(self, container: Container, *, replaces: bool) -> ContainerReader:
        """A new reader. Of what took the place of another, all of the log is wanted."""
        known = (self._reached or {}).get(container.id)
        complete = replaces or known is not None
        reader = self._readers[container.id] = self._new_reader(
            container, tail=None if complete else self._tail, reached=known or ReadPosition()
        )
        return reader

    def _mark_unreadable(self, wanted: Sequence[Container]) -> None:
        """Say among the lines of others that a container's are missing, and why."""
        for container in wanted:
            if not container.logs_readable and container.id not in self._unreadable:
                self._unreadable.add(container.id)
                self._sink([missing(container)])

    def _judge(self, snapshot: StackSnapshot, wanted: Sequence[Container]) -> FeedStatus:
        readers = [self._readers[item.id] for item in wanted if item.id in self._readers]
        return feed_status(
            snapshot,
            self._wanted.targets,
            wanted,
            live=any(reader.live for reader in readers),
            refused=next((reader.refused for reader in readers if reader.refused), NO_TEXT),
        )
