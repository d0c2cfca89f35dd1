"""Keeps the newest picture of a stack: engine events, with a slow poll as a net.

Four daemon threads share one small state behind a lock: one resolves the project
through compose, one reads containers and publishes snapshots, one waits for
events, one samples figures. None of them ever ends on an error: a lost engine is
a state that is published, and asked again with growing pauses.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import ComposeError, EngineError
from pixel_tui.stack.join import join
from pixel_tui.stack.json_value import JsonObject
from pixel_tui.stack.log_feed import LogFeed
from pixel_tui.stack.log_follower import TAIL, LogFollower
from pixel_tui.stack.model import (
    NO_TEXT,
    Container,
    ContainerState,
    EngineStatus,
    Link,
    Project,
    StackEvent,
    StackSnapshot,
    Trouble,
    UsageTable,
)
from pixel_tui.stack.observer import Listener, Topic
from pixel_tui.stack.parse import parse_container, parse_event, parse_project
from pixel_tui.stack.reading import read_containers, read_engine, read_images, trouble
from pixel_tui.stack.source import EngineReader, EventStream, ProjectReader
from pixel_tui.stack.usage_sampler import UsageSampler
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

KEPT_EVENTS: Final = 500
RETRY_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds."""

    poll: float = 10.0
    """The safety net below the events."""
    usage: float = 2.0
    files: float = 2.0
    """How often the compose files' times are looked at."""
    gather: float = 0.05
    """How long events are gathered before the containers are read again."""


@dataclass(slots=True)
class _Seen:
    """What the threads have found out so far; guarded by the watcher's lock."""

    engine: EngineStatus
    project: Project | None = None
    project_name: SafeText = NO_TEXT
    project_trouble: Trouble | None = None
    containers: dict[str, Container] = field(default_factory=dict)
    images: dict[str, str | None] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)
    """Containers that an event named since they were read."""


