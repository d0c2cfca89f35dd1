"""Watches the project's files, and resolves the project when they change."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from pixel_tui.clock import Clock
from pixel_tui.errors import ComposeError
from pixel_tui.stack.model.built_with import argument_values
from pixel_tui.stack.model.parse_project import parse_project
from pixel_tui.stack.model.project import Project
from pixel_tui.stack.model.source import ProjectReader
from pixel_tui.stack.watch.engine_status import trouble
from pixel_tui.stack.watch.pace import Pace
from pixel_tui.stack.watch.shared_hashes import sharing_services
from pixel_tui.stack.watch.wakeups import Wakeups
from pixel_tui.stack.watch.watch_state import WatchState
from pixel_tui.text import NO_TEXT, plain

log = logging.getLogger(__name__)


class ProjectWatch:
    """Resolves the project again whenever one of its files changes.

    `run` is the thread "stack-project". It runs compose without a lock, and holds the lock of
    `seen` while it stores the result; then it wakes the containers' thread, which publishes.

    Args:
        project: Resolves the project.
        seen: The shared state.
        wakeups: The events to wait for and to set.
        clock: The clock.
        pace: The intervals.
    """

    def __init__(
        self, project: ProjectReader, seen: WatchState, wakeups: Wakeups, clock: Clock, pace: Pace
    ) -> None:
        self._project = project
        self._seen = seen
        self._wakeups = wakeups
        self._clock = clock
        self._pace = pace

    def run(self) -> None:
        """Watch until closed."""
        fingerprint: Sequence[tuple[str, int, int]] | None = None
        complete, retry_at = True, 0.0
        while not self._wakeups.closed.is_set():
            now = self._project.fingerprint()
            # The error may be fixed elsewhere than in the files: compose was missing, for example.
            overdue = not complete and self._clock.monotonic() >= retry_at
            if now != fingerprint or self._wakeups.project.is_set() or overdue:
                self._wakeups.project.clear()
                fingerprint = now
                complete = self._resolve()
                retry_at = self._clock.monotonic() + self._pace.retry
            self._wakeups.project.wait(self._pace.files)

    def _resolve(self) -> bool:
        """Resolve the project; return whether it succeeded, including the hashes."""
        try:
            resolved = self._project.resolve()
            project = parse_project(resolved, {})
        except ComposeError as error:
            self._mark_lost(error)
            return False
        with self._seen.lock:
            self._seen.sharing = sharing_services(resolved)
            self._seen.arguments = argument_values(resolved.config)
        # The table can be drawn now; the hashes need another run of compose.
        drawn = self._with_known_hashes(project)
        if drawn != self._seen.project or self._seen.project_trouble is not None:
            self._store_project(replace(drawn, awaits_hashes=True))
        try:
            hashes = self._project.hashes(resolved)
        except ComposeError as error:
            log.warning("compose printed no hashes: %s", error)
            self._store_project(project)  # without the previous hashes, which may be outdated
            return False
        self._store_project(parse_project(resolved, hashes))
        return True

    def _with_known_hashes(self, project: Project) -> Project:
        """Return the project with the previous hashes, so that SYNC does not flicker."""
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

    def _store_project(self, project: Project) -> None:
        seen = self._seen
        with seen.lock:
            if seen.asked_name != project.name and seen.taken_at is None:
                seen.containers = {}  # they were read in advance, and belong to another project
            stale_stream = seen.rename(project.name)
            seen.project = project
            seen.project_trouble = None
            seen.images = {
                reference: known
                for reference, known in seen.images.items()
                if any(spec.image == reference for spec in project.services)
            }
        if stale_stream is not None:
            stale_stream.close()
        self._wakeups.named.set()
        self._wakeups.containers.set()

    def _mark_lost(self, error: ComposeError) -> None:
        log.info("the project can't be resolved: %s", error)  # the snapshot has the error
        seen = self._seen
        with seen.lock:
            seen.project_trouble = trouble(error, seen.project_trouble, self._clock)
            seen.found_by_labels = False
            if not seen.project_name:
                seen.project_name = plain(seen.asked_name)
        self._wakeups.named.set()
        self._wakeups.containers.set()
