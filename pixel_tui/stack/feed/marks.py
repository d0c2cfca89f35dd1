"""Marks in a log: our own lines about what happened to a container."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from pixel_tui.stack.feed.container_runs import Boundary, RunProgress, boundaries
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.feed.status import unreadable
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.times import parse_timestamp, timestamp_at

LATE: Final = timedelta(seconds=5)
"""How late a snapshot may show a change."""


class RunReader(Protocol):
    """Reads the runs of a container's process. Its methods raise `EngineError`."""

    def inspect(self, container_id: str) -> Container:
        """Return the present state of the container."""
        ...

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        """Return the starts and exits that the engine reported.

        Args:
            container_id: The container.
            since: The start of the period.
            until: Events at least up to this time are needed; None for those already known.
        """
        ...


def new_boundaries(progress: RunProgress, now: Container, runs: RunReader) -> Sequence[Boundary]:
    """Return the exits and starts since a log was read, in order.

    Args:
        progress: The run up to which it was read.
        now: The container's state, read after the lines.
        runs: Reads the runs in between, if there may be any.

    Raises:
        EngineError: The engine can't be reached.
    """
    if progress.is_up_to_date(now):
        return ()
    new = now.started_at is not None and now.started_at > progress.started
    events = runs.run_events(now.id, progress.since, now.started_at) if new else ()
    return boundaries(progress, now, events)


def recreated(before: Container, now: Container) -> LogLine:
    """Return the mark for a container that replaced another."""
    words = f"{now.name} was recreated: {before.short_id} is gone, {now.short_id} is new"
    return _mark(now, words)


def missing(container: Container) -> LogLine:
    """Return the mark for a container whose log can't be read, among the lines of others."""
    return _mark(container, f"no lines of {container.name}: {unreadable(container)}")


class StateMarks:
    """Creates marks for changes of a container's health and for pauses."""

    def __init__(self) -> None:
        self._health: HealthStatus | None = None
        """The last known health; None at first."""
        self._paused = False

    def changes(self, container: Container, last: bytes) -> Sequence[LogLine]:
        """Return marks for the changes since the last call.

        Args:
            container: Its present state.
            last: The timestamp of its last line; empty before the first.
        """
        marks = []
        health, paused = container.health_status, container.state is ContainerState.PAUSED
        before, self._health = self._health, health
        reported = {HealthStatus.HEALTHY, HealthStatus.UNHEALTHY}
        if before is not None and health in reported and before is not health:
            marks.append(_health_mark(container, last))
        if before is not None and paused is not self._paused:
            what = "was paused" if paused else "continues after a pause"
            marks.append(_mark(container, f"{container.name} {what}"))
        self._paused = paused
        return marks


def _health_mark(container: Container, last: bytes) -> LogLine:
    health = container.health_status
    probes = container.health.probes if container.health else ()
    probe = probes[-1] if probes else None
    failed = health is HealthStatus.UNHEALTHY
    if probe is None or failed == (probe.exit_code == 0):
        probe = None  # another probe caused this change
    said = f": {' '.join(probe.output)}" if failed and probe and probe.output else ""
    words = f"{container.name} is {health.value}{said}"
    return _mark(container, words, _not_before(last, probe.ended if probe else None))


def _not_before(stamp: bytes, at: datetime | None) -> datetime | None:
    """Return a time that is not before the last line, if the snapshot was only a little late."""
    last = parse_timestamp(stamp)
    if at is None or last is None or not at < last <= at + LATE:
        return at
    return last


def _mark(container: Container, words: str, at: datetime | None = None) -> LogLine:
    """Create a mark at this time, by default now."""
    return LogLine(
        timestamp_at(at or datetime.now(UTC)), container.name, LineKind.MARK, words.encode()
    )
