"""Runs docker and compose commands on the simulated containers, step by step.

Compose commands name services and respect their dependencies; docker commands name containers.
"""

from collections.abc import Callable, Iterable
from typing import Final

from pixel_tui.demo.stack.command_line import WAIT, CommandLine, CommandRefused
from pixel_tui.demo.stack.compose_file import config_hash
from pixel_tui.demo.stack.container import DemoHealthResult, FakeContainer
from pixel_tui.demo.stack.services import CAST, PARTS, DemoService
from pixel_tui.demo.stack.world import DemoWorld

START_SECONDS: Final = 0.3
CREATE_SECONDS: Final = 0.2
BUILD_SECONDS: Final = 1.5
LOOK_SECONDS: Final = 0.1
WAIT_SECONDS: Final = 120.0

_SERVICES: Final = {part.name: part for part in CAST}


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
        self, world: DemoWorld, *, say: Callable[[str], None], rest: Callable[[float], None]
    ) -> None:
        self._world = world
        self._say = say
        self._rest = rest
        self._compose = True

    def do(self, line: CommandLine) -> None:
        """Run a parsed command.

        Raises:
            CommandRefused: Docker or compose would refuse the command, or it would fail.
            EngineUnreachable: The engine was made unreachable.
            CommandInterrupted: Interrupted; a step that had started is finished.
        """
        self._compose = line.compose
        if line.verb == WAIT:
            self._wait(line.names)
            return
        if not line.compose:
            self._docker(line)
            return
        parts = self._parts(line.names)
        match line.verb:
            case "stop":
                for actor in reversed(self._containers(parts)):
                    self._stop(actor)
            case "restart":
                for actor in self._containers(parts):
                    self._restart(actor)
            case "start":
                self._start_services(parts)
            case "build":
                for part in parts:
                    self._build(part)
            case _:
                self._up(parts, line.flags)

    def _docker(self, line: CommandLine) -> None:
        verbs = {"start": self._start, "stop": self._stop, "restart": self._restart}
        missing = []
        for name in line.names:
            actor = self._container(name)
            if actor is None:
                missing.append(name)
                continue
            verbs[line.verb](actor)
            self._say(name)
        for name in missing:
            self._say(f"Error response from daemon: No such container: {name}")
        if missing:
            raise CommandRefused(1, f"Error: failed to {line.verb} containers: {missing[0]}")

    # Compose.

    def _parts(self, names: Iterable[str]) -> list[DemoService]:
        """Return the named services (all that run by default if none), dependencies first."""
        named = list(names)
        for name in named:
            if name not in _SERVICES:
                raise CommandRefused(1, f"no such service: {name}")
        meant = named or [part.name for part in CAST if not part.profile]
        return _in_order(meant)

    def _start_services(self, parts: list[DemoService]) -> None:
        for part in _with_needs(parts):
            actors = self._containers([part])
            if not actors:
                raise CommandRefused(1, f'service "{part.name}" has no container to start')
            self._await_needs(part)
            for actor in actors:
                if not actor.up:
                    self._start(actor)

    def _build(self, part: DemoService) -> None:
        """Build a service's image; one with an image of its own is not built."""
        if not part.image:
            self._say(f" Service {part.name}  Building")
            self._rest(BUILD_SECONDS)
            self._say(f" Service {part.name}  Built")

    def _up(self, parts: list[DemoService], flags: frozenset[str]) -> None:
        for part in parts if "--no-deps" in flags else _with_needs(parts):
            there = {actor.number: actor for actor in self._containers([part])}
            for number in sorted(set(there) | set(range(1, part.replicas + 1))):
                actor = there.get(number)
                if actor is not None and number > part.replicas:
                    self._remove(actor)
                elif actor is None:
                    there[number] = self._create(part, number)
                elif _is_replaced(actor, flags, named=part in parts):
                    there[number] = self._recreate(actor)
            if "--no-deps" not in flags:
                self._await_needs(part)
            for number in range(1, part.replicas + 1):
                if there[number].up:
                    self._say_of(there[number], "Running")
                else:
                    self._start(there[number])

    def _await_needs(self, part: DemoService) -> None:
        """Wait until the dependencies with the condition `healthy` are healthy."""
        for name, condition in part.depends_on:
            if condition != "healthy":
                continue
            for actor in self._containers([PARTS[name]]):
                if _verdict(actor) is not DemoHealthResult.HEALTHY:
                    self._await_health(actor)

    def _await_health(self, actor: FakeContainer) -> None:
        self._say_of(actor, "Waiting")
        while (verdict := _verdict(actor)) is not DemoHealthResult.HEALTHY:
            if verdict is DemoHealthResult.UNHEALTHY:
                self._say_of(actor, "Error")
                raise CommandRefused(
                    1, f"dependency failed to start: container {actor.name} is unhealthy"
                )
            self._rest(LOOK_SECONDS)
            self._require_engine()
        self._say_of(actor, "Healthy")

    def _wait(self, names: Iterable[str]) -> None:
        """Wait as pixel-tui's own program does: it exits 0, healthy or not."""
        left = int(WAIT_SECONDS / LOOK_SECONDS)
        for name in names:
            actor = self._container(name)
            while (
                actor is not None and actor.up and _verdict(actor) is not DemoHealthResult.HEALTHY
            ):
                if left <= 0:
                    self._say(f"{name}: not waited for any longer")
                    break
                left -= 1
                self._rest(LOOK_SECONDS)
                self._require_engine()
            else:
                self._say(f"{name}  healthy")

    # Containers. If the command is interrupted, the engine still finishes the step.

    def _stop(self, actor: FakeContainer) -> None:
        self._say_of(actor, "Stopping")
        self._halt(actor)
        self._say_of(actor, "Stopped")

    def _start(self, actor: FakeContainer) -> None:
        self._say_of(actor, "Starting")
        self._launch(actor)
        self._say_of(actor, "Started")

    def _restart(self, actor: FakeContainer) -> None:
        self._say_of(actor, "Restarting")
        try:
            self._halt(actor)
        finally:
            self._launch(actor)
        self._world.told_restart(actor)
        self._say_of(actor, "Started")

    def _halt(self, actor: FakeContainer) -> None:
        self._require_engine()
        try:
            if actor.up:
                self._rest(actor.part.stop_seconds)
        finally:
            self._world.stop(actor)

    def _launch(self, actor: FakeContainer) -> None:
        self._require_engine()
        try:
            self._rest(START_SECONDS)
        finally:
            self._world.start(actor)

    def _create(self, part: DemoService, number: int) -> FakeContainer:
        name = part.container(number)
        self._require_engine()
        self._say(f" Container {name}  Creating")
        self._rest(CREATE_SECONDS)
        actor = self._world.create(part, number)
        self._say(f" Container {name}  Created")
        return actor

    def _recreate(self, actor: FakeContainer) -> FakeContainer:
        self._say_of(actor, "Recreate")
        self._halt(actor)
        self._world.remove(actor)
        fresh = self._world.create(actor.part, actor.number)
        self._say_of(actor, "Recreated")
        return fresh

    def _remove(self, actor: FakeContainer) -> None:
        self._stop(actor)
        self._say_of(actor, "Removing")
        self._world.remove(actor)
        self._say_of(actor, "Removed")

    # State.

    def _require_engine(self) -> None:
        with self._world.look():
            pass

    def _container(self, name: str) -> FakeContainer | None:
        with self._world.look() as (actors, _):
            return next((item for item in actors if name in {item.name, item.id}), None)

    def _containers(self, parts: Iterable[DemoService]) -> list[FakeContainer]:
        """Return the containers of the services, without one-off ones."""
        with self._world.look() as (actors, _):
            return [
                actor
                for part in parts
                for actor in sorted(actors, key=lambda item: item.number)
                if actor.part.name == part.name and not actor.oneoff
            ]

    def _say_of(self, actor: FakeContainer, word: str) -> None:
        if self._compose:
            self._say(f" Container {actor.name}  {word}")


