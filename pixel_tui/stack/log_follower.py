"""Follows the log of a service across the lives of its containers.

A supervisor thread compares what is read with what there is to read, each time the
picture of the stack changes; each container has a reader thread of its own. A stream
that ended is opened again from the last time stamp, and what overlaps is dropped by
comparing stamp and text: no line is lost, none doubled.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from pixel_tui.errors import EngineError, EngineRefused
from pixel_tui.stack.frames import splitter
from pixel_tui.stack.log_feed import FeedState, FeedStatus
from pixel_tui.stack.model import Container, Service, ServiceState, StackSnapshot
from pixel_tui.stack.ring import LineKind, LogLine, Ring
from pixel_tui.stack.source import ByteStream, EngineReader, LogRequest
from pixel_tui.stack.words import exit_words
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

TAIL: Final = 1000
RETRY_SECONDS: Final = (0.2, 1.0, 2.0, 5.0, 10.0)
SETTLE_SECONDS: Final = 1.5
"""How long the picture may take to show what a stream's end means."""
NOT_FOUND: Final = 404


@dataclass(slots=True)
class _Tail:
    """How far one container's log has been read."""

    container: Container
    last_stamp: bytes = b""
    at_last_stamp: Counter[tuple[LineKind, bytes]] = field(default_factory=Counter)
    """The lines that bear the last stamp: a resumed stream begins with them again."""
    opened: bool = False
    reading: bool = False
    life: datetime | None = None
    """When the container that was read last had been started."""
    marked_end: datetime | None = None
    """The life whose end is marked already."""
    refused: SafeText = SafeText("")
    failures: int = 0
    retry_at: float = 0.0
    stream: ByteStream | None = None


