"""Runs docker and compose commands on the simulated containers, step by step.

Compose commands name services and respect their dependencies; docker commands name containers.
"""

from collections.abc import Callable, Iterable
from typing import Final

from pixel_tui.demo.stack.command_line import WAIT, CommandLine, CommandRefused
from pixel_tui.demo.stack.compose_file import config_hash
from pixel_tui.demo.stack.container import DemoHealthResult, FakeContainer
from pixel_tui.demo.stack.services import SERVICES, SERVICES_BY_NAME, DemoService
from pixel_tui.demo.stack.world import DemoWorld

START_SECONDS: Final = 0.3
CREATE_SECONDS: Final = 0.2
BUILD_SECONDS: Final = 1.5
POLL_SECONDS: Final = 0.1
WAIT_SECONDS: Final = 120.0

_BY_NAME: Final = {service.name: service for service in SERVICES}


class CommandInterrupted(Exception):
    """The command was interrupted."""


class DemoCommandRunner:
    """Runs one command on the simulated stack.

    Args:
        world: The stack.
        write_line: Prints a line of the command's output.
        sleep: Waits for a number of seconds; raises `CommandInterrupted`.
    """

    def __init__(
        self, world: DemoWorld, *, write_line: Callable[[str], None], sleep: Callable[[float], None]
    ) -> None:
        self._world = world
        self._write_line = write_line
        self._sleep = sleep
        self._compose = True

    def run(self, line: CommandLine) -> None:
        """Run a parsed command.

        Raises:
            CommandRefused: Docker or compose would refuse the command, or it would fail.
            EngineUnreachable: The engine was made unreachable.
            CommandInterrupted: Interrupted; a step that had started is finished.
        """
        self._compose = line.compose
        if line.verb == WAIT:
            self._wait_for_health(line.names)
            return
        if not line.compose:
            self._docker(line)
            return
        services = self._named_services(line.names)
        match line.verb:
            case "stop":
                for container in reversed(self._containers(services)):
                    self._stop(container)
            case "restart":
                for container in self._containers(services):
                    self._restart(container)
            case "start":
                self._start_services(services)
            case "build":
                for service in services:
                    self._build(service)
            case _:
                self._up(services, line.flags)

    def _docker(self, line: CommandLine) -> None:
        verbs = {"start": self._start, "stop": self._stop, "restart": self._restart}
        missing = []
        for name in line.names:
            container = self._container(name)
            if container is None:
                missing.append(name)
                continue
            verbs[line.verb](container)
            self._write_line(name)
        for name in missing:
            self._write_line(f"Error response from daemon: No such container: {name}")
        if missing:
            raise CommandRefused(1, f"Error: failed to {line.verb} containers: {missing[0]}")

    # Compose.

    def _named_services(self, names: Iterable[str]) -> list[DemoService]:
        """Return the named services (all that run by default if none), dependencies first."""
        named = list(names)
        for name in named:
            if name not in _BY_NAME:
                raise CommandRefused(1, f"no such service: {name}")
        wanted = named or [service.name for service in SERVICES if not service.profile]
        return _in_dependency_order(wanted)

    def _start_services(self, services: list[DemoService]) -> None:
        for service in _with_dependencies(services):
            containers = self._containers([service])
            if not containers:
                raise CommandRefused(1, f'service "{service.name}" has no container to start')
            self._await_dependencies(service)
            for container in containers:
                if not container.up:
                    self._start(container)

    def _build(self, service: DemoService) -> None:
        """Build a service's image; one with an image of its own is not built."""
        if not service.image:
            self._write_line(f" Service {service.name}  Building")
            self._sleep(BUILD_SECONDS)
            self._write_line(f" Service {service.name}  Built")

    def _up(self, services: list[DemoService], flags: frozenset[str]) -> None:
        for service in services if "--no-deps" in flags else _with_dependencies(services):
            existing = {container.number: container for container in self._containers([service])}
            for number in sorted(set(existing) | set(range(1, service.replicas + 1))):
                container = existing.get(number)
                if container is not None and number > service.replicas:
                    self._remove(container)
                elif container is None:
                    existing[number] = self._create(service, number)
                elif _is_recreated(container, flags, named=service in services):
                    existing[number] = self._recreate(container)
            if "--no-deps" not in flags:
                self._await_dependencies(service)
            for number in range(1, service.replicas + 1):
                if existing[number].up:
                    self._report_container(existing[number], "Running")
                else:
                    self._start(existing[number])

    def _await_dependencies(self, service: DemoService) -> None:
        """Wait until the dependencies with the condition `healthy` are healthy."""
        for name, condition in service.depends_on:
            if condition != "healthy":
                continue
            for container in self._containers([SERVICES_BY_NAME[name]]):
                if _health_result(container) is not DemoHealthResult.HEALTHY:
                    self._await_health(container)

    def _await_health(self, container: FakeContainer) -> None:
        self._report_container(container, "Waiting")
        while (result := _health_result(container)) is not DemoHealthResult.HEALTHY:
            if result is DemoHealthResult.UNHEALTHY:
                self._report_container(container, "Error")
                raise CommandRefused(
                    1, f"dependency failed to start: container {container.name} is unhealthy"
                )
            self._sleep(POLL_SECONDS)
            self._require_engine()
        self._report_container(container, "Healthy")

    def _wait_for_health(self, names: Iterable[str]) -> None:
        """Wait as pixel-tui's own program does: it exits 0, healthy or not."""
        left = int(WAIT_SECONDS / POLL_SECONDS)
        for name in names:
            container = self._container(name)
            while (
                container is not None
                and container.up
                and _health_result(container) is not DemoHealthResult.HEALTHY
            ):
                if left <= 0:
                    self._write_line(f"{name}: stopped waiting")
                    break
                left -= 1
                self._sleep(POLL_SECONDS)
                self._require_engine()
            else:
                self._write_line(f"{name}  healthy")

    # Containers. If the command is interrupted, the engine still finishes the step.

    def _stop(self, container: FakeContainer) -> None:
        self._report_container(container, "Stopping")
        self._stop_process(container)
        self._report_container(container, "Stopped")

    def _start(self, container: FakeContainer) -> None:
        self._report_container(container, "Starting")
        self._start_process(container)
        self._report_container(container, "Started")

    def _restart(self, container: FakeContainer) -> None:
        self._report_container(container, "Restarting")
        try:
            self._stop_process(container)
        finally:
            self._start_process(container)
        self._world.emit_restart(container)
        self._report_container(container, "Started")

    def _stop_process(self, container: FakeContainer) -> None:
        self._require_engine()
        try:
            if container.up:
                self._sleep(container.service.stop_seconds)
        finally:
            self._world.stop(container)

    def _start_process(self, container: FakeContainer) -> None:
        self._require_engine()
        try:
            self._sleep(START_SECONDS)
        finally:
            self._world.start(container)

    def _create(self, service: DemoService, number: int) -> FakeContainer:
        name = service.container(number)
        self._require_engine()
        self._write_line(f" Container {name}  Creating")
        self._sleep(CREATE_SECONDS)
        container = self._world.create(service, number)
        self._write_line(f" Container {name}  Created")
        return container

    def _recreate(self, container: FakeContainer) -> FakeContainer:
        self._report_container(container, "Recreate")
        self._stop_process(container)
        self._world.remove(container)
        created = self._world.create(container.service, container.number)
        self._report_container(container, "Recreated")
        return created

    def _remove(self, container: FakeContainer) -> None:
        self._stop(container)
        self._report_container(container, "Removing")
        self._world.remove(container)
        self._report_container(container, "Removed")

    # State.

    def _require_engine(self) -> None:
        with self._world.locked():
            pass

    def _container(self, name: str) -> FakeContainer | None:
        with self._world.locked() as (containers, _):
            return next((item for item in containers if name in {item.name, item.id}), None)

    def _containers(self, services: Iterable[DemoService]) -> list[FakeContainer]:
        """Return the containers of the services, without one-off ones."""
        with self._world.locked() as (containers, _):
            return [
                container
                for service in services
                for container in sorted(containers, key=lambda item: item.number)
                if container.service.name == service.name and not container.oneoff
            ]

    def _report_container(self, container: FakeContainer, status: str) -> None:
        if self._compose:
            self._write_line(f" Container {container.name}  {status}")


