"""Keeps the newest snapshot of a stack.

Four daemon threads share one small state (`WatchState`) behind its lock: one resolves the project
through compose, one reads the containers and publishes snapshots, one waits for events, one
samples stats. None of them ever ends on an error: a lost engine is a state that is published,
and asked again with growing pauses.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from pixel_tui.clock import Clock
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.feed.feed import TAIL, LogFeed, LogTarget
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.container import Container, ContainerState, UsageTable
from pixel_tui.stack.model.exit_tracker import ExitTracker
from pixel_tui.stack.model.join import join
from pixel_tui.stack.model.parse_container import parse_container
from pixel_tui.stack.model.snapshot import EngineStatus, StackEvent, StackSnapshot
from pixel_tui.stack.model.source import EngineReader, ProjectReader
from pixel_tui.stack.watch.cgroups import SampleSource
from pixel_tui.stack.watch.container_watch import ContainerWatch
from pixel_tui.stack.watch.event_watch import EventWatch
from pixel_tui.stack.watch.log_feeds import LogFeeds
from pixel_tui.stack.watch.observer import Listener, Topic
from pixel_tui.stack.watch.pace import RETRY_SECONDS, Pace
from pixel_tui.stack.watch.project_watch import ProjectWatch
from pixel_tui.stack.watch.seen import WatchState
from pixel_tui.stack.watch.shared_hashes import with_shared
from pixel_tui.stack.watch.usage_sampler import UsageSampler
from pixel_tui.stack.watch.wakeups import Wakeups
from pixel_tui.text import plain

if TYPE_CHECKING:
    from pixel_tui.stack.feed.history import LogHistory
    from pixel_tui.stack.feed.overlap import ReadPosition

log = logging.getLogger(__name__)


class Watcher:
    """The `Observer` of any stack that speaks Docker's JSON.

    It puts the watches together, gives each its thread, and publishes what they find. Its own
    lock guards the listeners alone; listeners are called without any lock.

    Args:
        engine: How the engine is asked.
        project: How compose is asked.
        clock: Where times come from.
        pace: How often.
        log_tail: How many lines of history a log begins with.
        local: Where stats are read without the engine.
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
        ends: ExitTracker | None = None,
    ) -> None:
        pace = pace or Pace()
        self._engine = engine
        self._ends = ends or ExitTracker()
        self._seen = WatchState(
            EngineStatus(address=engine.address, context=engine.context),
            asked_name=plain(project.fallback_name),
        )
        self._snapshot = StackSnapshot(engine=self._seen.engine)
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._started = False
        self._wakeups = Wakeups()
        self._projects = ProjectWatch(project, self._seen, self._wakeups, clock, pace)
        self._containers = ContainerWatch(
            engine,
            project,
            self._seen,
            self._wakeups,
            clock,
            pace,
            ends=self._ends,
            records=records,
            publish=self._publish,
        )
        self._events = EventWatch(
            engine,
            self._seen,
            self._wakeups,
            ends=self._ends,
            publish=lambda: self._tell(Topic.EVENTS),
        )
        self._usage = UsageSampler(
            engine,
            containers=lambda: _running(self._snapshot),
            interval=pace.usage,
            publish=lambda: self._tell(Topic.USAGE),
            local=local,
        )
        self._logs = LogFeeds(engine, snapshot=lambda: self._snapshot, runs=self, tail=log_tail)

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
        return self._events.events

    def start(self) -> None:
        """Start the threads; a second call does nothing."""
        if self._started:
            return
        self._started = True
        for name, run in (
            ("stack-project", self._projects.run),
            ("stack-containers", self._containers.run),
            ("stack-events", self._events.run),
        ):
            threading.Thread(target=self._keep, args=(run,), name=name, daemon=True).start()
        self._usage.start()

    def _keep(self, run: Callable[[], None]) -> None:
        """Run one of the threads; a fault of ours in it must not blind the console for good."""
        while not self._wakeups.closed.is_set():
            try:
                run()
            except Exception:
                log.exception("a watching thread failed and is started again")
                self._wakeups.closed.wait(RETRY_SECONDS[0])

    def close(self) -> None:
        """Tell every thread to end, and end every stream."""
        self._wakeups.close()
        self._usage.close()
        with self._seen.lock:
            stream = self._seen.event_stream
        if stream is not None:
            stream.close()
        self._logs.close()
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
        with self._seen.lock:
            self._seen.doubtful = True
        self._wakeups.project.set()
        self._wakeups.containers.set()

    def watch_usage(self, *, wanted: bool) -> None:
        """Pause or resume the stats."""
        self._usage.want(wanted=wanted)

    def inspect(self, container_id: str) -> Container:
        """One container, asked now."""
        container = parse_container(self._engine.inspect(container_id))
        with self._seen.lock:
            return self._ends.annotate(container)

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        """The starts and ends of a container; the engine is asked only if events may be missing.

        Args:
            container_id: Whose.
            since: From when.
            until: A start that is known of, by the engine's clock; if None, nothing is asked.

        Raises:
            EngineError: The engine can't be asked.
        """
        return self._events.of_run(container_id, since, until)

    def follow_logs(self, targets: Sequence[LogTarget]) -> LogFeed:
        """Follow logs; the feed hears of every new snapshot."""
        return self._logs.follow(targets)

    def follow_into(
        self,
        targets: Sequence[LogTarget],
        sink: Callable[[Sequence[LogLine]], None],
        reached: "Mapping[str, ReadPosition]",
    ) -> None:
        """Follow logs from where they were read to, and give the lines away as they come.

        Args:
            targets: Whose logs; those of every service if there are none.
            sink: Gets the lines, on several threads; what it waits for holds the log up.
            reached: How far each container was read, by its id.
        """
        self._logs.follow_into(targets, sink, reached)

    def log_history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """What the engine has of some logs."""
        return self._logs.history(targets)

    def _publish(self) -> None:
        """Make a snapshot of what is known. Called on the containers' thread alone."""
        seen = self._seen
        with seen.lock:
            project = seen.project
            if project is not None:
                project = with_shared(project, seen.sharing, seen.containers.values())
            snapshot = join(
                engine=seen.engine,
                project=project,
                project_name=seen.project_name,
                project_trouble=seen.project_trouble,
                containers=[self._ends.annotate(item) for item in seen.containers.values()],
                images=seen.images,
                own_variables=seen.own_variables,
                built=seen.built,
                missing=seen.missing,
                taken_at=seen.taken_at,
                other_names=seen.other_names,
                diverged=seen.diverged,
                removed_networks=seen.removed_networks,
            )
        changed, self._snapshot = snapshot != self._snapshot, snapshot
        if changed:
            self._logs.snapshot_changed()
            self._tell(Topic.SNAPSHOT)

    def _tell(self, topic: Topic) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(topic)
            except Exception:
                log.exception("a listener failed")


def _running(snapshot: StackSnapshot) -> list[Container]:
    """The containers whose stats are worth asking for."""
    if snapshot.stale:
        return []
    return [
        container
        for service in snapshot.services
        for container in service.containers
        if container.state is ContainerState.RUNNING
    ]