class LogFollower:
    """A `LogFeed` over any engine that speaks Docker's API.

    Args:
        engine: How logs are asked for.
        service: The service's name.
        container_id: Follow only this container, and what replaces it under its name.
        snapshot: The picture of the stack as it is now.
        last_end: How a container ended last, in words, by its id; empty when not known.
        tail: How many lines of each container's history to begin with.
    """

    def __init__(
        self,
        engine: EngineReader,
        service: str,
        *,
        snapshot: Callable[[], StackSnapshot],
        last_end: Callable[[str], str],
        container_id: str | None = None,
        tail: int = TAIL,
    ) -> None:
        self.ring = Ring()
        self._engine = engine
        self._service = service
        self._snapshot = snapshot
        self._last_end = last_end
        self._container_id = container_id
        self._only_name: SafeText | None = None
        self._tail = tail
        self._tails: dict[str, _Tail] = {}
        self._status = FeedStatus(FeedState.CONNECTING)
        self._moved = threading.Condition()
        self._pending = False
        self._closed = False

    @property
    def status(self) -> FeedStatus:
        """How it stands."""
        return self._status

    @property
    def sources(self) -> tuple[SafeText, ...]:
        """The names of the containers whose lines it holds."""
        with self._moved:
            return tuple(dict.fromkeys(tail.container.name for tail in self._tails.values()))

    @property
    def closed(self) -> bool:
        """Whether nobody wants it any more."""
        return self._closed

    def start(self) -> None:
        """Start the supervisor."""
        threading.Thread(target=self._supervise, name="log-follower", daemon=True).start()

    def close(self) -> None:
        """Stop every reader."""
        with self._moved:
            if self._closed:
                return
            self._closed = True
            streams = [tail.stream for tail in self._tails.values() if tail.stream]
            self._moved.notify_all()
        self._status = FeedStatus(FeedState.CLOSED)
        for stream in streams:
            stream.close()

    def snapshot_changed(self) -> None:
        """The picture of the stack is another one."""
        with self._moved:
            self._pending = True
            self._moved.notify_all()

    # The supervisor.

    def _supervise(self) -> None:
        while True:
            wait = self._reconcile()
            with self._moved:
                if not (self._pending or self._closed):
                    self._moved.wait(wait)
                self._pending = False
                if self._closed:
                    return

    def _reconcile(self) -> float | None:
        """Open what is to be read; returns the seconds until something is to be retried."""
        snapshot = self._snapshot()
        service = snapshot.service(self._service)
        wanted = self._wanted(service)
        if not snapshot.stale:
            self._begin_together(wanted)
            for container in wanted:
                self._care_for(container)
        if not self._closed:
            self._status = self._judge(snapshot, service, wanted)
        now = time.monotonic()
        with self._moved:
            waits = [
                max(tail.retry_at - now, 0.01)
                for tail in self._tails.values()
                if not tail.reading and tail.retry_at
            ]
        return min(waits, default=None)

    def _begin_together(self, wanted: Sequence[Container]) -> None:
        """Read the history of several containers at once, in the order of its time stamps.

        From there on each is followed by a reader of its own, which begins where this
        ended: what comes is shown as it comes.
        """
        new = [item for item in wanted if item.id not in self._tails and item.logs_readable]
        if len(new) < 2 or self._tails:
            return
        lines: list[LogLine] = []
        for container in new:
            tail = self._new_tail(container)
            try:
                history = self._history(container)
            except EngineError as error:
                # Its reader meets the same error, and deals with it.
                log.info("no history of %s: %s", container.name, error)
                continue
            _remember_last(tail, history)
            lines += history
        lines.sort(key=lambda line: line.stamp)
        self.ring.extend(lines)

    def _history(self, container: Container) -> list[LogLine]:
        stream = self._engine.logs(LogRequest(container.id, tail=self._tail, follow=False))
        cut = splitter(container.name, tty=container.tty)
        lines: list[LogLine] = []
        while chunk := stream.read():
            lines += cut.feed(chunk)
        return lines + cut.flush()

    def _wanted(self, service: Service | None) -> Sequence[Container]:
        containers = service.containers if service else ()
        if self._container_id is None:
            return containers
        for container in containers:
            if container.id == self._container_id:
                self._only_name = container.name
        return [item for item in containers if item.name == self._only_name]

    def _care_for(self, container: Container) -> None:
        with self._moved:
            tail = self._tails.get(container.id)
        if tail is None:
            tail = self._new_tail(container)
        self._mark_passage(tail, container)
        tail.container = container
        if self._to_open(tail, container):
            tail.opened = tail.reading = True
            tail.life = container.started_at
            threading.Thread(
                target=self._read, args=(tail,), name=f"log-{container.name}", daemon=True
            ).start()

    def _new_tail(self, container: Container) -> _Tail:
        tail = _Tail(container)
        with self._moved:
            before = [
                other for other in self._tails.values() if other.container.name == container.name
            ]
            for other in before:
                del self._tails[other.container.id]
            self._tails[container.id] = tail
        for other in before:
            if other.opened:
                self._mark(
                    container.name,
                    f"{container.name} was recreated: {other.container.short_id} is gone, "
                    f"this is {container.short_id}",
                )
        return tail

    def _to_open(self, tail: _Tail, container: Container) -> bool:
        if tail.reading or not container.logs_readable or time.monotonic() < tail.retry_at:
            return False
        if container.started_at is None:
            return False  # it has not said anything yet
        if not tail.opened or tail.failures:
            return True
        # It was read to an end: there is more once it lives again (or still does).
        return container.running

    def _mark_passage(self, tail: _Tail, container: Container) -> None:
        """Mark the end of a life, and the beginning of the next, once each."""
        if not tail.opened or tail.reading or tail.failures:
            return
        ended = container.exit_code is not None and not container.running
        if ended and tail.marked_end != container.finished_at:
            tail.marked_end = container.finished_at
            words = exit_words(container.exit_code or 0, oom_killed=container.oom_killed)
            self._mark(container.name, f"{container.name} ended: {words}", container.finished_at)
        if container.running and container.started_at != tail.life:
            if tail.marked_end is None or (tail.life and tail.marked_end < tail.life):
                # It was up again before anybody saw it down: the engine's event knows.
                how = self._last_end(container.id)
                self._mark(container.name, f"{container.name} ended{how and f': {how}'}")
            count = f" (restart {container.restarts})" if container.restarts else ""
            self._mark(
                container.name, f"{container.name} started again{count}", container.started_at
            )
            tail.life, tail.retry_at = container.started_at, 0.0

    def _mark(self, source: SafeText, words: str, at: datetime | None = None) -> None:
        moment = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()
        self.ring.extend([LogLine(moment, source, LineKind.MARK, words.encode())])

    def _judge(
        self, snapshot: StackSnapshot, service: Service | None, wanted: Sequence[Container]
    ) -> FeedStatus:
        if snapshot.stale:
            trouble = snapshot.engine.trouble
            if trouble is None:
                return FeedStatus(FeedState.CONNECTING)
            return FeedStatus(FeedState.WAITING, trouble.what, trouble.remedy)
        if not wanted:
            return _without_container(self._service, service)
        with self._moved:
            tails = [self._tails[item.id] for item in wanted if item.id in self._tails]
            if any(tail.reading and tail.container.running for tail in tails):
                return FeedStatus(FeedState.LIVE)
        silent = next((item for item in wanted if not item.logs_readable), None)
        if silent is not None:
            return FeedStatus(
                FeedState.REFUSED,
                plain(
                    f"The logging driver of {silent.name} is none: "
                    "the engine keeps nothing that could be read."
                ),
                plain(
                    "Set logging.driver to json-file or local in the compose file, "
                    f"then: docker compose up -d {self._service}"
                ),
            )
        refused = next((tail for tail in tails if tail.refused), None)
        if refused is not None:
            return FeedStatus(
                FeedState.REFUSED,
                plain(f"The engine can't give this log: {refused.refused}"),
                plain("It is tried again by itself."),
            )
        if all(not item.running for item in wanted):
            return FeedStatus(FeedState.WAITING, plain(f"{self._service} is not running."))
        return FeedStatus(FeedState.CONNECTING)

    # The readers.

    def _read(self, tail: _Tail) -> None:
        try:
            self._read_stream(tail)
            tail.failures, tail.retry_at, tail.refused = 0, 0.0, SafeText("")
            if tail.container.running:
                # The next snapshot tells whether it lives; if it does, look again soon.
                tail.retry_at = time.monotonic() + SETTLE_SECONDS
        except EngineError as error:
            gone = isinstance(error, EngineRefused) and error.status == NOT_FOUND
            if not (gone or self._closed):
                log.info("the log of %s broke off: %s", tail.container.name, error)
            tail.refused = error.what if isinstance(error, EngineRefused) else SafeText("")
            tail.failures += 1
            pause = RETRY_SECONDS[min(tail.failures, len(RETRY_SECONDS)) - 1]
            tail.retry_at = time.monotonic() + pause
        finally:
            with self._moved:
                tail.reading = False
                tail.stream = None
                self._pending = True
                self._moved.notify_all()

    def _read_stream(self, tail: _Tail) -> None:
        resumed = bool(tail.last_stamp)
        stream = self._engine.logs(
            LogRequest(
                tail.container.id,
                tail=None if resumed else self._tail,
                since=unix_time(tail.last_stamp) if resumed else "",
            )
        )
        with self._moved:
            tail.stream = stream
            closed = self._closed
        if closed:
            stream.close()
            return
        self.snapshot_changed()  # it is live now
        cut = splitter(tail.container.name, tty=tail.container.tty)
        overlap = Overlap(tail.last_stamp, tail.at_last_stamp) if resumed else None
        while chunk := stream.read():
            overlap = self._take(tail, cut.feed(chunk), overlap)
        self._take(tail, cut.flush(), overlap)

    def _take(
        self, tail: _Tail, lines: list[LogLine], overlap: "Overlap | None"
    ) -> "Overlap | None":
        if overlap is not None:
            lines = overlap.drop_from(lines)
            if overlap.passed:
                overlap = None
        if lines:
            _remember_last(tail, lines)
            self.ring.extend(lines)
        return overlap


