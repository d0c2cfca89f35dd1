"""Watches the containers: reads them again after each event, and regularly without events."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from pixel_tui.clock import Clock
from pixel_tui.errors import EngineAnswerInvalid, EngineError
from pixel_tui.stack.compose.build_records import BuildRecords
from pixel_tui.stack.compose.places import name_from_labels, read_other_names
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.exit_tracker import ExitTracker
from pixel_tui.stack.model.resources import ResourceReader
from pixel_tui.stack.model.snapshot import Connection
from pixel_tui.stack.model.source import EngineReader, ProjectReader
from pixel_tui.stack.watch.container_reading import read_containers
from pixel_tui.stack.watch.engine_status import read_engine, trouble
from pixel_tui.stack.watch.external_reading import read_missing
from pixel_tui.stack.watch.image_reading import image_ids, read_built, read_histories, read_images
from pixel_tui.stack.watch.network_reading import read_removed_networks
from pixel_tui.stack.watch.pace import Pace, retry_pause
from pixel_tui.stack.watch.wakeups import Wakeups
from pixel_tui.stack.watch.watch_state import WatchState

log = logging.getLogger(__name__)


class ContainerWatch:
    """Reads the containers and what belongs to them, and publishes each state.

    `run` is the thread "stack-containers", the only one that publishes. It reads from the engine
    without a lock, and holds the lock of `seen` while it accesses the shared state.

    Args:
        engine: The engine to read from.
        project: The project, for its location if its name is not known.
        seen: The shared state.
        wakeups: The events to wait for and to set.
        clock: The clock.
        pace: The intervals.
        ends: Tracks exits; recorded stops are checked before each publishing.
        records: The build records of the project, if any.
        publish: Publishes a snapshot of `seen`; called without the lock.
    """

    def __init__(
        self,
        engine: EngineReader,
        project: ProjectReader,
        seen: WatchState,
        wakeups: Wakeups,
        clock: Clock,
        pace: Pace,
        *,
        ends: ExitTracker,
        records: BuildRecords | None,
        publish: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._resources = ResourceReader(engine)
        self._project = project
        self._seen = seen
        self._wakeups = wakeups
        self._clock = clock
        self._pace = pace
        self._ends = ends
        self._records = records
        self._publish = publish

    def run(self) -> None:
        """Watch until closed; a lost engine is published as a state."""
        self._check_engine()
        self._read_in_advance()
        self._wakeups.named.wait()
        failures = 0
        while not self._wakeups.closed.is_set():
            self._wakeups.containers.clear()
            try:
                self._read_stack()
                failures = 0
                self._wait_for_change()
            except EngineError as error:
                self._mark_lost(error)
                failures += 1
            except Exception:
                # A snapshot that silently becomes outdated would be worse than none.
                log.exception("the stack can't be read")
                self._mark_lost(EngineAnswerInvalid("Docker's response can't be parsed."))
                failures += 1
            if failures:
                self._wakeups.containers.wait(retry_pause(failures))

    def _wait_for_change(self) -> None:
        """Wait until something happens, or until the next poll is due.

        Raises:
            EngineError: The engine no longer responds.
        """
        for _ in range(max(round(self._pace.poll / self._pace.heartbeat), 1)):
            if self._wakeups.containers.wait(self._pace.heartbeat):
                self._wakeups.closed.wait(self._pace.gather)
                return
            self._engine.ping()

    def _check_engine(self) -> None:
        """Read the engine's version and host while compose is still resolving the project."""
        try:
            self._read_engine()
        except EngineError as error:
            self._mark_lost(error)
        else:
            self._publish()
        finally:
            self._wakeups.greeted.set()

    def _read_in_advance(self) -> None:
        """Read the likely project's containers while compose is still resolving it.

        It waits for the event stream first, so that no event is missed that would require reading
        again. Nothing is published, because only compose knows which services should exist.
        """
        if self._seen.engine.connection is not Connection.READY:
            return
        self._wakeups.listening.wait(self._pace.listen)
        name = self._seen.asked_name
        if not name or self._wakeups.named.is_set():
            return
        try:
            self._read_containers(name)
        except EngineError as error:
            log.info("the containers can't be read yet: %s", error)

    def _read_engine(self) -> None:
        self._engine.ping()  # the fastest way to detect a frozen engine
        status = read_engine(self._engine, self._clock)
        with self._seen.lock:
            self._seen.engine = status
            self._seen.doubtful = True

    def _read_stack(self) -> None:
        seen = self._seen
        if seen.engine.connection is not Connection.READY:
            self._read_engine()
        self._find_name_by_labels()
        with seen.lock:
            name, project = seen.asked_name, seen.project
            arguments = seen.arguments
        containers = self._read_containers(name)
        images, own_variables = read_images(self._engine, project)
        histories = read_histories(
            self._engine, project, images, containers.values(), seen.histories
        )
        ids = image_ids(images, containers.values())
        built = read_built(histories, self._records, arguments, ids)
        missing = read_missing(self._engine, project, containers.values())
        other_names = () if containers else read_other_names(self._engine, project)
        diverged = self._resources.read(project, containers.values())
        removed_networks = read_removed_networks(self._engine, containers.values())
        self._ends.check_recorded_stops(name, containers.values())
        with seen.lock:
            seen.images.update(images)
            seen.own_variables = own_variables
            seen.histories = histories
            seen.built = built
            seen.missing = missing
            seen.other_names = other_names
            seen.diverged = diverged
            seen.removed_networks = removed_networks
            seen.taken_at = self._clock.now()
            seen.engine = replace(seen.engine, seen_at=seen.taken_at)
        self._publish()

    def _find_name_by_labels(self) -> None:
        """Find the project's name by labels if compose has never resolved it.

        Raises:
            EngineError: The engine can't be reached.
        """
        seen = self._seen
        with seen.lock:
            lost = seen.project is None and not seen.found_by_labels
        if not lost:
            return
        name = name_from_labels(self._engine, self._project)
        with seen.lock:
            if seen.project is not None:  # compose has resolved it meanwhile
                return
            stale_stream = seen.rename(name)
            seen.found_by_labels = True
        if stale_stream is not None:
            stale_stream.close()

    def _read_containers(self, name: str) -> Mapping[str, Container]:
        """Read the containers of a project; only new or possibly changed ones are inspected.

        Raises:
            EngineError: They can't be read. What was dirty stays dirty.
        """
        seen = self._seen
        with seen.lock:
            dirty, seen.dirty = seen.dirty, set()
            doubtful, seen.doubtful = seen.doubtful, False
            known = {} if doubtful else dict(seen.containers)
        try:
            found = read_containers(self._engine, self._engine.containers(name), known, dirty)
        except EngineError:
            with seen.lock:
                seen.dirty |= dirty
                seen.doubtful |= doubtful
            raise
        with seen.lock:
            if name == seen.asked_name:
                seen.containers = found
            else:
                seen.doubtful = True
            return seen.containers

    def _mark_lost(self, error: EngineError) -> None:
        log.info("Docker can't be asked: %s", error)  # the snapshot has the error
        seen = self._seen
        with seen.lock:
            before = seen.engine
            seen.engine = replace(
                before,
                connection=Connection.LOST,
                trouble=trouble(error, before.trouble, self._clock),
            )
            stream = seen.event_stream
        if stream is not None:
            stream.close()
        self._engine.close()
        self._publish()
