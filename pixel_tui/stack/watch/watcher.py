"""Keeps the newest picture of a stack: engine events, with a slow poll as a net.

Four daemon threads share one small state behind a lock: one resolves the project
through compose, one reads containers and publishes snapshots, one waits for
events, one samples figures. None of them ever ends on an error: a lost engine is
a state that is published, and asked again with growing pauses.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from pixel_tui.clock import Clock
from pixel_tui.errors import ComposeError, EngineAnswerInvalid, EngineError
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.compose.places import labelled_name, read_other_names
from pixel_tui.stack.feed.feed import TAIL, LogFeed, LogTarget
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.built_with import argument_values
from pixel_tui.stack.model.container import Container, ContainerState, UsageTable
from pixel_tui.stack.model.ends import Ends
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse import parse_container, parse_event, parse_project
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.resources import ResourceReader
from pixel_tui.stack.model.snapshot import EngineStatus, Link, StackEvent, StackSnapshot
from pixel_tui.stack.model.source import EngineReader, EventStream, ProjectReader
from pixel_tui.stack.watch.cgroups import SampleSource
from pixel_tui.stack.watch.observer import Listener, Topic
from pixel_tui.stack.watch.reading import (
    image_ids,
    read_built,
    read_containers,
    read_engine,
    read_histories,
    read_images,
    read_missing,
    sharing_services,
    trouble,
    with_shared,
)
from pixel_tui.stack.watch.seen import Seen
from pixel_tui.stack.watch.usage_sampler import UsageSampler
from pixel_tui.text import NO_TEXT, plain

if TYPE_CHECKING:
    from pixel_tui.stack.feed.follower import LogFollower
    from pixel_tui.stack.feed.history import LogHistory
    from pixel_tui.stack.feed.overlap import Reached
    from pixel_tui.stack.feed.stream import LogStream

log = logging.getLogger(__name__)

KEPT_EVENTS: Final = 500
RETRY_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
LISTEN_SECONDS: Final = 0.2
"""How long the first reading of the containers waits for the events to stand."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds."""

    poll: float = 10.0
    """The safety net below the events."""
    heartbeat: float = 2.0
    """How often a silent engine is asked whether it is still there."""
    usage: float = 2.0
    files: float = 2.0
    """How often the compose files' times are looked at."""
    retry: float = 15.0
    """How soon compose is asked again after it failed, where no file has changed."""
    gather: float = 0.05
    """How long events are gathered before the containers are read again."""


