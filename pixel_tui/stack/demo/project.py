"""The embedded stack as a compose project: the shape of `docker compose config`."""

import hashlib
from collections.abc import Mapping, Sequence

from pixel_tui.stack.demo.cast import CAST, DIRECTORY, PROJECT, Part
from pixel_tui.stack.demo.world import DemoWorld
from pixel_tui.stack.json_value import JsonObject
from pixel_tui.stack.source import ResolvedProject


class DemoProject:
    """A `ProjectReader` on the embedded stack.

    Args:
        world: The stack.
    """

    def __init__(self, world: DemoWorld) -> None:
        self._world = world

    @property
    def name_guess(self) -> str:
        """Its name."""
        return PROJECT

    def resolve(self) -> ResolvedProject:
        """The shape of `docker compose config --format json`."""
        return ResolvedProject(
            config={"name": PROJECT, "services": {part.name: _service(part) for part in CAST}},
            active=frozenset(part.name for part in CAST if not part.profile),
            directory=DIRECTORY,
            files=(f"{DIRECTORY}/docker-compose.yml",),
        )

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:  # noqa: ARG002
        """What compose would label the containers with."""
        return {part.name: config_hash(part) for part in CAST}

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Its file never changes."""
        return ((f"{DIRECTORY}/docker-compose.yml", 0, 0),)


def config_hash(part: Part) -> str:
    """A hash of a service's configuration."""
    return hashlib.sha256(repr(part).encode()).hexdigest()


def _service(part: Part) -> JsonObject:
    service: JsonObject = {
        "image": part.image,
        "restart": part.restart,
        "logging": {"driver": part.log_driver},
        "deploy": {"replicas": part.replicas},
        "depends_on": {
            name: {"condition": f"service_{condition}", "required": True}
            for name, condition in part.depends_on
        },
    }
    if part.builds:
        service["build"] = {"context": f"{DIRECTORY}/{part.name}"}
    if part.profile:
        service["profiles"] = [part.profile]
    if part.probe:
        service["healthcheck"] = {"test": ["CMD-SHELL", "probe"], "interval": "10s"}
    if part.grace:
        service["stop_grace_period"] = part.grace
    if part.port and part.host_port and part.replicas == 1:
        service["ports"] = [
            {"target": part.port, "published": str(part.host_port), "protocol": "tcp"}
        ]
    return service
