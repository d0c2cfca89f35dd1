"""Keeps the newest snapshot of a stack.

Four daemon threads share a small state (`WatchState`) with a lock: one resolves the project through
compose, one reads the containers and publishes snapshots, one waits for events, one samples stats.
No thread ends on an error: a lost engine is published as a state, and retried with increasing
delays.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pixel_tui.clock import Clock
from pixel_tui.listeners import Listeners
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
from pixel_tui.stack.watch.shared_hashes import with_shared
from pixel_tui.stack.watch.usage_sampler import UsageSampler
from pixel_tui.stack.watch.wakeups import Wakeups
from pixel_tui.stack.watch.watch_state import WatchState
from pixel_tui.text import plain

if TYPE_CHECKING:
    from pixel_tui.stack.feed.history import LogHistory
    from pixel_tui.stack.feed.overlap import ReadPosition

log = logging.getLogger(__name__)


class Watcher:
    """The `Observer` of a stack, real or simulated, through Docker's JSON.

    It creates the watches, runs each on its own thread, and publishes what they find. Its own lock
    guards only the listeners, which are called without any lock.

    Args:
        engine: The engine to read from.
        project: Resolves the project.
        clock: The clock.
        pace: The intervals.
        log_tail: The number of past lines that a log starts with.
        local: Reads stats without the engine, if possible.
        records: The build records of the project, if any.
        ends: Has the recorded stops of containers, if any.
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
        self._typed = project.typed
        self._snapshot = StackSnapshot(engine=self._seen.engine, typed=self._typed)
        self._listeners = Listeners[[Topic]]()
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
            publish=lambda: self._listeners.notify(Topic.EVENTS),
        )
        self._usage = UsageSampler(
            engine,
            containers=lambda: _running(self._snapshot),
            interval=pace.usage,
            publish=lambda: self._listeners.notify(Topic.USAGE),
            local=local,
        )
        self._logs = LogFeeds(engine, snapshot=lambda: self._snapshot, runs=self, tail=log_tail)

    @property
    def snapshot(self) -> StackSnapshot:
        """The newest snapshot."""
        return self._snapshot

    @property
    def usage(self) -> UsageTable:
        """The stats of the running containers."""
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
            threading.Thread(target=self._run_forever, args=(run,), name=name, daemon=True).start()
        self._usage.start()

    def _run_forever(self, run: Callable[[], None]) -> None:
        """Run a watch, and restart it after an unexpected error."""
        while not self._wakeups.closed.is_set():
            try:
                run()
            except Exception:
                log.exception("a watching thread failed and is started again")
                self._wakeups.closed.wait(RETRY_SECONDS[0])

    def close(self) -> None:
        """Stop every thread and close every stream."""
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
        return self._listeners.subscribe(listener)

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
        """Read the present state of one container."""
        container = parse_container(self._engine.inspect(container_id))
        with self._seen.lock:
            return self._ends.annotate(container)

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        """Return the starts and exits of a container; read past events if some may be missing.

        Args:
            container_id: The container.
            since: The start of the period.
            until: The time of a known start, by the engine's clock; None to use only the events
                already known.

        Raises:
            EngineError: The engine can't be reached.
        """
        return self._events.run_events(container_id, since, until)

    def follow_logs(self, targets: Sequence[LogTarget]) -> LogFeed:
        """Follow logs; the feed is notified of every new snapshot."""
        return self._logs.follow(targets)

    def follow_into(
        self,
        targets: Sequence[LogTarget],
        sink: Callable[[Sequence[LogLine]], None],
        reached: "Mapping[str, ReadPosition]",
    ) -> None:
        """Follow logs from given positions, and pass the lines to a sink.

        Args:
            targets: Services or containers; every service if empty.
            sink: Receives the lines on several threads; if it blocks, so does the log.
            reached: Container id to the position from which to continue.
        """
        self._logs.follow_into(targets, sink, reached)

    def log_history(self, targets: Sequence[LogTarget]) -> "LogHistory":
        """Return the past of logs."""
        return self._logs.history(targets)

    def _publish(self) -> None:
        """Publish a snapshot, if it has changed. Called only on the containers' thread."""
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
                typed=self._typed,
            )
        changed, self._snapshot = snapshot != self._snapshot, snapshot
        if changed:
            self._logs.snapshot_changed()
            self._listeners.notify(Topic.SNAPSHOT)


def _running(snapshot: StackSnapshot) -> list[Container]:
    """Return the containers to sample."""
    if snapshot.stale:
        return []
    return [
        container
        for service in snapshot.services
        for container in service.containers
        if container.state is ContainerState.RUNNING
    ]