class Watcher:
    """The `Observer` of any stack that speaks Docker's JSON.

    Args:
        engine: How the engine is asked.
        project: How compose is asked.
        clock: Where times come from.
        pace: How often.
        log_tail: How many lines of history a log begins with.
        local: Where figures are read without the engine.
        records: What the project's images were built with, as far as that was written down.
        ends: How its containers ended, as far as that was written down.
    """

    def __init__(
        self,
        engine: EngineReader,
        project: ProjectReader,
        clock: Clock,
        pace: Pace | None = None,
        *,
        log_tail: int = TAIL,
        local: SampleSource | None = None,
        records: BuildRecords | None = None,
        ends: Ends | None = None,
    ) -> None:
        self._engine = engine
        self._resources = ResourceReader(engine)
        self._project = project
        self._clock = clock
        self._pace = pace or Pace()
        self._log_tail = log_tail
        self._records = records
        self._lock = threading.Lock()
        self._seen = Seen(
            EngineStatus(address=engine.address, context=engine.context),
            asked_name=plain(project.name_guess),
        )
        self._snapshot = StackSnapshot(engine=self._seen.engine)
        self._events: deque[StackEvent] = deque(maxlen=KEPT_EVENTS)
        self._ends = ends or Ends()
        self._unbroken: datetime | None = None
        """The first event of the stream that is read: from there on none is missing."""
        self._listeners: list[Listener] = []
        self._feeds: list[LogStream | LogFollower] = []
        self._started = False
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._reload = threading.Event()
        self._named = threading.Event()
        """The project's name is known, or it is known that it can't be."""
        self._greeted = threading.Event()
        """The engine was asked who it is."""
        self._listening = threading.Event()
        """Events come, or can't be had."""
        self._event_stream: EventStream | None = None
        self._usage = UsageSampler(
            engine,
            containers=self._running,
            interval=self._pace.usage,
            publish=lambda: self._tell(Topic.USAGE),
            local=local,
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
        for event in (self._wake, self._reload, self._named, self._greeted, self._listening):
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
            self._seen.doubtful = True
        self._reload.set()
        self._wake.set()

    def watch_usage(self, *, wanted: bool) -> None:
        """Pause or resume the figures."""
        self._usage.want(wanted=wanted)

    def inspect(self, container_id: str) -> Container:
        """One container, asked now."""
        container = parse_container(self._engine.inspect(container_id))
        with self._lock:
            return self._ends.told(container)

    def follow_logs(self, targets: Sequence[LogTarget]) -> LogFeed:
        """Follow logs; the feed hears of every new snapshot."""
        from pixel_tui.stack.feed.stream import LogStream

        feed = LogStream(self._engine, partial(self._follower, targets), monotonic=time.monotonic)
        self._keep_told(feed)
        return feed

    def follow_into(
        self,
        targets: Sequence[LogTarget],
        sink: Callable[[Sequence[LogLine]], None],
        reached: "Mapping[str, Reached]",
    ) -> None:
        """Follow logs from where they were read to, and give the lines away as they come.

        Args:
            targets: Whose logs; those of every service where there are none.
            sink: Gets the lines, on several threads; what it waits for holds the log up.
            reached: How far each container was read, by its id.
        """
        self._keep_told(self._follower(targets, sink, reached))

    def _follower(
        self,
        targets: Sequence[LogTarget],
        sink: Callable[[Sequence[LogLine]], None],
        reached: "Mapping[str, Reached] | None",
    ) -> "LogFollower":
        from pixel_tui.stack.feed.follower import LogFollower

        return LogFollower(
            self._engine,
            targets,
            sink=sink,
            snapshot=lambda: self._snapshot,
            runs=self,
            tail=self._log_tail,
            reached=reached,
        )

    def _keep_told(self, feed: "LogStream | LogFollower") -> None:
        with self._lock:
            self._feeds = [*(item for item in self._feeds if not item.closed), feed]
        feed.start()
        if self._closed.is_set():
            feed.close()

    def log_history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """What the engine has of some logs."""
        from pixel_tui.stack.feed.history import LogHistory

        snapshot = self._snapshot
        names = [item.service for item in targets] or [item.name for item in snapshot.services]
        services = [snapshot.service(name) for name in names]
        alone = {item.container_id for item in targets if item.container_id is not None}
        containers = [item for service in services if service for item in service.containers]
        return LogHistory(
            self._engine, [item for item in containers if not alone or item.id in alone]
        )

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        """What is known of the starts and ends of a container, asked only where events may lack.

        Args:
            container_id: Whose.
            since: From when.
            until: A start that is known of, by the engine's clock; None asks nobody.

        Raises:
            EngineError: The engine can't be asked.
        """
        with self._lock:
            known = [
                event
                for event in self._events
                if event.container_id == container_id and event.at >= since
            ]
            unbroken = self._unbroken
            if unbroken is not None:
                unbroken = max(unbroken, self._events[0].at)  # older ones were dropped
        # Events of one stream come in their order: what reports a later one has reported all
        # since its first. What was before that happened while nobody listened.
        heard = unbroken is not None and unbroken <= since
        if until is None or (heard and any(event.at >= until for event in known)):
            return known
        asked = map(parse_event, self._engine.past_events(container_id, since, until))
        return list(dict.fromkeys([*known, *(event for event in asked if event is not None)]))

    # The project, by compose.

    def _watch_project(self) -> None:
        shape: Sequence[tuple[str, int, int]] | None = None
        whole, retry_at = True, 0.0
        while not self._closed.is_set():
            now = self._project.fingerprint()
            # What is wrong may be mended elsewhere than in the files: compose was missing.
            overdue = not whole and self._clock.monotonic() >= retry_at
            if now != shape or self._reload.is_set() or overdue:
                self._reload.clear()
                shape = now
                whole = self._resolve()
                retry_at = self._clock.monotonic() + self._pace.retry
            self._reload.wait(self._pace.files)

    def _resolve(self) -> bool:
        """Ask compose; returns whether it told all that is asked of it."""
        try:
            resolved = self._project.resolve()
            project = parse_project(resolved, {})
        except ComposeError as error:
            self._project_lost(error)
            return False
        with self._lock:
            self._seen.sharing = sharing_services(resolved)
            self._seen.arguments = argument_values(resolved.config)
        # The table can be drawn now; the hashes cost another run of compose.
        self._project_found(replace(self._with_known_hashes(project), awaits_hashes=True))
        try:
            hashes = self._project.hashes(resolved)
        except ComposeError as error:
            log.warning("compose gave no hashes: %s", error)
            self._project_found(project)  # those of before may be wrong now
            return False
        self._project_found(parse_project(resolved, hashes))
        return True

    def _project_found(self, project: Project) -> None:
        with self._lock:
            renamed = self._seen.asked_name != project.name
            stream = self._event_stream if renamed else None
            if renamed and self._seen.taken_at is None:
                self._seen.containers = {}  # they were read ahead, and are another project's
            self._seen.project = project
            self._seen.project_trouble = None
            self._seen.project_name = self._seen.asked_name = project.name
            self._seen.images = {
                reference: known
                for reference, known in self._seen.images.items()
                if any(spec.image == reference for spec in project.services)
            }
        if stream is not None:
            stream.close()  # it is of the project's name of before
        self._named.set()
        self._wake.set()

    def _with_known_hashes(self, project: Project) -> Project:
        """Keep the hash of a service until the new one is known: no flicker of "unknown"."""
        before = self._seen.project
        if before is None:
            return project
        known = {spec.name: spec.config_hash for spec in before.services}
        return replace(
            project,
            services=tuple(
                replace(spec, config_hash=spec.config_hash or known.get(spec.name, NO_TEXT))
                for spec in project.services
            ),
        )

    def _project_lost(self, error: ComposeError) -> None:
        log.info("the project can't be resolved: %s", error)  # the snapshot says so
        with self._lock:
            self._seen.project_trouble = trouble(error, self._seen.project_trouble, self._clock)
            self._seen.found_by_labels = False
            if not self._seen.project_name:
                self._seen.project_name = plain(self._seen.asked_name)
        self._named.set()
        self._wake.set()

    # The containers, by the engine.

    def _watch_containers(self) -> None:
        self._greet_engine()
        self._look_ahead()
        self._named.wait()
        failures = 0
        while not self._closed.is_set():
            self._wake.clear()
            try:
                self._read_stack()
                failures = 0
                self._rest()
            except EngineError as error:
                self._engine_lost(error)
                failures += 1
            except Exception:
                # A picture that silently grows old would be worse than none.
                log.exception("the stack can't be read")
                self._engine_lost(EngineAnswerInvalid("The engine's answer can't be understood."))
                failures += 1
            if failures:
                self._wake.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])

    def _rest(self) -> None:
        """Wait until something happens, or until it is time for another look.

        Raises:
            EngineError: The engine does not answer any more.
        """
        for _ in range(max(round(self._pace.poll / self._pace.heartbeat), 1)):
            if self._wake.wait(self._pace.heartbeat):
                self._closed.wait(self._pace.gather)
                return
            self._engine.ping()

    def _greet_engine(self) -> None:
        """Ask who the engine is while compose still resolves the project."""
        try:
            self._read_engine()
        except EngineError as error:
            self._engine_lost(error)
        else:
            self._publish()
        finally:
            self._greeted.set()

    def _look_ahead(self) -> None:
        """Read the likely project's containers while compose still resolves it.

        Events are waited for, so that this reading needs no second one for what was missed.
        Nothing is published: only compose knows which services there should be.
        """
        if self._seen.engine.link is not Link.READY:
            return
        self._listening.wait(LISTEN_SECONDS)
        name = self._seen.asked_name
        if not name or self._named.is_set():
            return
        try:
            self._read_containers(name)
        except EngineError as error:
            log.info("the containers can't be read yet: %s", error)

    def _read_engine(self) -> None:
        self._engine.ping()  # an engine that is frozen shows it here soonest
        status = read_engine(self._engine, self._clock)
        with self._lock:
            self._seen.engine = status
            self._seen.doubtful = True

    def _read_stack(self) -> None:
        if self._seen.engine.link is not Link.READY:
            self._read_engine()
        self._find_by_labels()
        with self._lock:
            name, project = self._seen.asked_name, self._seen.project
            arguments = self._seen.arguments
        containers = self._read_containers(name)
        images, own_variables = read_images(self._engine, project)
        histories = read_histories(
            self._engine, project, images, containers.values(), self._seen.histories
        )
        ids = image_ids(images, containers.values())
        built = read_built(histories, self._records, arguments, ids)
        missing = read_missing(self._engine, project, containers.values())
        other_names = () if containers else read_other_names(self._engine, project)
        diverged = self._resources.read(project, containers.values())
        self._ends.look_back(name, containers.values())
        with self._lock:
            self._seen.images.update(images)
            self._seen.own_variables = own_variables
            self._seen.histories = histories
            self._seen.built = built
            self._seen.missing = missing
            self._seen.other_names = other_names
            self._seen.diverged = diverged
            self._seen.taken_at = self._clock.now()
            self._seen.engine = replace(self._seen.engine, seen_at=self._seen.taken_at)
        self._publish()

    def _find_by_labels(self) -> None:
        """Ask the engine for the project's name where compose has never told it.

        Raises:
            EngineError: It can't be asked.
        """
        with self._lock:
            lost = self._seen.project is None and not self._seen.found_by_labels
        if not lost:
            return
        name = labelled_name(self._engine, self._project)
        with self._lock:
            if self._seen.project is not None:  # compose has told it meanwhile
                return
            stream = self._event_stream if self._seen.asked_name != name else None
            self._seen.project_name = self._seen.asked_name = name
            self._seen.found_by_labels = True
        if stream is not None:
            stream.close()  # it is of the name that was guessed

    def _read_containers(self, name: str) -> Mapping[str, Container]:
        """Read those of a project; only what is new or may have changed is asked about.

        Raises:
            EngineError: They can't be read. What may have changed still may.
        """
        with self._lock:
            dirty, self._seen.dirty = self._seen.dirty, set()
            doubtful, self._seen.doubtful = self._seen.doubtful, False
            known = {} if doubtful else dict(self._seen.containers)
        try:
            found = read_containers(self._engine, self._engine.containers(name), known, dirty)
        except EngineError:
            with self._lock:
                self._seen.dirty |= dirty
                self._seen.doubtful |= doubtful
            raise
        with self._lock:
            if name == self._seen.asked_name:
                self._seen.containers = found
            else:
                self._seen.doubtful = True
            return self._seen.containers

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
        log.info("the engine can't be asked: %s", error)  # the snapshot says so
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
        self._greeted.wait()
        failures = 0
        while not self._closed.is_set():
            name = self._seen.asked_name
            try:
                stream = self._engine.events(name)
                with self._lock:
                    self._event_stream = stream
                    self._unbroken = None
                    # What happened before the stream stood is caught by one more look.
                    self._seen.doubtful = True
                self._listening.set()
                self._wake.set()
                self._named.wait()  # whose events these are; what comes waits in the stream
                if self._closed.is_set() or name != self._seen.asked_name:
                    stream.close()
                for raw in stream:
                    failures = 0
                    self._take_event(raw)
            except EngineError as error:
                log.info("the engine's events broke off: %s", error)
            self._listening.set()
            self._wake.set()
            if name != self._seen.asked_name:
                continue
            failures += 1
            self._closed.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])

    def _take_event(self, raw: JsonObject) -> None:
        event = parse_event(raw)
        if event is None:
            return
        with self._lock:
            self._events.append(event)
            self._ends.take(event)
            self._unbroken = self._unbroken or event.at
            self._seen.dirty.add(event.container_id)
        self._tell(Topic.EVENTS)
        self._wake.set()

    # Publishing.

    def _publish(self) -> None:
        with self._lock:
            seen = self._seen
            project = seen.project
            if project is not None:
                project = with_shared(project, seen.sharing, seen.containers.values())
            snapshot = join(
                engine=seen.engine,
                project=project,
                project_name=seen.project_name,
                project_trouble=seen.project_trouble,
                containers=[self._ends.told(item) for item in seen.containers.values()],
                images=seen.images,
                own_variables=seen.own_variables,
                built=seen.built,
                missing=seen.missing,
                taken_at=seen.taken_at,
                other_names=seen.other_names,
                diverged=seen.diverged,
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
            try:
                listener(topic)
            except Exception:
                log.exception("a listener failed")
