"""Waits until the expectations of a plan are met, or until they can't be."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.humanize import span
from pixel_tui.operations.jobs.expectations import (
    ExpectationResult,
    ExpectationState,
    check_expectation,
)
from pixel_tui.operations.jobs.proxy_probe import ProxyProbe
from pixel_tui.operations.jobs.restart_loop import may_come_up
from pixel_tui.operations.planning.plan import ContainerRun, Expectation, ExpectedState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.text import plain


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The timeouts of a verification, in seconds."""

    settle: float = 5.0
    """How long a container without a health check must keep running."""
    deadline: float = 60.0
    """For everything without a pending health check."""
    health: float = 600.0
    """While a health check is pending; the engine knows its start period."""
    loop: float = 5.0
    """For a container in a restart loop."""
    refresh: float = 2.0
    """After a failed or cancelled command, for a newer snapshot."""
    probe_interval: float = 1.0
    """Between two probes of a proxy."""


DEFAULT_TIMEOUTS: Final = Timeouts()


class Verification:
    """Watches the stack until every expectation is met, broken, or timed out.

    Args:
        expectations: The expectations.
        observer: The observer of the stack.
        clock: The clock.
        timeouts: The timeouts.
        proxy_probe: Probes proxies after all other expectations are decided.
    """

    def __init__(
        self,
        expectations: Sequence[Expectation],
        observer: Observer,
        clock: Clock,
        timeouts: Timeouts,
        proxy_probe: ProxyProbe,
    ) -> None:
        self._expectations = [
            item for item in expectations if item.state is not ExpectedState.REACHED
        ]
        self._proxy_probe = proxy_probe
        self._probed: tuple[ExpectationResult, ...] = ()
        """The last results of the proxies."""
        self._probed_at: float | None = None
        self._first_probed_at: float | None = None
        self._observer = observer
        self._clock = clock
        self._timeouts = timeouts
        self._first_seen: dict[ContainerRun, float] = {}
        self._loops: dict[str, float] = {}
        """When containers were first seen in a restart loop, by id."""

    def check(self) -> tuple[ExpectationResult, ...]:
        """Check the expectations now."""
        snapshot = self._observer.snapshot
        seen = self._give_up_loops(
            [check_expectation(item, snapshot) for item in self._expectations], snapshot
        )
        found = tuple(map(self._require_stable, seen))
        if any(item.state is ExpectationState.WAITING for item in found) or snapshot.stale:
            return found
        return found + self._probe_proxies(snapshot)

    def _probe_proxies(self, snapshot: StackSnapshot) -> tuple[ExpectationResult, ...]:
        """Return the results of the proxies; they are probed at most once an interval."""
        if not self._proxy_probe:
            return ()
        now = self._clock.monotonic()
        waiting = any(item.state is ExpectationState.WAITING for item in self._probed)
        due = self._probed_at is None or now - self._probed_at >= self._timeouts.probe_interval
        if self._probed_at is None or (waiting and due):
            self._probed = self._proxy_probe.probe(snapshot)
            self._probed_at = self._clock.monotonic()
            if self._first_probed_at is None:
                self._first_probed_at = now
        return self._probed

    def wait(
        self,
        wake: threading.Event,
        *,
        cancelled: Callable[[], bool],
        report: Callable[[tuple[ExpectationResult, ...]], None],
    ) -> tuple[ExpectationResult, ...]:
        """Wait until every expectation is decided, or timed out.

        Args:
            wake: Set to check again at once.
            cancelled: Called after each check; True ends the wait.
            report: Called with each new set of results.

        Returns:
            The final results; those still waiting have timed out.
        """

        def listen(topic: Topic) -> None:
            if topic is Topic.SNAPSHOT:
                wake.set()

        unsubscribe = self._observer.subscribe(listen)
        began = self._clock.monotonic()
        before: tuple[ExpectationResult, ...] = ()
        try:
            while True:
                wake.clear()
                results = self.check()
                if results != before:
                    before = results
                    report(results)
                waiting = [item for item in results if item.state is ExpectationState.WAITING]
                probing = any(result.health_pending for result in waiting)
                limit = self._timeouts.health if probing else self._timeouts.deadline
                since = (
                    began if self._first_probed_at is None else max(began, self._first_probed_at)
                )
                left = since + limit - self._clock.monotonic()
                if not waiting or left <= 0 or cancelled():
                    return results
                wake.wait(min(left, self._next_check_in(waiting)))
        finally:
            unsubscribe()

    def _give_up_loops(
        self, found: Sequence[ExpectationResult], snapshot: StackSnapshot
    ) -> Sequence[ExpectationResult]:
        """Mark restart loops as broken unless something that they may need is starting."""
        now = self._clock.monotonic()
        looping = [item.looping_id for item in found if item.looping_id]
        self._loops = {key: self._loops.get(key, now) for key in looping}
        planned = {_service_of(item, snapshot) for item in self._expectations}
        return [
            replace(item, state=ExpectationState.BROKEN)
            if item.state is ExpectationState.WAITING
            and item.looping_id
            and not item.health_pending
            and now - self._loops[item.looping_id] >= self._timeouts.loop
            and not may_come_up(item.looping_id, planned, snapshot)
            else item
            for item in found
        ]

    def _require_stable(self, result: ExpectationResult) -> ExpectationResult:
        """Mark a container without a health check as waiting until it has run for a while."""
        now = self._clock.monotonic()
        ages = [now - self._first_seen.setdefault(run, now) for run in result.unproven_runs]
        if result.state is ExpectationState.MET and any(
            age < self._timeouts.settle for age in ages
        ):
            words = plain(f"{result.description}, and watched for {span(self._timeouts.settle)}")
            return replace(result, state=ExpectationState.WAITING, description=words)
        return result

    def _next_check_in(self, waiting: Sequence[ExpectationResult]) -> float:
        now = self._clock.monotonic()
        if self._probed_at is not None and any(item in self._probed for item in waiting):
            return max(0.0, self._probed_at + self._timeouts.probe_interval - now)
        delays = [
            self._first_seen[run] + self._timeouts.settle - now
            for result in waiting
            for run in result.unproven_runs
        ]
        delays += [since + self._timeouts.loop - now for since in self._loops.values()]
        later = [delay for delay in delays if delay > 0]
        return min(later, default=self._timeouts.deadline)


def _service_of(expectation: Expectation, snapshot: StackSnapshot) -> str:
    container = snapshot.container(expectation.container_id)
    return container.service if container is not None else expectation.name
