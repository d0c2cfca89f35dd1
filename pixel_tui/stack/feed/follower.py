"""Follows the logs of some services across the lives of their containers.

A supervisor thread compares what is read with what there is to read, each time the
picture of the stack changes; each container has a reader thread of its own. A stream
that ended is opened again from the last time stamp, and what overlaps is dropped by
comparing stamp and text: no line is lost, none doubled.

A followed stream ends with the run of the process that it was opened in. What was written
since, last words as well as runs that came and went meanwhile, is then read up to now, and
the ends and starts are marked between the lines before any of them is given out. Only the
engine knows of runs that are shorter than the picture is young: it is asked after the lines
were read, so that it knows of every run that they can be of. Where it tells of an end or a start
that nobody knew of before, there may be more lines of that run: they are read first.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from pixel_tui.errors import EngineError, EngineRefused
from pixel_tui.stack.feed.container_runs import Boundary, RunProgress, boundaries, end_of_removed
from pixel_tui.stack.feed.feed import TAIL, FeedState, FeedStatus, LogTarget
from pixel_tui.stack.feed.frames import splitter
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.overlap import Reached
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.snapshot import Service, ServiceState, StackEvent, StackSnapshot
from pixel_tui.stack.model.source import ByteStream, EngineReader, LogRequest
from pixel_tui.stack.model.times import moment, stamp_at
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = (0.2, 1.0, 2.0, 5.0, 10.0)
SETTLE_SECONDS: Final = 1.5
"""When a stream is opened again that ended although its container runs."""
NEAR: Final = 5000
"""A resumed log is looked for in so many last lines first: an engine that is only told a
time reads the whole file to find it."""
FULL: Final = 32 * 1024
"""Bytes of a chunk behind which more wait already."""
GATHER_SECONDS: Final = 0.02
"""How long the next lines are gathered, once some were taken in."""
PORTION: Final = 4 * 1024 * 1024
"""Bytes of lines that are held until it is known which runs they are of."""
LATE: Final = timedelta(seconds=5)
"""By how much a picture of the stack may follow what it shows."""
KEPT_TAILS: Final = 64
"""Of containers that are gone, so many are remembered at most."""
NOT_FOUND: Final = 404


@dataclass(slots=True)
class _Tail:
    """How far one container's log has been read."""

    container: Container
    whole: bool = False
    """It took the place of one that was followed: all of its log is wanted."""
    reached: Reached = field(default_factory=Reached)
    opened: bool = False
    reading: bool = False
    run: RunProgress | None = None
    """Up to which run it was read; None before it was opened."""
    health: HealthStatus | None = None
    """As it was seen last; None before the first look."""
    paused: bool = False
    refused: SafeText = SafeText("")
    failures: int = 0
    retry_at: float = 0.0
    stream: ByteStream | None = None


class RunsKnown(Protocol):
    """Knows the runs of a container's process. Its methods raise `EngineError`."""

    def inspect(self, container_id: str) -> Container:
        """The container as it is now."""
        ...

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        """The starts and ends that the engine reported.

        Args:
            container_id: Whose.
            since: From when.
            until: The engine has reported at least up to here; None for what is known already.
        """
        ...


