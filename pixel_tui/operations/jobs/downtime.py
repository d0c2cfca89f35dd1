"""How long services are not there while a job runs, as the pictures of the stack show it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.operations.jobs.job import Downtime
from pixel_tui.operations.jobs.outcomes import ExpectationState, find
from pixel_tui.operations.planning.plan import Expectation, ExpectedState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic

_NOT_AT_ALL: Final = 0.0


@dataclass(slots=True)
class _Service:
    """A service that was there when the job began."""

    expectation: Expectation
    since: float | None = None
    """When it was seen to be away; None while it is there."""
    seconds: float = _NOT_AT_ALL
    renewed: bool = False
    """The life that it had before is known to be over."""


class DowntimeMeter:
    """Measures, from its making until `close`, what is away: not up, or not healthy.

    A service counts from the first picture that shows it away to the first that shows it there
    again. Where it was too quick for a picture, and has another life all the same, it counts
    from the beginning of the step: it was away for at most so long. What was away before, and
    what has not come back, is not counted: how long is not known.

    Args:
        expectations: What is to be true afterwards.
        observer: What sees the stack.
        clock: Where times come from.
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
            and _there(item, snapshot)
        ]
        self._unsubscribe = observer.subscribe(self._heard)

    def step(self) -> None:
        """A step begins."""
        with self._lock:
            self._step_began = self._clock.monotonic()

    def close(self) -> tuple[Downtime, ...]:
        """Stop measuring; who was away, and for how many seconds."""
        self._unsubscribe()
        self._look(self._observer.snapshot)
        with self._lock:
            return tuple(
                Downtime(service.expectation.name, round(service.seconds, 1))
                for service in self._services
                if service.since is None and service.seconds > _NOT_AT_ALL
            )

    def _heard(self, topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            self._look(self._observer.snapshot)

    def _look(self, snapshot: StackSnapshot) -> None:
        if snapshot.stale:
            return
        now = self._clock.monotonic()
        with self._lock:
            for service in self._services:
                self._judge(service, snapshot, now)

    def _judge(self, service: _Service, snapshot: StackSnapshot, now: float) -> None:
        item = service.expectation
        if not _there(item, snapshot):
            if service.since is None:
                service.since = now
            return
        again = bool(item.previous_runs) and find(item, snapshot).standing is ExpectationState.MET
        if service.since is not None:
            service.seconds += now - service.since
            service.since = None
        elif again and not service.renewed:
            service.seconds += now - self._step_began
        service.renewed = service.renewed or again


def _there(item: Expectation, snapshot: StackSnapshot) -> bool:
    """Whether a service is up and healthy, in whichever life."""
    return (
        find(replace(item, previous_runs=(), containers=1), snapshot).standing
        is ExpectationState.MET
    )
