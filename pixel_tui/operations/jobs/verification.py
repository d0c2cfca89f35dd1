"""Waiting until the stack is as a plan promised, or until it is clear that it is not."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.humanize import span
from pixel_tui.operations.jobs.outcomes import ExpectationResult, ExpectationState, find
from pixel_tui.operations.jobs.reach import ProxyProbe
from pixel_tui.operations.jobs.restart_loop import may_come_up
from pixel_tui.operations.planning.plan import ContainerRun, Expectation, ExpectedState
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.text import plain


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long is waited, in seconds."""

    settle: float = 5.0
    """A container without a health check has to last that long."""
    deadline: float = 60.0
    """For everything that nobody is deciding."""
    probing: float = 600.0
    """While a health check has not decided: the engine knows its start period."""
    loop: float = 5.0
    """While a container that failed again and again is restarted once more."""
    glance: float = 2.0
    """After a failed or cancelled command, for the picture to catch up."""
    asking: float = 1.0
    """Between two times that a proxy is asked."""


PATIENCE: Final = Timeouts()


class Verification:
    """Watches the stack until every expectation is met, broken, or given up.

    Args:
        expectations: What is to be true.
        observer: What sees the stack.
        clock: Where times come from.
        patience: How long to wait.
        reach: Asks proxies, once all else has been decided.
    """

    def __init__(
        self,
        expectations: Sequence[Expectation],
        observer: Observer,
        clock: Clock,
        patience: Timeouts,
        reach: ProxyProbe,
    ) -> None:
        self._expectations = [
            item for item in expectations if item.state is not ExpectedState.REACHED
        ]
        self._reach = reach
        self._reached: tuple[ExpectationResult, ...] = ()
        """What the proxies said last."""
        self._asked_at: float | None = None
        self._asked_first: float | None = None
        self._observer = observer
        self._clock = clock
        self._patience = patience
        self._first_seen: dict[ContainerRun, float] = {}
        self._loops: dict[str, float] = {}
        """Since when containers are seen to be in a restart loop, by their ids."""

    def look(self) -> tuple[ExpectationResult, ...]:
        """How the expectations stand now."""
        snapshot = self._observer.snapshot
        seen = self._given_up([find(item, snapshot) for item in self._expectations], snapshot)
        found = tuple(map(self._settled, seen))
        if any(item.standing is ExpectationState.WAITING for item in found) or snapshot.stale:
            return found
        return found + self._asked(snapshot)

    def _asked(self, snapshot: StackSnapshot) -> tuple[ExpectationResult, ...]:
        """What the proxies say; they are left in peace between two times."""
        if not self._reach:
            return ()
        now = self._clock.monotonic()
        waiting = any(item.standing is ExpectationState.WAITING for item in self._reached)
        rested = self._asked_at is None or now - self._asked_at >= self._patience.asking
        if self._asked_at is None or (waiting and rested):
            self._reached = self._reach.look(snapshot)
            self._asked_at = self._clock.monotonic()
            if self._asked_first is None:
                self._asked_first = now
        return self._reached

    def wait(
        self,
        wake: threading.Event,
        *,
        cancelled: Callable[[], bool],
        tell: Callable[[tuple[ExpectationResult, ...]], None],
    ) -> tuple[ExpectationResult, ...]:
        """Wait for the verdict.

        Args:
            wake: Set by whoever wants the wait to be looked at again.
            cancelled: Asked after each waking; ends the wait.
            tell: Called with each new set of findings.

        Returns:
            The findings at the end; what still waits then did not come in time.
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
                findings = self.look()
                if findings != before:
                    before = findings
                    tell(findings)
                waiting = [item for item in findings if item.standing is ExpectationState.WAITING]
                probing = any(finding.probing for finding in waiting)
                limit = self._patience.probing if probing else self._patience.deadline
                since = began if self._asked_first is None else max(began, self._asked_first)
                left = since + limit - self._clock.monotonic()
                if not waiting or left <= 0 or cancelled():
                    return findings
                wake.wait(min(left, self._settles_in(waiting)))
        finally:
            unsubscribe()

    def _given_up(
        self, found: Sequence[ExpectationResult], snapshot: StackSnapshot
    ) -> Sequence[ExpectationResult]:
        """A container in a restart loop is given up if nothing that it may need is starting."""
        now = self._clock.monotonic()
        looping = [item.looping for item in found if item.looping]
        self._loops = {key: self._loops.get(key, now) for key in looping}
        planned = {_service_of(item, snapshot) for item in self._expectations}
        return [
            replace(item, standing=ExpectationState.BROKEN)
            if item.standing is ExpectationState.WAITING
            and item.looping
            and not item.probing
            and now - self._loops[item.looping] >= self._patience.loop
            and not may_come_up(item.looping, planned, snapshot)
            else item
            for item in found
        ]

    def _settled(self, finding: ExpectationResult) -> ExpectationResult:
        """A container that runs without a health check is believed after a while only."""
        now = self._clock.monotonic()
        ages = [now - self._first_seen.setdefault(life, now) for life in finding.unproven]
        if finding.standing is ExpectationState.MET and any(
            age < self._patience.settle for age in ages
        ):
            words = plain(f"{finding.words}, and watched for {span(self._patience.settle)}")
            return replace(finding, standing=ExpectationState.WAITING, words=words)
        return finding

    def _settles_in(self, waiting: Sequence[ExpectationResult]) -> float:
        now = self._clock.monotonic()
        if self._asked_at is not None and any(item in self._reached for item in waiting):
            return max(0.0, self._asked_at + self._patience.asking - now)
        moments = [
            self._first_seen[life] + self._patience.settle - now
            for finding in waiting
            for life in finding.unproven
        ]
        moments += [since + self._patience.loop - now for since in self._loops.values()]
        later = [moment for moment in moments if moment > 0]
        return min(later, default=self._patience.deadline)


def _service_of(expectation: Expectation, snapshot: StackSnapshot) -> str:
    container = snapshot.container(expectation.container_id)
    return container.service if container is not None else expectation.name