class Overlap:
    """Drops, from a resumed stream, the lines that were read before.

    Args:
        stamp: The last time stamp that was read.
        seen: The lines that bore it, counted.
    """

    def __init__(self, stamp: bytes, seen: Counter[tuple[LineKind, bytes]]) -> None:
        self._stamp = stamp
        self._seen = Counter(seen)
        self.passed = False

    def drop_from(self, lines: list[LogLine]) -> list[LogLine]:
        """The lines that are new."""
        for index, line in enumerate(lines):
            if line.stamp > self._stamp:
                self.passed = True
                return [item for item in lines[:index] if self._is_new(item)] + lines[index:]
        return [item for item in lines if self._is_new(item)]

    def _is_new(self, line: LogLine) -> bool:
        if line.stamp < self._stamp:
            return False
        key = (line.kind, line.text)
        if self._seen[key] > 0:
            self._seen[key] -= 1
            return False
        return True


def _remember_last(tail: _Tail, lines: list[LogLine]) -> None:
    last = max((line.stamp for line in lines), default=b"")
    if last < tail.last_stamp or not last:
        return
    if last > tail.last_stamp:
        tail.last_stamp = last
        tail.at_last_stamp = Counter()
    # Readers hand over batches: only the end of one can bear the last stamp.
    for line in reversed(lines):
        if line.stamp == last:
            tail.at_last_stamp[line.kind, line.text] += 1


def unix_time(stamp: bytes) -> str:
    """An RFC 3339 time stamp as the engine's `since` wants it: seconds, dot, nanoseconds."""
    text = stamp.decode("ascii", "replace")
    try:
        seconds = int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return ""
    fraction = text[20:].rstrip("Z") if text[19:20] == "." else ""
    return f"{seconds}.{fraction.ljust(9, '0')[:9]}" if fraction.isdecimal() else f"{seconds}"


def _without_container(name: str, service: Service | None) -> FeedStatus:
    if service is None:
        return FeedStatus(FeedState.WAITING, plain(f"{name} is not part of the stack any more."))
    if service.state is ServiceState.OFF and service.spec and service.spec.profiles:
        profile = service.spec.profiles[0]
        return FeedStatus(
            FeedState.WAITING,
            plain(f"{name} has no container: its profile {profile} is not active."),
            plain(f"docker compose --profile {profile} up -d {name}"),
        )
    return FeedStatus(
        FeedState.WAITING,
        plain(f"{name} has no container."),
        plain(f"docker compose up -d {name}"),
    )
