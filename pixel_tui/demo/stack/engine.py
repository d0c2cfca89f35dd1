"""Docker's API on the simulated stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from pixel_tui.demo.stack import shapes
from pixel_tui.demo.stack.container import FakeContainer
from pixel_tui.demo.stack.seeded_time import stamp
from pixel_tui.demo.stack.services import MIB, PROJECT, SERVICES
from pixel_tui.demo.stack.streams import DemoEvents, DemoLog
from pixel_tui.demo.stack.usage import HOST_MEMORY
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.errors import EngineRefused
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.source import ByteStream, EventStream, LogRequest
from pixel_tui.text import plain

VERSION: Final = "28.2.2"
_NOT_FOUND: Final = 404
_NOT_IMPLEMENTED: Final = 501


class DemoEngine:
    """An `EngineReader` on the simulated stack.

    Args:
        world: The stack.
    """

    def __init__(self, world: DemoWorld) -> None:
        self.address = plain("embedded")
        self.context = plain("demo")
        self._world = world

    def ping(self) -> None:
        """`GET /_ping`."""
        with self._world.locked():
            return

    def version(self) -> JsonObject:
        """`GET /version`."""
        with self._world.locked():
            return {
                "Platform": {"Name": "pixel-tui, embedded stack"},
                "Version": VERSION,
                "ApiVersion": "1.50",
                "MinAPIVersion": "1.24",
                "Os": "linux",
                "Arch": "amd64",
                "KernelVersion": "6.1.0",
            }

    def info(self) -> JsonObject:
        """`GET /info`."""
        with self._world.locked() as (containers, _):
            running = sum(container.running for container in containers)
            return {
                "Name": "demo",
                "ServerVersion": VERSION,
                "NCPU": shapes.HOST_CPUS,
                "MemTotal": HOST_MEMORY,
                "Containers": len(containers),
                "ContainersRunning": running,
                "ContainersPaused": 0,
                "ContainersStopped": len(containers) - running,
                "Driver": "overlay2",
                "LoggingDriver": "json-file",
                "CgroupVersion": "2",
                "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
            }

    def containers(self, project: str) -> list[JsonObject]:
        """`GET /containers/json`."""
        with self._world.locked() as (containers, now):
            return [
                shapes.list_item(container, now)
                for container in containers
                if project in {PROJECT, ""}
            ]

    def inspect(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/json`."""
        with self._container(container_id) as (container, _):
            return shapes.inspection(container)

    def image(self, reference: str) -> JsonObject | None:
        """`GET /images/{name}/json`."""
        with self._world.locked():
            image_id = self._world.image_id(reference)
            if not image_id:
                return None
            name = reference if ":" in reference else f"{reference}:latest"
            pulled = not reference.startswith(f"{PROJECT}-")
            digest = f"{reference.partition(':')[0]}@{image_id}"
            return {
                "Id": image_id,
                "RepoTags": [name],
                "RepoDigests": [digest] if pulled else [],
                "Created": stamp(self._world.started_at - 9 * 86_400),
                "Architecture": "amd64",
                "Os": "linux",
                "Size": (48 + int(image_id[7:9], 16)) * MIB,
            }

    def image_history(self, reference: str) -> list[JsonObject]:
        """`GET /images/{name}/history`: images were built with the current arguments."""
        with self._world.locked():
            arguments_of = {
                self._world.image_id(service.image_name): service.arguments for service in SERVICES
            }
        arguments = arguments_of.get(reference, ())
        words = " ".join(f"{name}={value}" for name, value in arguments)
        runs = [f"RUN |{len(arguments)} {words} /bin/sh -c npm run build"] if words else []
        return [{"CreatedBy": item} for item in (*runs, *(f"ARG {name}" for name, _ in arguments))]

    def network(self, name: str) -> JsonObject | None:
        """`GET /networks/{name}`: every network exists."""
        return {"Name": name}

    def containers_on(self, network: str) -> list[JsonObject]:  # noqa: ARG002
        """`GET /containers/json` of a network: empty, because no network ever changes."""
        return []

    def volume(self, name: str) -> JsonObject | None:
        """`GET /volumes/{name}`: every volume exists."""
        return {"Name": name}

    def networks(self) -> list[JsonObject]:
        """`GET /networks`: empty, so that no network can be out of sync."""
        return []

    def labelled_volumes(self) -> list[JsonObject]:
        """`GET /volumes`: there are none."""
        return []

    def stats(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/stats`, one sample."""
        with self._container(container_id) as (container, now):
            return shapes.stats(container, now)

    def events(self, project: str) -> EventStream:
        """`GET /events`."""
        return DemoEvents(self._world, project)

    def past_events(self, container_id: str, since: datetime, until: datetime) -> list[JsonObject]:
        """`GET /events` with `until`."""
        span = range(int(since.timestamp() * 1e9), int(until.timestamp() * 1e9) + 1)
        return [
            event
            for event in self._world.events_from(0)[0]
            if Node(event)["Actor"]["ID"].raw == container_id
            and Node(event)["timeNano"].integer in span
        ]

    def logs(self, request: LogRequest) -> ByteStream:
        """`GET /containers/{id}/logs`."""
        with self._container(request.container_id) as (container, now):
            if container.service.log_driver == "none":
                raise EngineRefused(
                    _NOT_IMPLEMENTED,
                    "configured logging driver does not support reading",
                    on=f"/containers/{request.container_id}/logs",
                )
            return DemoLog(self._world, container, request, now)

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    @contextmanager
    def _container(self, container_id: str) -> Iterator[tuple[FakeContainer, float]]:
        with self._world.locked() as (containers, now):
            for container in containers:
                if container_id in {container.id, container.id[:12], container.name}:
                    yield container, now
                    return
            raise EngineRefused(
                _NOT_FOUND,
                f"No such container: {container_id}",
                on=f"/containers/{container_id}/json",
            )