class LogFollower:
    """Reads the logs of any engine that speaks Docker's API, as they grow.

    Args:
        engine: How logs are asked for.
        targets: Whose logs; every service of the stack where there are none.
        sink: Gets the lines: those of one container in its order, on several threads.
        snapshot: The picture of the stack as it is now.
        runs: What is known of the runs of a container's process.
        tail: How many lines of each container's history to begin with.
        reached: How far containers were read before, by id: these are read on from there.
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
        reached: Mapping[str, Reached] | None = None,
    ) -> None:
        self._engine = engine
        self._targets = tuple(targets)
        self._sink = sink
        self._snapshot = snapshot
        self._runs = runs
        self._names: dict[str, SafeText] = {}
        """The names of containers that alone are wanted, by the id that was asked for."""
        self._tail = tail
        self._reached = reached
        self._tails: dict[str, _Tail] = {}
        """By container id; the newest last."""
        self._unreadable: set[str] = set()
        """Containers of which it was said that nothing can be read."""
        self._status = FeedStatus(FeedState.CONNECTING)
        self._moved = threading.Condition()
        self._gather = threading.Event()
        """Set when nothing is gathered any more."""
        self._pending = False
        self._closed = False
        self.begins = False
        """Whether the very first lines were among those that it began with."""

    @property
    def status(self) -> FeedStatus:
        """How it stands."""
        return self._status

    @property
    def containers(self) -> Sequence[Container]:
        """Those whose lines it has read, but for some that are long gone."""
        with self._moved:
            return tuple(tail.container for tail in self._tails.values())

    def wanted(self) -> Sequence[Container]:
        """The containers that there are now whose lines are wanted."""
        return self._wanted(self._snapshot())

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
            self._gather.set()
            self._status = FeedStatus(FeedState.CLOSED)
            streams = [tail.stream for tail in self._tails.values() if tail.stream]
            self._moved.notify_all()
        for stream in streams:
            stream.close()

    def snapshot_changed(self) -> None:
        """The picture of the stack is another one."""
        with self._moved:
            self._pending = True
            self._moved.notify_all()

    # The supervisor.

    def _supervise(self) -> None:
        while not self._closed:
            try:
                wait = self._reconcile()
            except Exception:
                log.exception("following %s failed and is tried again", self._targets)
                wait = RETRY_SECONDS[-1]
            with self._moved:
                if not (self._pending or self._closed):
                    self._moved.wait(wait)
                self._pending = False

    def _reconcile(self) -> float | None:
        """Open what is to be read; returns the seconds until something is to be retried."""
        snapshot = self._snapshot()
        wanted = self._wanted(snapshot)
        waits: list[float] = []
        if not snapshot.stale:
            # What was never started has said nothing, and may not bear its own name yet.
            born = [item for item in wanted if item.started_at and item.logs_readable]
            here = {container.id for container in born}
            self._begin_together(born)
            for container in born:
                wait = self._care_for(container, here)
                if wait is not None:
                    waits.append(wait)
            if len(wanted) > 1:
                self._mark_unreadable(wanted)
        with self._moved:
            if not self._closed:
                self._status = self._judge(snapshot, wanted)
        return min(waits, default=None)

    def _begin_together(self, born: Sequence[Container]) -> None:
        """Read the history of several containers at once, in the order of its time stamps.

        From there on each is followed by a reader of its own, which begins where this
        ended: what comes is shown as it comes.
        """
        if len(born) < 2 or self._tails or self._reached is not None:
            return
        history = LogHistory(self._engine, born)
        try:
            page = history.before(b"", self._tail)
        except EngineError as error:
            # Its reader meets the same error, and deals with it.
            log.info("no history of %s: %s", self._targets, error)
            return
        self.begins = page.complete
        for container in born:
            tail = _Tail(container)
            tail.reached.note([line for line in page.newest if line.source == container.name])
            tail.whole = not tail.reached.stamp  # it had said nothing: whatever comes is new
            with self._moved:
                self._tails[container.id] = tail
        self._sink(page.lines)

    def _wanted(self, snapshot: StackSnapshot) -> Sequence[Container]:
        targets = self._targets or [LogTarget(service.name) for service in snapshot.services]
        found: dict[str, Container] = {}
        for target in targets:
            service = snapshot.service(target.service)
            for container in self._of_target(target, service.containers if service else ()):
                found[container.id] = container
        return tuple(found.values())

    def _of_target(self, target: LogTarget, containers: Sequence[Container]) -> Sequence[Container]:
        asked = target.container_id
        if asked is None:
            return containers
        for container in containers:
            if container.id == asked:
                self._names[asked] = container.name
        return [item for item in containers if item.name == self._names.get(asked)]

    def _care_for(self, container: Container, here: Collection[str]) -> float | None:
        """Read a container if there is anything to read; returns when to try again."""
        with self._moved:
            tail, words = self._tails.get(container.id), ""
            if tail is None:
                tail, words = self._new_tail(container, here)
        if tail is None:
            return None
        if words:  # said without the lock: whoever gets it may have one of its own
            self._mark(container.name, words)
        tail.container = container
        self._mark_state(tail, container)
        if tail.reading:
            return None
        news = tail.run is not None and not tail.run.reached(container)
        if tail.run is not None and tail.run.over and not (news or tail.failures):
            return None  # read to its end: there is more once it runs again
        wait = tail.retry_at - time.monotonic()
        if wait > 0 and (tail.failures or not news):
            return wait
        tail.opened = tail.reading = True
        threading.Thread(
            target=self._read, args=(tail, container), name=f"log-{container.name}", daemon=True
        ).start()
        return None

    def _new_tail(self, container: Container, here: Collection[str]) -> tuple[_Tail | None, str]:
        """Begin with a container; None while the one before it is still being read.

        Returns:
            What is known of it, and what is to be said in its log.
        """
        gone = [tail for key, tail in self._tails.items() if key not in here]
        before = [tail for tail in gone if _place(tail.container) == _place(container)]
        for tail in before:
            if tail.reading:
                if tail.stream:
                    tail.stream.close()  # what it has received is read, and its end wakes us
                return None, ""
        words = next(
            (
                f"{container.name} was recreated: {tail.container.short_id} is gone, "
                f"this is {container.short_id}"
                for tail in before
                if tail.opened
            ),
            "",
        )
        idle = [tail for tail in gone if not (tail in before or tail.reading)]
        for tail in [*before, *idle[: max(len(idle) - KEPT_TAILS, 0)]]:
            del self._tails[tail.container.id]
        known = (self._reached or {}).get(container.id)
        whole = bool(before) or known is not None
        self._tails[container.id] = tail = _Tail(container, whole, known or Reached())
        return tail, words

    def _mark_state(self, tail: _Tail, container: Container) -> None:
        """Mark that its health, or whether it is paused, is another than before."""
        health, paused = container.health_status, container.state is ContainerState.PAUSED
        before, tail.health = tail.health, health
        told = {HealthStatus.HEALTHY, HealthStatus.UNHEALTHY}
        if before is not None and health in told and before is not health:
            probes = container.health.probes if container.health else ()
            probe = probes[-1] if probes else None
            failed = health is HealthStatus.UNHEALTHY
            if probe is None or failed == (probe.exit_code == 0):
                probe = None  # it is not the one that decided this
            said = f": {' '.join(probe.output)}" if failed and probe and probe.output else ""
            words = f"{container.name} is {health.value}{said}"
            self._mark(container.name, words, _not_before(tail, probe.ended if probe else None))
        if before is not None and paused is not tail.paused:
            what = "was paused" if paused else "goes on after a pause"
            self._mark(container.name, f"{container.name} {what}")
        tail.paused = paused

    def _mark_unreadable(self, wanted: Sequence[Container]) -> None:
        """Say among the lines of others that a container's are missing, and why."""
        for container in wanted:
            if not container.logs_readable and container.id not in self._unreadable:
                self._unreadable.add(container.id)
                words = f"nothing of {container.name} is here: {_unreadable(container)}"
                self._mark(container.name, words)

    def _mark(self, source: SafeText, words: str, at: datetime | None = None) -> None:
        line = LogLine(stamp_at(at or datetime.now(UTC)), source, LineKind.MARK, words.encode())
        self._sink([line])

    def _judge(self, snapshot: StackSnapshot, wanted: Sequence[Container]) -> FeedStatus:
        if snapshot.stale:
            trouble = snapshot.engine.trouble
            if trouble is None:
                return FeedStatus(FeedState.CONNECTING)
            return FeedStatus(FeedState.WAITING, trouble.what, trouble.remedy)
        if not wanted:
            return _without_containers(self._targets, snapshot)
        with self._moved:
            tails = [self._tails[item.id] for item in wanted if item.id in self._tails]
            if any(tail.stream and tail.container.running for tail in tails):
                return FeedStatus(FeedState.LIVE)
        silent = next((item for item in wanted if not item.logs_readable), None)
        if silent is not None:
            return FeedStatus(
                FeedState.REFUSED,
                plain(f"Nothing of {silent.name} can be read: {_unreadable(silent)}."),
                plain(
                    "Set logging.driver to json-file or local in the compose file, "
                    f"then: docker compose up -d {silent.service}"
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
            names = dict.fromkeys(item.service for item in wanted)
            what = f"{next(iter(names))} is" if len(names) == 1 else "None of these services is"
            return FeedStatus(FeedState.WAITING, plain(f"{what} not running."))
        return FeedStatus(FeedState.CONNECTING)

    # The readers.

    def _read(self, tail: _Tail, container: Container) -> None:
        try:
            self._read_runs(tail, container)
            tail.failures, tail.refused = 0, SafeText("")
            tail.retry_at = time.monotonic() + SETTLE_SECONDS
        except EngineError as error:
            gone = isinstance(error, EngineRefused) and error.status == NOT_FOUND
            if gone:
                self._mark_removed(tail, container)
            elif not self._closed:
                log.info("the log of %s broke off: %s", container.name, error)
            self._retry_later(tail, error.what if isinstance(error, EngineRefused) else "")
        except Exception:
            log.exception("reading the log of %s failed", container.name)
            self._retry_later(tail, "")
        finally:
            with self._moved:
                tail.reading = False
                tail.stream = None
                self._pending = True
                self._moved.notify_all()

    def _read_runs(self, tail: _Tail, container: Container) -> None:
        """Read a log run by run, until the last one is over.

        Raises:
            EngineError: The engine can't be asked.
        """
        run, first = tail.run, tail.run is None
        if run is None:
            run = tail.run = RunProgress(container.started_at or datetime.now(UTC))
        if not (first and container.running):
            container = self._catch_up(tail, run, container)
        while container.running and not self._closed:
            followed = run.started
            # Of what never restarted by itself the picture is sure to show this very run.
            self._follow_run(tail, run, container, sure=first and not container.restarts)
            first = False
            container = self._catch_up(tail, run, container)
            if run.started == followed and container.running:
                return  # the stream ended, and yet it runs: opened again after a pause

    def _follow_run(
        self, tail: _Tail, run: RunProgress, container: Container, *, sure: bool
    ) -> None:
        """Give out what comes until this run is over; nothing where it was over already."""
        for lines in self._batches(tail, container, follow=True):
            if not sure:
                if self._runs.inspect(container.id).started_at != run.started:
                    if tail.stream is not None:
                        tail.stream.close()
                    return
                sure = True
            tail.failures, tail.refused = 0, SafeText("")
            self._keep(tail, lines)

    def _catch_up(self, tail: _Tail, run: RunProgress, container: Container) -> Container:
        """Read up to now, and mark ends and starts where they belong.

        Returns:
            The container as it is now.

        Raises:
            EngineError: The engine can't be asked. What was not given out is read again.
        """
        while True:
            held: list[LogLine] = []
            size = 0
            for lines in self._batches(tail, container, follow=False):
                held += lines
                size += sum(len(line.text) for line in lines)
                if size > PORTION:
                    self._give_out(tail, run, self._runs.inspect(container.id), held)
                    held, size = [], 0
            now = self._runs.inspect(container.id)
            if self._closed or _same_run(container, now):
                self._give_out(tail, run, now, held)
                return now
            # It ended or started meanwhile: of that run, lines may have come behind the last read.
            container = now

    def _give_out(
        self, tail: _Tail, run: RunProgress, now: Container, lines: list[LogLine]
    ) -> None:
        """Give out lines, and before each what happened before it.

        Args:
            tail: What they are of.
            run: Up to which run it was read.
            now: The container, asked after the lines were read.
            lines: In their order.
        """
        if self._closed:
            return
        fresh: Sequence[Boundary] = ()
        if not run.reached(now):
            new = now.started_at is not None and now.started_at > run.started
            events = self._runs.run_events(now.id, run.since, now.started_at) if new else ()
            fresh = boundaries(run, now, events)
        for boundary in fresh:
            split = next((at for at, line in enumerate(lines) if line.stamp > boundary.after), None)
            self._keep(tail, lines[:split])
            lines = [] if split is None else lines[split:]
            self._sink(boundary.marks)
        self._keep(tail, lines)
        if now.started_at is not None and now.started_at >= run.started:
            run.started, run.over = now.started_at, not now.running
            run.ended = now.finished_at if run.over else None

    def _mark_removed(self, tail: _Tail, container: Container) -> None:
        """Mark how the last run ended of a container that is not there any more."""
        run = tail.run
        if run is None or run.over or self._closed:
            return
        events = self._runs.run_events(container.id, run.since, None)
        for boundary in end_of_removed(run, container, events):
            run.over = True
            self._sink(boundary.marks)

    def _retry_later(self, tail: _Tail, refused: str) -> None:
        tail.refused = SafeText(refused)
        tail.failures += 1
        pause = RETRY_SECONDS[min(tail.failures, len(RETRY_SECONDS)) - 1]
        tail.retry_at = time.monotonic() + pause

    def _batches(
        self, tail: _Tail, container: Container, *, follow: bool
    ) -> Iterator[list[LogLine]]:
        """What is new of a log, up to now or for as long as its container lives."""
        since = unix_time(tail.reached.since)
        first = NEAR if since else None if tail.whole else self._tail
        for count in (first, None):
            stream = self._open(tail, LogRequest(container.id, count, since, follow))
            cut = splitter(container.name, tty=container.tty)
            overlap = tail.reached.overlap()
            while chunk := stream.read():
                lines = overlap.drop_from(cut.feed(chunk))
                if overlap.missing and count is not None:
                    stream.close()
                    break  # more was written meanwhile than that: read it all
                yield lines
                if follow and len(chunk) < FULL:
                    # Woken for each line of a flood, it would hold back the whole program.
                    self._gather.wait(GATHER_SECONDS)
            else:
                yield overlap.drop_from(cut.flush())
                return

    def _open(self, tail: _Tail, request: LogRequest) -> ByteStream:
        stream = self._engine.logs(request)
        with self._moved:
            tail.stream = stream
            closed = self._closed
        if closed:
            stream.close()
        elif request.follow:
            self.snapshot_changed()  # it is live now
        return stream

    def _keep(self, tail: _Tail, lines: list[LogLine]) -> None:
        if lines:
            tail.reached.note(lines)
            self._sink(lines)


def _not_before(tail: _Tail, at: datetime | None) -> datetime | None:
    """A time that is not earlier than the last line, where only the picture was a little late."""
    last = moment(tail.reached.stamp)
    if at is None or last is None or not at < last <= at + LATE:
        return at
    return last


def _same_run(before: Container, now: Container) -> bool:
    """Whether nothing has ended or started in between."""
    return before.started_at == now.started_at and before.running == now.running


def _place(container: Container) -> tuple[str, str]:
    """What a container that takes the place of another has in common with it."""
    return container.service, container.name if container.oneoff else str(container.number)


def _unreadable(container: Container) -> str:
    """Why nothing can be read of a container's log."""
    return f"its logging driver is {container.log_driver}, so that the engine keeps nothing of it"


def unix_time(stamp: bytes) -> str:
    """An RFC 3339 time stamp as the engine's `since` wants it: seconds, dot, nanoseconds."""
    text = stamp.decode("ascii", "replace")
    try:
        seconds = int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return ""
    fraction = text[20:].rstrip("Z") if text[19:20] == "." else ""
    return f"{seconds}.{fraction.ljust(9, '0')[:9]}" if fraction.isdecimal() else f"{seconds}"


def _without_containers(targets: Sequence[LogTarget], snapshot: StackSnapshot) -> FeedStatus:
    if len(targets) == 1:
        return _without_container(targets[0].service, snapshot.service(targets[0].service))
    return FeedStatus(FeedState.WAITING, plain("None of these services has a container."))


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