def _is_recreated(container: FakeContainer, flags: frozenset[str], *, named: bool) -> bool:
    """Whether `up` recreates a container; dependencies are not forced."""
    if "--no-recreate" in flags:
        return False
    return (named and "--force-recreate" in flags) or container.config_hash != config_hash(
        container.service
    )


def _health_result(container: FakeContainer) -> DemoHealthResult:
    """Return the container's health; compose counts one without a health check as healthy."""
    return container.health.result if container.health else DemoHealthResult.HEALTHY


def _with_dependencies(services: Iterable[DemoService]) -> list[DemoService]:
    """Return the services with their direct and indirect dependencies, dependencies first."""
    names: dict[str, None] = {}
    queue = [service.name for service in services]
    for name in queue:
        names[name] = None
        queue += [other for other, _ in _BY_NAME[name].depends_on if other not in names]
    return _in_dependency_order(names)


def _in_dependency_order(names: Iterable[str]) -> list[DemoService]:
    """Return the services with dependencies first."""
    return sorted(
        (_BY_NAME[name] for name in names), key=lambda service: (_depth(service), service.name)
    )


def _depth(service: DemoService) -> int:
    """Return the length of the longest chain of dependencies below a service."""
    return 1 + max((_depth(_BY_NAME[name]) for name, _ in service.depends_on), default=-1)
