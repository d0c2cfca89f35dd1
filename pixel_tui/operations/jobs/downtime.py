"""Measures the downtime of services while a job runs, from snapshots of the stack."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.operations.jobs.expectations import ExpectationState, check_expectation
from pixel_tui.operations.jobs.job import Downtime
from pixel_tui.operations.planning.plan import Expectation, ExpectedState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic

_NONE: Final = 0.0


@dataclass(slots=True)
class _Service:
    """A service that was available when the job started."""

    expectation: Expectation
    since: float | None = None
    """When it was first seen down, by the monotonic clock; None while it is available."""
    seconds: float = _NONE
    renewed: bool = False
    """Its containers are known to be replaced or started again."""


class DowntimeMeter:
    """Measures how long services are down or unhealthy, from its creation until `close`.

    The downtime of a service is from the first snapshot that shows it down to the first that shows
    it available again. If it was restarted between two snapshots, its downtime is that since the
    start of the step, which is the upper limit. Services that were down before, or are still down
    at the end, are not counted, because their downtime is unknown.

    Args:
        expectations: The expectations of the plan.
        observer: The observer of the stack.
        clock: The clock.
    """

    def __init__(
        self, expectations: Sequence[Expectation], observer: Observer, clock: Clock
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._lock = threading.Lock()
        self._step_began = clock.monotonic()
        snapshot = observer.snapshot
        self._services = [
            _Service(item)
            for item in expectations
            if item.state is ExpectedState.RUNNING
            and not item.container_id
            and _is_available(item, snapshot)
        ]
        self._unsubscribe = observer.subscribe(self._on_topic)

    def begin_step(self) -> None:
        """Note that a step starts."""
        with self._lock:
            self._step_began = self._clock.monotonic()

    def close(self) -> tuple[Downtime, ...]:
        """Stop measuring; returns the services that were down, with the seconds."""
        self._unsubscribe()
        self._update(self._observer.snapshot)
        with self._lock:
            return tuple(
                Downtime(service.expectation.name, round(service.seconds, 1))
                for service in self._services
                if service.since is None and service.seconds > _NONE
            )

    def _on_topic(self, topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            self._update(self._observer.snapshot)

    def _update(self, snapshot: StackSnapshot) -> None:
        if snapshot.stale:
            return
        now = self._clock.monotonic()
        with self._lock:
            for service in self._services:
                self._update_service(service, snapshot, now)

    def _update_service(self, service: _Service, snapshot: StackSnapshot, now: float) -> None:
        item = service.expectation
        if not _is_available(item, snapshot):
            if service.since is None:
                service.since = now
            return
        restarted = (
            bool(item.previous_runs)
            and check_expectation(item, snapshot).state is ExpectationState.MET
        )
        if service.since is not None:
            service.seconds += now - service.since
            service.since = None
        elif restarted and not service.renewed:
            service.seconds += now - self._step_began
        service.renewed = service.renewed or restarted


def _is_available(item: Expectation, snapshot: StackSnapshot) -> bool:
    """Whether a service is running and healthy, restarted or not."""
    return (
        check_expectation(replace(item, previous_runs=(), containers=1), snapshot).state
        is ExpectationState.MET
    )
