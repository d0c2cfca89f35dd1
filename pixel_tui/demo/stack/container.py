"""A container of the simulated stack. Times are Unix seconds."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pixel_tui.demo.stack.faults import CRASH_SECONDS, OUT_OF_MEMORY_SECONDS, DemoFault
from pixel_tui.demo.stack.journal import Journal
from pixel_tui.demo.stack.services import (
    COMPOSE_FILE,
    DIRECTORY,
    PROJECT,
    DemoHealthCheck,
    DemoService,
)
from pixel_tui.demo.stack.usage import FLOOD_LOAD, DemoCounters, Meter, counters_at
from pixel_tui.stack.model.labels import LABEL

NEVER: Final = math.inf
MAX_PROBES: Final = 5


class Status(StrEnum):
    """The engine's names for the state of a container."""

    CREATED = "created"
    RUNNING = "running"
    RESTARTING = "restarting"
    EXITED = "exited"


class DemoHealthResult(StrEnum):
    """The engine's names for the result of a health check."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """One run of a health check."""

    at: float
    passed: bool


@dataclass(slots=True)
class DemoHealth:
    """The state of a container's health check."""

    check: DemoHealthCheck
    result: DemoHealthResult = DemoHealthResult.STARTING
    streak: int = 0
    """Consecutive failures that count."""
    runs: deque[ProbeRun] = field(default_factory=lambda: deque(maxlen=MAX_PROBES))
    next_run: float = NEVER

    def start(self, at: float) -> None:
        """Restart the checks with the container."""
        self.result, self.streak = DemoHealthResult.STARTING, 0
        self.next_run = at + self.check.start_interval

    def stop(self) -> None:
        """Report unhealthy, as the engine does for an exited container."""
        self.result, self.next_run = DemoHealthResult.UNHEALTHY, NEVER

    def record(self, run: ProbeRun, *, started: float) -> None:
        """Record a run of the check and update the verdict."""
        self.runs.append(run)
        in_start_period = (
            self.result is DemoHealthResult.STARTING and run.at < started + self.check.start_period
        )
        if run.passed:
            self.result, self.streak = DemoHealthResult.HEALTHY, 0
        elif not in_start_period:
            self.streak += 1
            if self.streak >= self.check.retries:
                self.result = DemoHealthResult.UNHEALTHY
        soon = in_start_period and not run.passed
        self.next_run = run.at + (self.check.start_interval if soon else self.check.interval)


@dataclass(slots=True)
class FakeContainer:
    """A container: its configuration, its state, and the time of its next event."""

    service: DemoService
    name: str
    id: str
    number: int
    address: str
    image_id: str
    config_hash: str
    created: float
    journal: Journal
    phase: float
    """Shifts the waves of its usage, so that two containers differ."""
    oneoff: bool = False
    health: DemoHealth | None = None
    status: Status = Status.CREATED
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    oom_killed: bool = False
    restarts: int = 0
    fault: DemoFault | None = None
    fault_since: float = 0.0
    meter: Meter | None = None
    """None while it does not run."""
    next_end: float = NEVER
    next_start: float = NEVER

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self.status is Status.RUNNING

    @property
    def up(self) -> bool:
        """Whether it runs or is about to be restarted by the engine."""
        return self.status in {Status.RUNNING, Status.RESTARTING}

    @property
    def next_due(self) -> float:
        """The time of its next event that no command causes."""
        probe = self.health.next_run if self.health else NEVER
        return min(self.next_end, self.next_start, probe)

    def start_run(self, at: float) -> None:
        """Start the container's process."""
        self.status, self.started = Status.RUNNING, at
        self.exit_code, self.oom_killed = 0, False
        self.next_start = NEVER
        self.meter = Meter(at, self.phase, since=at)
        self.journal.begin(at)
        if self.health:
            self.health.start(at)
        self._apply_fault(at)

    def end_run(self, at: float, code: int, *, oom: bool) -> None:
        """End the container's process with an exit code."""
        killed = oom or code == 137
        self.journal.end(
            at, crashed=self.fault is DemoFault.CRASH_LOOP and code == 1, killed=killed
        )
        self.status, self.finished = Status.EXITED, at
        self.exit_code, self.oom_killed = code, oom
        self.next_end = NEVER
        self.meter = None
        if self.health:
            self.health.stop()

    def set_fault(self, fault: DemoFault | None, at: float) -> None:
        """Set or clear (None) the container's fault."""
        self.fault, self.fault_since = fault, at
        self._apply_fault(at)

    def _apply_fault(self, at: float) -> None:
        self.journal.set_fault(self.fault, at)
        self.next_end = NEVER
        if self.meter is None:
            return
        self.meter.set_load(FLOOD_LOAD if self.fault is DemoFault.FLOOD else 1.0, at)
        if self.fault is DemoFault.CRASH_LOOP:
            self.next_end = at + CRASH_SECONDS
        elif self.fault is DemoFault.OUT_OF_MEMORY:
            self.next_end = at + OUT_OF_MEMORY_SECONDS

    def probe(self, at: float) -> bool:
        """Run the health check once; returns whether the verdict changed."""
        if self.health is None:
            return False
        before = self.health.result
        ready = at >= self.started + self.service.ready_seconds
        passed = ready and self.fault is not DemoFault.UNHEALTHY
        self.health.record(ProbeRun(at, passed), started=self.started)
        return self.health.result is not before

    def use(self, at: float) -> DemoCounters | None:
        """Return what it has used since its start; None if it is not running."""
        if self.meter is None:
            return None
        return counters_at(self.service, self.meter, at, self.fault, self.fault_since)

    def labels(self) -> Mapping[str, str]:
        """Return the labels that compose sets."""
        depends_on = ",".join(
            f"{name}:service_{condition}:false" for name, condition in self.service.depends_on
        )
        return {
            f"{LABEL}config-hash": self.config_hash,
            f"{LABEL}container-number": str(self.number),
            f"{LABEL}depends_on": depends_on,
            f"{LABEL}image": self.image_id,
            f"{LABEL}oneoff": str(self.oneoff),
            f"{LABEL}project": PROJECT,
            f"{LABEL}project.config_files": COMPOSE_FILE,
            f"{LABEL}project.working_dir": DIRECTORY,
            f"{LABEL}service": self.service.name,
            f"{LABEL}version": "2.40.3",
        }
