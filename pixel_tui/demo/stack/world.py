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
from pixel_tui.demo.stack.scenario import add_history, initial_containers
from pixel_tui.demo.stack.seeded_time import hex_id, noise
from pixel_tui.demo.stack.services import SERVICES_BY_NAME, DemoService
from pixel_tui.demo.stack.shapes import event
from pixel_tui.errors import EngineUnreachable, UsageError
from pixel_tui.stack.model.json_value import JsonObject

__all__ = ["DemoFault", "DemoWorld"]

HISTORY_SECONDS: Final = 1200.0
"""The length of the log history at the start."""
MAX_EVENTS: Final = 1000
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
        self._now = self.started_at = clock.now().timestamp()
        self._engine_down = False
        self._created_count = 0
        self._events: deque[JsonObject] = deque(maxlen=MAX_EVENTS)
        self._event_count = 0
        self._containers: list[FakeContainer] = []
        for initial in initial_containers():
            container = self._add(
                initial.service,
                initial.name,
                initial.number,
                initial.config_hash,
                self.started_at - HISTORY_SECONDS,
            )
            container.oneoff = initial.oneoff
            container.created = self.started_at - initial.age - 0.4
            container.start_run(self.started_at - initial.age)
            add_history(container, self.started_at)

    # State.

    @contextmanager
    def locked(self) -> Iterator[tuple[list[FakeContainer], float]]:
        """Yield the containers and the current time, locked for the duration of the block.

        Raises:
            EngineUnreachable: The engine was made unreachable.
        """
        with self.changed:
            self.require_engine()
            self._process_due()
            yield list(self._containers), self._now

    def require_engine(self) -> None:
        """Check that the engine answers.

        Raises:
            EngineUnreachable: The engine was made unreachable.
        """
        if self._engine_down:
            raise EngineUnreachable(
                "The Docker daemon does not answer.",
                on="embedded",
                hint="This is a drill: clear the fault to continue.",
            )

    def image_id(self, reference: str) -> str:
        """Return the id of an image; empty if there is none of this name."""
        known = {service.image_name for service in SERVICES_BY_NAME.values()}
        return f"sha256:{hex_id(self.seed, reference)}" if reference in known else ""

    def events_from(self, number: int) -> tuple[list[JsonObject], int]:
        """Return the events from a number on, and the number of the next event."""
        with self.locked():
            kept = list(self._events)
            missing = max(number - (self._event_count - len(kept)), 0)
            return kept[missing:], self._event_count

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
            self._process_due()
            for container in self._of_service(service):
                container.set_fault(fault, self._now)
            self.changed.notify_all()

    def clear(self, service: str) -> None:
        """Clear the fault of a service.

        An unhealthy container is healthy after its next health check, and one that waits for
        its restart is restarted; a stopped one stays stopped.

        Raises:
            UsageError: There is no such service.
        """
        with self.changed:
            self._process_due()
            for container in self._of_service(service):
                if container.fault is not None:
                    container.set_fault(None, self._now)
            self.changed.notify_all()

    def fail_engine(self, *, down: bool) -> None:
        """Make the engine stop answering, or answer again. Its containers keep running."""
        with self.changed:
            self._engine_down = down
            self.changed.notify_all()

    def _of_service(self, service: str) -> list[FakeContainer]:
        if service not in SERVICES_BY_NAME:
            raise UsageError("The demo has no such service.", on=service)
        return [container for container in self._containers if container.service.name == service]

    # Changes, as Docker's API names them.

    def create(self, service: DemoService, number: int) -> FakeContainer:
        """Create a container of a service with the current configuration."""
        with self.changed:
            self._process_due()
            container = self._add(
                service, service.container(number), number, config_hash(service), self._now
            )
            self._emit(container, "create")
            return container

    def remove(self, container: FakeContainer) -> None:
        """Remove a container that is not running."""
        with self.changed:
            self._process_due()
            if container in self._containers:
                self._containers.remove(container)
                self._emit(container, "destroy")

    def start(self, container: FakeContainer) -> None:
        """Start a container: its restart count is reset and it is no longer unhealthy."""
        with self.changed:
            self._process_due()
            if container.running:
                return
            container.restarts = 0
            if container.fault is DemoFault.UNHEALTHY:
                container.fault = None
            container.start_run(self._now)
            self._emit(container, "start")

    def stop(self, container: FakeContainer) -> None:
        """Stop a container; the engine does not restart it."""
        with self.changed:
            self._process_due()
            if not container.up:
                return
            code = container.service.stop_code
            if container.running:
                self._emit(container, "kill", signal="15")
                if code == _KILLED:
                    self._emit(container, "kill", signal="9")
                container.end_run(self._now, code, oom=False)
                self._emit(container, "die", exitCode=str(code))
            container.status, container.next_start = Status.EXITED, NEVER
            self._emit(container, "stop")

    def emit_restart(self, container: FakeContainer) -> None:
        """Emit the event that the engine emits after a restart."""
        with self.changed:
            self._emit(container, "restart")

    # Time.

    def _process_due(self) -> None:
        """Process all events that have come due."""
        now = self._clock.now().timestamp()
        while self._containers:
            container = min(self._containers, key=lambda item: item.next_due)
            if container.next_due > now:
                break
            self._now = max(self._now, container.next_due)
            self._process_next(container)
        self._now = max(self._now, now)

    def _process_next(self, container: FakeContainer) -> None:
        at = container.next_due
        if at == container.next_end:
            self._exit_by_itself(container, at)
        elif at == container.next_start:
            container.start_run(at)
            self._emit(container, "start")
        elif container.probe(at) and container.health is not None:
            self._emit(container, f"health_status: {container.health.result}")

    def _exit_by_itself(self, container: FakeContainer, at: float) -> None:
        oom = container.fault is DemoFault.OUT_OF_MEMORY
        code = _KILLED if oom else 1
        if oom:
            self._emit(container, "oom")
        container.end_run(at, code, oom=oom)
        self._emit(
            container, "die", exitCode=str(code), execDuration=str(int(at - container.started))
        )
        if container.service.restart != "no":
            container.status = Status.RESTARTING
            container.restarts += 1
            container.next_start = at + RESTART_SECONDS

    def _emit(self, container: FakeContainer, action: str, **attributes: str) -> None:
        self._events.append(event(container, action, self._now, **attributes))
        self._event_count += 1
        self.changed.notify_all()

    def _add(
        self, service: DemoService, name: str, number: int, label: str, since: float
    ) -> FakeContainer:
        # The counter gives a recreated container a new id.
        self._created_count += 1
        container = FakeContainer(
            service=service,
            name=name,
            id=hex_id(self.seed, f"{name} {self._created_count}"),
            number=number,
            address=f"172.20.{self._created_count // 250}.{self._created_count % 250 + 1}",
            image_id=self.image_id(service.image_name),
            config_hash=label,
            created=self._now,
            journal=Journal(
                service.name, name, interval=service.log_interval, seed=self.seed, since=since
            ),
            phase=7 * noise(f"{self.seed} {name}"),
            health=DemoHealth(service.check) if service.check else None,
        )
        self._containers.append(container)
        return container
