"""The state of the simulated stack at the start: quiet, with a few things to find.

The agent has been unhealthy for four minutes, syntropy was restarted twice, landing's
containers were created from an older configuration, a worker runs a task, and a container
of a service that is no longer in the compose file still runs.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from pixel_tui.demo.stack.compose_file import config_hash
from pixel_tui.demo.stack.container import DemoHealthResult, FakeContainer, ProbeRun
from pixel_tui.demo.stack.faults import DemoFault
from pixel_tui.demo.stack.services import ORPHAN, SERVICES, SERVICES_BY_NAME, DemoService

WORKER: Final = "pixel-worker-3f9c21ab"
_HOUR: Final = 3600.0
_AGES: Final = {
    "agent": 7.2 * _HOUR,
    "landing": 50.4 * _HOUR,
    "narrative-correlator": 612.0 * _HOUR,
    "syntropy": 1.3 * _HOUR,
    "web": 3.1 * _HOUR,
    "worker": 421.0,
}
_DEFAULT_AGE: Final = 26.6 * _HOUR
_UNHEALTHY_SECONDS: Final = 252.0
_RESTARTS: Final = {"syntropy": 2}


@dataclass(frozen=True, slots=True)
class InitialContainer:
    """A container that exists at the start."""

    service: DemoService
    name: str
    number: int
    age: float
    """Seconds since its start."""
    config_hash: str
    oneoff: bool = False


def initial_containers() -> list[InitialContainer]:
    """Return the containers that exist at the start."""
    found = []
    for service in (*SERVICES, ORPHAN):
        age = _AGES.get(service.name, _DEFAULT_AGE)
        label = config_hash(service)
        if service.name == "landing":
            label = hashlib.sha256(f"before {label}".encode()).hexdigest()
        if not service.profile:
            found += [
                InitialContainer(
                    service, service.container(number), number, age + 1.4 * number, label
                )
                for number in range(1, service.replicas + 1)
            ]
    worker = SERVICES_BY_NAME["worker"]
    age = _AGES["worker"]
    found.append(InitialContainer(worker, WORKER, 1, age, config_hash(worker), oneoff=True))
    return found


def add_history(container: FakeContainer, now: float) -> None:
    """Give a container its past: health checks, restarts, a fault."""
    container.restarts = _RESTARTS.get(container.service.name, 0)
    if container.restarts:
        container.finished = container.started - 2.0
    if container.service.name == "agent":
        container.set_fault(DemoFault.UNHEALTHY, now - _UNHEALTHY_SECONDS)
    health = container.health
    if health is None:
        return
    health.result = DemoHealthResult.HEALTHY
    # Health checks of different containers run at different times.
    last = now - (0.1 + 0.8 * container.phase / 7) * health.check.interval
    for runs_ago in range((health.runs.maxlen or 1) - 1, -1, -1):
        at = last - runs_ago * health.check.interval
        failed = container.fault is DemoFault.UNHEALTHY and at >= container.fault_since
        health.runs.append(ProbeRun(at, passed=not failed))
    health.next_run = last + health.check.interval
    if container.fault is DemoFault.UNHEALTHY:
        health.result = DemoHealthResult.UNHEALTHY
        health.streak = int((last - container.fault_since) / health.check.interval) + 1
