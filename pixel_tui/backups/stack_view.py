"""What a backup needs to know about the containers, queried with the docker program.

Not from the compose model: a backup is needed most when compose refuses the project.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.backups.holders import Holder, holder_of, own_container, volume_of, volumes_by_name
from pixel_tui.errors import OperationError
from pixel_tui.json_reading import parse_json
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.resources import HASH_LABEL
from pixel_tui.stack.programs.program import Programs

ASK_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class SeenContainer:
    """A container of the project."""

    id: str
    name: str
    service: str
    image: str
    """The image's name in the compose file."""
    image_id: str
    running: bool
    environment: tuple[str, ...]
    """The names of its variables."""
    binds: tuple[str, ...]
    volumes: tuple[tuple[str, str], ...]
    """Name and mount point."""
    bind_targets: tuple[tuple[str, str], ...] = ()
    """Source and mount point of each of `binds`."""
    data_folder: str = ""
    """The value of `PGDATA`, the data folder of a Postgres server."""
    made: bool = True
    """Whether there is a container; it may be only declared in the compose file."""
    read_only: tuple[str, ...] = ()
    """The mount points it can't write to."""
    optional: bool = False
    """Whether it is in a profile, and may not be needed."""


class StackView:
    """Queries the engine about one project.

    Args:
        programs: Runs the docker program.
        command: The docker and compose command lines.
        project: The compose project's name.
    """

    def __init__(self, programs: Programs, command: ComposeCommand, project: str) -> None:
        self.programs = programs
        self.command = command
        self.project = project

    def containers(self) -> tuple[SeenContainer, ...]:
        """Return the project's containers, except one-off ones.

        Raises:
            OperationError: The engine can't be queried.
        """
        label = f"label={LABEL}project={self.project}"
        ids = self._ask("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
        if not ids:
            return ()
        found = [_seen(node) for node in map(Node, self.inspect("container", ids))]
        return tuple(sorted((item for item in found if item), key=lambda item: item.name))

    def running(self) -> tuple[Holder, ...]:
        """Return all running containers of the engine, with their mounts.

        Raises:
            OperationError: The engine can't be queried.
        """
        ids = self._ask("ps", "--quiet", "--no-trunc").split()
        nodes = [Node(item) for item in self.inspect("container", ids)] if ids else []
        if missing := set(ids) - {node["Id"].raw for node in nodes}:
            still = set(self._ask("ps", "--quiet", "--no-trunc").split())
            if missing & still:
                raise OperationError("Docker can't be asked for the mounts of its containers.")
        mounts = (mount for node in nodes for mount in node["Mounts"])
        names = sorted({item["Name"].raw for item in mounts if item["Type"].raw == "volume"})
        volumes = map(Node, self.inspect("volume", names)) if names else ()
        by_name = volumes_by_name(map(volume_of, volumes))
        own = own_container()
        return tuple(holder_of(node, by_name, own) for node in nodes)

    def inspect(self, what: str, names: Sequence[str]) -> list[JsonValue]:
        """Run `docker WHAT inspect`; missing objects are not in the result."""
        result = self.programs.run(
            self.command.docker_argv(what, "inspect", names=names), patience=ASK_SECONDS
        )
        try:
            answer: JsonValue = parse_json(result.output or b"[]")
        except ValueError:
            answer = []
        return answer if isinstance(answer, list) else []

    def all_volumes(self) -> list[str]:
        """Return the names of all volumes of the engine.

        Raises:
            OperationError: The engine can't be queried.
        """
        return self._ask("volume", "ls", "--quiet").split()

    def all_networks(self) -> list[str]:
        """Return the names of all networks of the engine.

        Raises:
            OperationError: The engine can't be queried.
        """
        return self._ask("network", "ls", "--format", "{{.Name}}").split()

    def network_hashes(self) -> Mapping[str, str]:
        """Return the config hashes of the networks that compose created, by name.

        Raises:
            OperationError: The engine can't be queried.
        """
        form = f'{{{{.Name}}}}\t{{{{.Label "{HASH_LABEL}"}}}}'
        lines = self._ask("network", "ls", "--no-trunc", "--format", form).splitlines()
        pairs = (line.partition("\t") for line in lines)
        return {name: label for name, _, label in pairs if label}

    def volumes(self) -> tuple[str, ...]:
        """Return the names of the project's volumes, including unused ones.

        Raises:
            OperationError: The engine can't be queried.
        """
        label = f"label={LABEL}project={self.project}"
        return tuple(self._ask("volume", "ls", "--quiet", "--filter", label).splitlines())

    def engine_folder(self) -> Path | None:
        """Return the engine's data folder on its own machine; None if it does not tell."""
        result = self.programs.run(
            self.command.docker_argv("info", "--format", "{{.DockerRootDir}}"),
            patience=ASK_SECONDS,
        )
        path = result.output.decode(errors="replace").strip() if not result.code else ""
        return Path(path) if path.startswith("/") else None

    def version(self) -> JsonObject:
        """Return the versions of docker and compose, as far as they are known."""
        docker = self.programs.run(
            self.command.docker_argv("version", "--format", "{{.Server.Version}}"),
            patience=ASK_SECONDS,
        )
        compose = self.programs.run(
            (*self.command.compose, "version", "--short"), patience=ASK_SECONDS
        )
        return {"docker": _line(docker.output), "compose": _line(compose.output)}

    def _ask(self, *words: str) -> str:
        result = self.programs.run(self.command.docker_argv(*words), patience=ASK_SECONDS)
        if result.code:
            raise OperationError(f"Docker can't be asked: {result.reason}")
        return result.output.decode(errors="replace")


def inside(path: str, folder: Path) -> str | None:
    """Return a path relative to a folder; None if it is not below it."""
    try:
        relative = Path(path).relative_to(folder)
    except ValueError:
        return None
    return str(relative) if relative.parts else None


def real_inside(path: str, folder: Path) -> str | None:
    """Return a path relative to a folder, with links in both resolved; None if not below it."""
    found = inside(path, folder)
    if found is not None:
        return found
    return inside(os.path.realpath(path), Path(os.path.realpath(folder)))


def _seen(node: Node) -> SeenContainer | None:
    labels = node["Config"]["Labels"]
    if labels[f"{LABEL}oneoff"].raw.lower() == "true":
        return None
    mounts = list(node["Mounts"])
    binds = [item for item in mounts if item["Type"].raw == "bind"]
    variables = [item.raw.partition("=") for item in node["Config"]["Env"]]
    return SeenContainer(
        id=node["Id"].raw,
        name=node["Name"].raw.removeprefix("/"),
        service=labels[f"{LABEL}service"].raw,
        image=node["Config"]["Image"].raw,
        image_id=node["Image"].raw,
        running=node["State"]["Running"].flag,
        environment=tuple(name for name, _, _ in variables),
        binds=tuple(item["Source"].raw for item in binds),
        volumes=tuple(
            (item["Name"].raw, item["Destination"].raw)
            for item in mounts
            if item["Type"].raw == "volume"
        ),
        bind_targets=tuple((item["Source"].raw, item["Destination"].raw) for item in binds),
        read_only=tuple(item["Destination"].raw for item in mounts if item["RW"].value is False),
        data_folder=next((value for name, _, value in variables if name == "PGDATA"), ""),
    )


def _line(output: bytes) -> str:
    return output.decode(errors="replace").strip().partition("\n")[0][:80]
