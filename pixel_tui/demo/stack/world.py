"""The state of the simulated stack, derived entirely from a clock and a seed.

With the system clock it is live. With a fixed clock, two worlds are equal to the last digit,
which is how screenshots are made. Each access first processes the events that have come due
since the last one, in order of time.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.demo.stack.compose_file import config_hash
from pixel_tui.demo.stack.container import NEVER, DemoHealth, FakeContainer, Status
from pixel_tui.demo.stack.faults import RESTART_SECONDS, DemoFault
from pixel_tui.demo.stack.journal import Journal
from pixel_tui.demo.stack.scenario import roles, settle
from pixel_tui.demo.stack.seeded_time import hex_id, noise
from pixel_tui.demo.stack.services import PARTS, DemoService
from pixel_tui.demo.stack.shapes import event
from pixel_tui.errors import EngineUnreachable, UsageError
from pixel_tui.stack.model.json_value import JsonObject

__all__ = ["DemoFault", "DemoWorld"]

HISTORY_SECONDS: Final = 1200.0
"""The length of the log history at the start."""
KEPT_EVENTS: Final = 1000
_KILLED: Final = 137


class DemoWorld:
    """The containers and events of the simulated stack. Thread-safe.

    Args:
        clock: The demo's clock.
        seed: Decides ids, usage and log messages.
    """

    def __init__(self, clock: Clock, seed: int = 7) -> None:
        self.seed = seed
        self.changed = threading.Condition()
        """Guards all state; notified after each change."""
        self._clock = clock
        self._at = self.born = clock.now().timestamp()
        self._down = False
        self._made = 0
        self._events: deque[JsonObject] = deque(maxlen=KEPT_EVENTS)
        self._told_events = 0
        self._actors: list[FakeContainer] = []
        for role in roles():
            actor = self._new(
                role.part, role.name, role.number, role.config_hash, self.born - HISTORY_SECONDS
            )
            actor.oneoff = role.oneoff
            actor.created = self.born - role.age - 0.4
            actor.live(self.born - role.age)
            settle(actor, self.born)

    # State.

    @contextmanager
    def look(self) -> Iterator[tuple[list[FakeContainer], float]]:
        """Yield the containers and the current time, locked for the duration of the block.

        Raises:
            EngineUnreachable: The engine was made unreachable.
        """
        with self.changed:
            self.require_engine()
            self._pass_time()
            yield list(self._actors), self._at

    def require_engine(self) -> None:
        """Check that the engine answers.

        Raises:
            EngineUnreachable: The engine was made unreachable.
        """
        if self._down:
            raise EngineUnreachable(
                "The engine does not answer.",
                on="embedded",
                remedy="This failure was raised by hand: clear it to go on.",
            )

    def image_id(self, reference: str) -> str:
        """Return the id of an image; empty if there is none of this name."""
        known = {part.image_name for part in PARTS.values()}
        return f"sha256:{hex_id(self.seed, reference)}" if reference in known else ""

    def events_from(self, number: int) -> tuple[list[JsonObject], int]:
        """Return the events from a number on, and the number of the next event."""
        with self.look():
            kept = list(self._events)
            missing = max(number - (self._told_events - len(kept)), 0)
            return kept[missing:], self._told_events

    # Faults.

    def raise_fault(self, service: str, fault: DemoFault) -> None:
        """Raise a fault in all containers of a service.

        Args:
            service: The service's name.
            fault: Replaces the current fault, if any.

        Raises:
            UsageError: There is no such service.
        """
        with self.changed:
            self._pass_time()
            for actor in self._of(service):
                actor.suffer(fault, self._at)
            self.changed.notify_all()

    def clear(self, service: str) -> None:
        """Clear the fault of a service.

        An unhealthy container is healthy after its next health check, and one that waits for
        its restart is restarted; a stopped one stays stopped.

        Raises:
            UsageError: There is no such service.
        """
        with self.changed:
            self._pass_time()
            for actor in self._of(service):
                if actor.fault is not None:
                    actor.suffer(None, self._at)
            self.changed.notify_all()

    def fail_engine(self, *, down: bool) -> None:
        """Make the engine stop answering, or answer again. Its containers keep running."""
        with self.changed:
            self._down = down
            self.changed.notify_all()

    def _of(self, service: str) -> list[FakeContainer]:
        if service not in PARTS:
            raise UsageError("The embedded stack has no such service.", on=service)
        return [actor for actor in self._actors if actor.part.name == service]

    # Changes, as Docker's API names them.

    def create(self, part: DemoService, number: int) -> FakeContainer:
        """Create a container of a service with the current configuration."""
        with self.changed:
            self._pass_time()
            actor = self._new(part, part.container(number), number, config_hash(part), self._at)
            self._tell(actor, "create")
            return actor

    def remove(self, actor: FakeContainer) -> None:
        """Remove a container that is not running."""
        with self.changed:
            self._pass_time()
            if actor in self._actors:
                self._actors.remove(actor)
                self._tell(actor, "destroy")

    def start(self, actor: FakeContainer) -> None:
        """Start a container: its restart count is reset and it is no longer unhealthy."""
        with self.changed:
            self._pass_time()
            if actor.running:
                return
            actor.restarts = 0
            if actor.fault is DemoFault.UNHEALTHY:
                actor.fault = None
            actor.live(self._at)
            self._tell(actor, "start")

    def stop(self, actor: FakeContainer) -> None:
        """Stop a container; the engine does not restart it."""
        with self.changed:
            self._pass_time()
            if not actor.up:
                return
            code = actor.part.stop_code
            if actor.running:
                self._tell(actor, "kill", signal="15")
                if code == _KILLED:
                    self._tell(actor, "kill", signal="9")
                actor.die(self._at, code, oom=False)
                self._tell(actor, "die", exitCode=str(code))
            actor.status, actor.next_start = Status.EXITED, NEVER
            self._tell(actor, "stop")

    def told_restart(self, actor: FakeContainer) -> None:
        """Emit the event that the engine emits after a restart."""
        with self.changed:
            self._tell(actor, "restart")

    # Time.

    def _pass_time(self) -> None:
        """Process all events that have come due."""
        now = self._clock.now().timestamp()
        while self._actors:
            actor = min(self._actors, key=lambda item: item.due)
            if actor.due > now:
                break
            self._at = max(self._at, actor.due)
            self._happen(actor)
        self._at = max(self._at, now)

    def _happen(self, actor: FakeContainer) -> None:
        at = actor.due
        if at == actor.next_end:
            self._fail(actor, at)
        elif at == actor.next_start:
            actor.live(at)
            self._tell(actor, "start")
        elif actor.probe(at) and actor.health is not None:
            self._tell(actor, f"health_status: {actor.health.verdict}")

    def _fail(self, actor: FakeContainer, at: float) -> None:
        oom = actor.fault is DemoFault.OUT_OF_MEMORY
        code = _KILLED if oom else 1
        if oom:
            self._tell(actor, "oom")
        actor.die(at, code, oom=oom)
        self._tell(actor, "die", exitCode=str(code), execDuration=str(int(at - actor.started)))
        if actor.part.restart != "no":
            actor.status = Status.RESTARTING
            actor.restarts += 1
            actor.next_start = at + RESTART_SECONDS

    def _tell(self, actor: FakeContainer, action: str, **attributes: str) -> None:
        self._events.append(event(actor, action, self._at, **attributes))
        self._told_events += 1
        self.changed.notify_all()

    def _new(
        self, part: DemoService, name: str, number: int, label: str, since: float
    ) -> FakeContainer:
        # The counter gives a recreated container a new id.
        self._made += 1
        actor = FakeContainer(
            part=part,
            name=name,
            id=hex_id(self.seed, f"{name} {self._made}"),
            number=number,
            address=f"172.20.{self._made // 250}.{self._made % 250 + 1}",
            image_id=self.image_id(part.image_name),
            config_hash=label,
            created=self._at,
            journal=Journal(part.name, name, tempo=part.tempo, seed=self.seed, since=since),
            phase=7 * noise(f"{self.seed} {name}"),
            health=DemoHealth(part.check) if part.check else None,
        )
        self._actors.append(actor)
        return actor