def _is_replaced(actor: FakeContainer, flags: frozenset[str], *, named: bool) -> bool:
    """Whether `up` recreates a container; dependencies are not forced."""
    if "--no-recreate" in flags:
        return False
    return (named and "--force-recreate" in flags) or actor.config_hash != config_hash(actor.part)


def _verdict(actor: FakeContainer) -> DemoHealthResult:
    """Return the container's health; compose counts one without a health check as healthy."""
    return actor.health.verdict if actor.health else DemoHealthResult.HEALTHY


def _with_needs(parts: Iterable[DemoService]) -> list[DemoService]:
    """Return the services with their direct and indirect dependencies, dependencies first."""
    names: dict[str, None] = {}
    queue = [part.name for part in parts]
    for name in queue:
        names[name] = None
        queue += [other for other, _ in _SERVICES[name].depends_on if other not in names]
    return _in_order(names)


def _in_order(names: Iterable[str]) -> list[DemoService]:
    """Return the services with dependencies first."""
    return sorted((_SERVICES[name] for name in names), key=lambda part: (_depth(part), part.name))


def _depth(part: DemoService) -> int:
    """Return the length of the longest chain of dependencies below a service."""
    return 1 + max((_depth(_SERVICES[name]) for name, _ in part.depends_on), default=-1)
