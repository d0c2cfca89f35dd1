"""The state of the embedded stack. Everything in it follows from a clock and a seed.

With the clock of the machine it is alive; with one that stands still, two worlds are
equal to the last digit, which is what screenshots are made with.
"""

import hashlib
import math
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.errors import EngineUnreachable
from pixel_tui.stack.demo.cast import CAST, ORPHAN, PARTS, PROJECT, Part

HISTORY_SECONDS: Final = 3600.0
"""How much of a log there is at the start."""
PROBE_SECONDS: Final = 10.0
STARTING_SECONDS: Final = 4.0
LOOP_SECONDS: Final = 5.0
"""A crash loop's round."""


class Fault(StrEnum):
    """What can go wrong in the embedded stack."""

    UNHEALTHY = "unhealthy"
    CRASH_LOOP = "crash loop"
    OUT_OF_MEMORY = "out of memory"
    FLOOD = "log flood"


@dataclass(slots=True)
class Actor:
    """A container of the embedded stack. Times are Unix seconds."""

    part: Part
    name: str
    id: str
    number: int
    created: float
    started: float
    oneoff: bool = False
    current: bool = True
    """Made from the configuration of now."""
    finished: float = 0.0
    running: bool = True
    exit_code: int = 0
    oom_killed: bool = False
    restarts: int = 0
    fault: Fault | None = None
    ill_since: float = 0.0
    lives: list[tuple[float, float]] = field(default_factory=list)
    """The lives that are over: start and end."""

    def health(self, now: float) -> str:
        """The verdict of its health check; empty without one."""
        if not self.part.probe or self.oneoff:
            return ""
        if self.running and self.fault is Fault.UNHEALTHY and now - self.ill_since >= 3:
            return "unhealthy"
        if self.running and now - self.started < STARTING_SECONDS:
            return "starting"
        return "healthy" if self.running else "unhealthy"


