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
from pixel_tui.demo.stack.services import CAST, ORPHAN, PARTS, DemoService

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
_USUAL_AGE: Final = 26.6 * _HOUR
_ILL_SECONDS: Final = 252.0
_RESTARTS: Final = {"syntropy": 2}


@dataclass(frozen=True, slots=True)
class Role:
    """A container that exists at the start."""

    part: DemoService
    name: str
    number: int
    age: float
    """Seconds since its start."""
    config_hash: str
    oneoff: bool = False


def roles() -> list[Role]:
    """Return the containers that exist at the start."""
    found = []
    for part in (*CAST, ORPHAN):
        age = _AGES.get(part.name, _USUAL_AGE)
        label = config_hash(part)
        if part.name == "landing":
            label = hashlib.sha256(f"before {label}".encode()).hexdigest()
        if not part.profile:
            found += [
                Role(part, part.container(number), number, age + 1.4 * number, label)
                for number in range(1, part.replicas + 1)
            ]
    worker = PARTS["worker"]
    age = _AGES["worker"]
    found.append(Role(worker, WORKER, 1, age, config_hash(worker), oneoff=True))
    return found


def settle(actor: FakeContainer, now: float) -> None:
    """Give a container its past: health checks, restarts, a fault."""
    actor.restarts = _RESTARTS.get(actor.part.name, 0)
    if actor.restarts:
        actor.finished = actor.started - 2.0
    if actor.part.name == "agent":
        actor.suffer(DemoFault.UNHEALTHY, now - _ILL_SECONDS)
    health = actor.health
    if health is None:
        return
    health.verdict = DemoHealthResult.HEALTHY
    # Health checks of different containers run at different times.
    last = now - (0.1 + 0.8 * actor.phase / 7) * health.check.interval
    for back in range((health.runs.maxlen or 1) - 1, -1, -1):
        at = last - back * health.check.interval
        ill = actor.fault is DemoFault.UNHEALTHY and at >= actor.ill_since
        health.runs.append(ProbeRun(at, passed=not ill))
    health.next_run = last + health.check.interval
    if actor.fault is DemoFault.UNHEALTHY:
        health.verdict = DemoHealthResult.UNHEALTHY
        health.streak = int((last - actor.ill_since) / health.check.interval) + 1