class Watcher:
    """The `Observer` of any stack that speaks Docker's JSON.

    Args:
        engine: How the engine is asked.
        project: How compose is asked.
        clock: Where times come from.
        pace: How often.
        log_tail: How many lines of history a log begins with.
    """

    def __init__(
        self,
        engine: EngineReader,
        project: ProjectReader,
        clock: Clock,
        pace: Pace | None = None,
        *,
        log_tail: int = TAIL,
    ) -> None:
        self._engine = engine
        self._project = project
        self._clock = clock
        self._pace = pace or Pace()
        self._log_tail = log_tail
        self._lock = threading.Lock()
        self._seen = _Seen(EngineStatus(address=engine.address, context=engine.context))
        self._snapshot = StackSnapshot(engine=self._seen.engine)
        self._events: deque[StackEvent] = deque(maxlen=KEPT_EVENTS)
        self._listeners: list[Listener] = []
        self._feeds: list[LogFollower] = []
        self._started = False
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._reload = threading.Event()
        self._named = threading.Event()
        self._event_stream: EventStream | None = None
        self._usage = UsageSampler(
            engine,
            containers=self._running,
            interval=self._pace.usage,
            publish=lambda: self._tell(Topic.USAGE),
        )

    @property
    def snapshot(self) -> StackSnapshot:
        """The stack as last seen."""
        return self._snapshot

    @property
    def usage(self) -> UsageTable:
        """What the running containers use."""
        return self._usage.table

    @property
    def events(self) -> Sequence[StackEvent]:
        """The last engine events, oldest first."""
        with self._lock:
            return tuple(self._events)

    def start(self) -> None:
        """Start the threads; a second call does nothing."""
        if self._started:
            return
        self._started = True
        for name, run in (
            ("stack-project", self._watch_project),
            ("stack-containers", self._watch_containers),
            ("stack-events", self._watch_events),
        ):
            threading.Thread(target=self._keep, args=(run,), name=name, daemon=True).start()
        self._usage.start()

    def _keep(self, run: Callable[[], None]) -> None:
        """Run one of the threads; a fault of ours in it must not blind the console for good."""
        while not self._closed.is_set():
            try:
                run()
            except Exception:
                log.exception("a watching thread failed and is started again")
                self._closed.wait(RETRY_SECONDS[0])

    def close(self) -> None:
        """Tell every thread to end and wake it."""
        self._closed.set()
        for event in (self._wake, self._reload, self._named):
            event.set()
        self._usage.close()
        with self._lock:
            stream, feeds = self._event_stream, list(self._feeds)
        if stream is not None:
            stream.close()
        for feed in feeds:
            feed.close()
        self._engine.close()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call the listener on each change."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def refresh(self) -> None:
        """Read compose and every container again."""
        with self._lock:
            self._seen.dirty.update(self._seen.containers)
        self._reload.set()
        self._wake.set()

    def watch_usage(self, *, wanted: bool) -> None:
        """Pause or resume the figures."""
        self._usage.want(wanted=wanted)

    def inspect(self, container_id: str) -> Container:
        """One container, asked now."""
        return parse_container(self._engine.inspect(container_id))

    def follow_logs(self, service: str, container_id: str | None = None) -> LogFeed:
        """Follow a log; the feed hears of every new snapshot."""
        feed = LogFollower(
            self._engine,
            service,
            container_id=container_id,
            snapshot=lambda: self._snapshot,
            last_end=self._last_end,
            tail=self._log_tail,
        )
        with self._lock:
            self._feeds = [*(item for item in self._feeds if not item.closed), feed]
        feed.start()
        return feed

    def _last_end(self, container_id: str) -> str:
        """How a container ended last, from the engine's events."""
        with self._lock:
            own = [event for event in self._events if event.container_id == container_id]
        for event in reversed(own):
            if event.action == "die":
                oom = any(item.action == "oom" and item.at <= event.at for item in own[-6:])
                code = event.detail.partition(" ")[0]
                return f"{code} OOM-killed" if oom and code == "137" else event.detail
        return ""

    # The project, by compose.

    def _watch_project(self) -> None:
        shape: Sequence[tuple[str, int, int]] | None = None
        while not self._closed.is_set():
            now = self._project.fingerprint()
            if now != shape or self._reload.is_set():
                self._reload.clear()
                shape = now
                self._resolve()
            self._reload.wait(self._pace.files)

    def _resolve(self) -> None:
        try:
            resolved = self._project.resolve()
            project = parse_project(resolved, {})
        except ComposeError as error:
            self._project_lost(error)
            return
        # The table can be drawn now; the hashes cost another run of compose.
        self._project_found(project)
        try:
            hashes = self._project.hashes(resolved)
        except ComposeError as error:
            log.warning("compose gave no hashes: %s", error)
            return
        self._project_found(parse_project(resolved, hashes))

    def _project_found(self, project: Project) -> None:
        with self._lock:
            self._seen.project = self._with_known_hashes(project)
            self._seen.project_trouble = None
            self._seen.project_name = project.name
            self._seen.images = {
                reference: known
                for reference, known in self._seen.images.items()
                if any(spec.image == reference for spec in project.services)
            }
        self._named.set()
        self._wake.set()

    def _with_known_hashes(self, project: Project) -> Project:
        """Keep the hash of a service until the new one is known: no flicker of "unknown"."""
        if self._seen.project is None:
            return project
        known = {spec.name: spec.config_hash for spec in self._seen.project.services}
        return replace(
            project,
            services=tuple(
                replace(spec, config_hash=spec.config_hash or known.get(spec.name, NO_TEXT))
                for spec in project.services
            ),
        )

    def _project_lost(self, error: ComposeError) -> None:
        log.warning("the project can't be resolved: %s", error)
        with self._lock:
            self._seen.project_trouble = trouble(error, self._seen.project_trouble, self._clock)
            if not self._seen.project_name:
                self._seen.project_name = plain(self._project.name_guess)
        self._named.set()
        self._wake.set()

    # The containers, by the engine.

    def _watch_containers(self) -> None:
        self._greet_engine()
        self._named.wait()
        failures = 0
        while not self._closed.is_set():
            self._wake.clear()
            try:
                self._read_stack()
                failures = 0
            except EngineError as error:
                self._engine_lost(error)
                failures += 1
            if failures:
                self._wake.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])
                continue
            if self._wake.wait(self._pace.poll):
                self._closed.wait(self._pace.gather)

    def _greet_engine(self) -> None:
        """Ask who the engine is while compose still resolves the project."""
        try:
            self._read_engine()
        except EngineError as error:
            self._engine_lost(error)
        else:
            self._publish()

    def _read_engine(self) -> None:
        status = read_engine(self._engine, self._clock)
        with self._lock:
            self._seen.engine = status
            self._seen.dirty.update(self._seen.containers)

    def _read_stack(self) -> None:
        if self._seen.engine.link is not Link.READY:
            self._read_engine()
        with self._lock:
            name, project = self._seen.project_name, self._seen.project
            dirty, self._seen.dirty = self._seen.dirty, set()
            known = dict(self._seen.containers)
        try:
            containers = read_containers(self._engine, self._engine.containers(name), known, dirty)
            images = read_images(self._engine, project)
        except EngineError:
            with self._lock:
                self._seen.dirty |= dirty
            raise
        with self._lock:
            self._seen.containers = containers
            self._seen.images.update(images)
            self._seen.engine = replace(self._seen.engine, seen_at=self._clock.now())
        self._publish()

    def _running(self) -> list[Container]:
        """The containers whose figures are worth asking for."""
        snapshot = self._snapshot
        if snapshot.stale:
            return []
        return [
            container
            for service in snapshot.services
            for container in service.containers
            if container.state is ContainerState.RUNNING
        ]

    def _engine_lost(self, error: EngineError) -> None:
        log.warning("the engine can't be asked: %s", error)
        with self._lock:
            before = self._seen.engine
            self._seen.engine = replace(
                before, link=Link.LOST, trouble=trouble(error, before.trouble, self._clock)
            )
            stream = self._event_stream
        if stream is not None:
            stream.close()
        self._engine.close()
        self._publish()

    # Events.

    def _watch_events(self) -> None:
        self._named.wait()
        failures = 0
        while not self._closed.is_set():
            try:
                stream = self._engine.events(self._seen.project_name)
                with self._lock:
                    self._event_stream = stream
                # What happened before the stream stood is caught by one more look.
                self._wake.set()
                for raw in stream:
                    failures = 0
                    self._take_event(raw)
            except EngineError as error:
                log.info("the engine's events broke off: %s", error)
            self._wake.set()
            failures += 1
            self._closed.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])

    def _take_event(self, raw: JsonObject) -> None:
        event = parse_event(raw)
        if event is None:
            return
        with self._lock:
            self._events.append(event)
            self._seen.dirty.add(event.container_id)
        self._tell(Topic.EVENTS)
        self._wake.set()

    # Publishing.

    def _publish(self) -> None:
        with self._lock:
            seen = self._seen
            snapshot = join(
                engine=seen.engine,
                project=seen.project,
                project_name=seen.project_name,
                project_trouble=seen.project_trouble,
                containers=seen.containers.values(),
                images=seen.images,
                taken_at=seen.engine.seen_at if self._named.is_set() else None,
            )
            changed = snapshot != self._snapshot
            self._snapshot = snapshot
            feeds = list(self._feeds)
        if changed:
            for feed in feeds:
                feed.snapshot_changed()
            self._tell(Topic.SNAPSHOT)

    def _tell(self, topic: Topic) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(topic)