class DemoWorld:
    """The containers and the events of the embedded stack. Safe to use from any thread.

    Args:
        clock: Its time.
        seed: Another seed gives other ids and other waves in the figures.
    """

    def __init__(self, clock: Clock, seed: int = 7) -> None:
        self.clock = clock
        self.seed = seed
        self.changed = threading.Condition()
        self.events: deque[tuple[int, dict[str, object]]] = deque(maxlen=500)
        self._next_event = 0
        self._down = False
        self._stepped = self.now
        self.actors: list[Actor] = list(self._first_actors())

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.clock.now().timestamp()

    def hex_id(self, name: str) -> str:
        """A 64-digit id that only the name and the seed decide."""
        return hashlib.sha256(f"{self.seed} {name}".encode()).hexdigest()

    def _first_actors(self) -> Iterator[Actor]:
        now = self.now
        ages = {"web": 3, "landing": 50, "agent": 7, "syntropy": 1}
        for part in (*CAST, ORPHAN):
            if part.profile and part.name != "worker":
                continue
            for number in range(1, part.replicas + 1):
                oneoff = part.profile == "worker"
                name = "pixel-worker-3f9c21ab" if oneoff else f"{PROJECT}-{part.name}-{number}"
                started = now - (421.0 if oneoff else ages.get(part.name, 26) * 3600.0 + 312)
                actor = Actor(part, name, self.hex_id(name), number, started - 1, started, oneoff)
                if part.name == "agent":
                    actor.fault, actor.ill_since = Fault.UNHEALTHY, now - 252
                if part.name == "syntropy":
                    actor.restarts = 2
                actor.current = part.name != "landing"
                yield actor

    # Questions.

    def look(self) -> list[Actor]:
        """The containers as they are now.

        Raises:
            EngineUnreachable: The engine was made to fail.
        """
        with self.changed:
            self.require_engine()
            self._step()
            return list(self.actors)

    def require_engine(self) -> None:
        """Raise `EngineUnreachable` while the engine is made to fail."""
        if self._down:
            raise EngineUnreachable(
                "The engine does not answer.",
                on="embedded",
                remedy="This failure was raised by hand: clear it to go on.",
            )

    @property
    def down(self) -> bool:
        """Whether the engine is made to fail."""
        return self._down

    def used(self, actor: Actor) -> dict[str, int]:
        """The counters of a container: nanoseconds of CPU, bytes."""
        part, now = actor.part, self.now
        age = max(now - actor.started, 0.0)
        phase = int(actor.id[:4], 16) / 1000
        # The integral of a wave that never falls below zero: a counter never goes back.
        wave = age + 0.6 * (math.sin(age / 7 + phase) - math.sin(phase)) * 7
        busy = 6.0 if actor.fault is Fault.FLOOD else 1.0
        full = part.memory_limit or 512 * 1024 * 1024
        memory = part.memory * (1 + 0.04 * math.sin(now / 31 + phase))
        if actor.fault is Fault.OUT_OF_MEMORY:
            memory = min(part.memory + (now - actor.ill_since) * full / 12, full)
        return {
            "cpu": int(part.cpu * busy * wave * 1e9),
            "memory": int(memory),
            "received": int(part.traffic * wave),
            "sent": int(part.traffic * 0.8 * wave),
            "read": int(part.traffic * 0.1 * age),
            "written": int(part.traffic * 0.3 * wave),
        }

    # Changes.

    def raise_fault(self, service: str, fault: Fault) -> None:
        """Let something go wrong with every container of a service."""
        with self.changed:
            for actor in self._of(service):
                actor.fault, actor.ill_since = fault, self.now
            self.changed.notify_all()

    def clear(self, service: str) -> None:
        """Mend a service: what was down is up again."""
        with self.changed:
            for actor in self._of(service):
                actor.fault = None
                if not actor.running:
                    self.start(actor)
                elif actor.part.probe:
                    self._tell(actor, "health_status: healthy")
            self.changed.notify_all()

    def fail_engine(self, *, down: bool) -> None:
        """Let the engine stop answering, or answer again."""
        with self.changed:
            self._down = down
            self.changed.notify_all()

    def start(self, actor: Actor) -> None:
        """Start a container."""
        with self.changed:
            if not actor.running:
                actor.started, actor.running, actor.exit_code = self.now, True, 0
                actor.oom_killed = False
                self._tell(actor, "start")

    def stop(self, actor: Actor, *, code: int = 143, oom: bool = False) -> None:
        """Let a container end."""
        with self.changed:
            if actor.running:
                actor.running, actor.finished = False, self.now
                actor.exit_code, actor.oom_killed = code, oom
                actor.lives.append((actor.started, actor.finished))
                if oom:
                    self._tell(actor, "oom")
                self._tell(actor, "die", exitCode=str(code))

    def create(self, service: str) -> Actor:
        """Make a container for a service that has none."""
        with self.changed:
            part = PARTS[service]
            name = f"{PROJECT}-{service}-1"
            now = self.now
            actor = Actor(part, name, self.hex_id(f"{name} {now}"), 1, now, now, running=False)
            self.actors.append(actor)
            self._tell(actor, "create")
            return actor

    def _of(self, service: str) -> list[Actor]:
        return [actor for actor in self.actors if actor.part.name == service]

    def _step(self) -> None:
        """Let pass what has happened since somebody looked last."""
        before, now = self._stepped, self.now
        self._stepped = now
        for actor in self.actors:
            if actor.fault is Fault.CRASH_LOOP:
                self._loop(actor, now)
            if actor.fault is Fault.OUT_OF_MEMORY and now - actor.ill_since > 10:
                self.stop(actor, code=137, oom=True)
                actor.restarts += 1
                self.start(actor)
                actor.ill_since = now
            if actor.running and actor.health(now) != actor.health(max(before, actor.started)):
                self._tell(actor, f"health_status: {actor.health(now)}")

    def _loop(self, actor: Actor, now: float) -> None:
        if actor.running and now - max(actor.started, actor.ill_since) > LOOP_SECONDS / 2:
            self.stop(actor, code=1)
        elif not actor.running and now - actor.finished > LOOP_SECONDS / 2:
            actor.restarts += 1
            self.start(actor)

    def _tell(self, actor: Actor, action: str, **attributes: str) -> None:
        event: dict[str, object] = {
            "Type": "container",
            "Action": action,
            "Actor": {
                "ID": actor.id,
                "Attributes": {
                    "name": actor.name,
                    "com.docker.compose.service": actor.part.name,
                    **attributes,
                },
            },
            "timeNano": int(self.now * 1e9),
        }
        self.events.append((self._next_event, event))
        self._next_event += 1
        self.changed.notify_all()

    def events_since(self, number: int) -> list[tuple[int, dict[str, object]]]:
        """The events from a number on."""
        with self.changed:
            self._step()
            return [item for item in self.events if item[0] >= number]

    @property
    def next_event(self) -> int:
        """The number that the next event will have."""
        return self._next_event


def stamp(seconds: float) -> str:
    """Unix seconds as the engine writes them."""
    if not seconds:
        return "0001-01-01T00:00:00Z"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
