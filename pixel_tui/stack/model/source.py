"""Protocols for reading a stack: the engine's HTTP API and the compose program.

Both return Docker's own JSON, so that the same parser, watcher and log follower serve the real
engine and the demo stack. Every method blocks; call them only on threads of the service layer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pixel_tui.stack.model.deliveries import Delivery
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import SafeText


class ByteStream(Protocol):
    """A streamed response of the engine, read in chunks."""

    def read(self) -> bytes:
        """Wait for the next chunk; return empty bytes at the end, and after `close`.

        Raises:
            EngineError: The connection broke.
        """
        ...

    def close(self) -> None:
        """Interrupt a `read` that waits on another thread. May be called twice."""
        ...


class EventStream(Protocol):
    """The engine's events, one JSON object each (`GET /events`)."""

    def __iter__(self) -> Iterator[JsonObject]:
        """Wait for events until the stream is closed or breaks.

        Raises:
            EngineError: The connection broke.
        """
        ...

    def close(self) -> None:
        """Interrupt an iteration that waits on another thread. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class LogRequest:
    """A request for a part of a container's log (`GET /containers/{id}/logs`)."""

    container_id: str
    tail: int | None = None
    """The number of last lines; None for all."""
    since: str = ""
    """The start time: Unix seconds, optionally with nanoseconds after a dot; empty for all."""
    follow: bool = True


class EngineReader(Protocol):
    """Read-only access to the Docker Engine.

    Every method raises `EngineUnreachable`, `EngineDenied`, `EngineRefused` (with
    the HTTP status) or `EngineAnswerInvalid`.
    """

    address: SafeText
    context: SafeText

    def ping(self) -> None:
        """`GET /_ping`: check if the engine responds, with a timeout of seconds.

        Raises:
            EngineError: It does not respond.
        """
        ...

    def version(self) -> JsonObject:
        """`GET /version`."""
        ...

    def info(self) -> JsonObject:
        """`GET /info`."""
        ...

    def containers(self, project: str) -> list[JsonObject]:
        """`GET /containers/json` with `all`, of one compose project (by its label).

        An empty name means every compose project.
        """
        ...

    def inspect(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/json`."""
        ...

    def image(self, reference: str) -> JsonObject | None:
        """`GET /images/{name}/json`; None if there is no such image."""
        ...

    def image_history(self, reference: str) -> list[JsonObject]:
        """`GET /images/{name}/history`, newest first; empty if there is no such image."""
        ...

    def network(self, name: str) -> JsonObject | None:
        """`GET /networks/{name}`; None if there is no such network."""
        ...

    def containers_on(self, network: str) -> list[JsonObject]:
        """`GET /containers/json` with `all`, of a network, of any project."""
        ...

    def volume(self, name: str) -> JsonObject | None:
        """`GET /volumes/{name}`; None if there is no such volume."""
        ...

    def networks(self) -> list[JsonObject]:
        """`GET /networks` of those that compose created, of any project."""
        ...

    def labelled_volumes(self) -> list[JsonObject]:
        """`GET /volumes` of those that compose created, of any project."""
        ...

    def stats(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/stats`, one sample without waiting for a second one."""
        ...

    def events(self, project: str) -> EventStream:
        """`GET /events` of the project's containers, from now on."""
        ...

    def past_events(self, container_id: str, since: datetime, until: datetime) -> list[JsonObject]:
        """`GET /events` of one container's starts and exits, as far as the engine keeps them.

        Args:
            container_id: The container; it may no longer exist.
            since: The start of the period.
            until: The end of the period; it must be in the past by the engine's clock.
        """
        ...

    def logs(self, request: LogRequest) -> ByteStream:
        """`GET /containers/{id}/logs` with timestamps, both streams."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class ProjectLocation:
    """The location of a project: its folder, its compose files and its environment files."""

    directory: str
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    """The files named by `--env-file`; empty if the option was not given."""
    name: str = ""
    """The project's name; empty if only compose can determine it."""


@dataclass(frozen=True, slots=True)
class ResolvedProject:
    """A project as compose resolved it."""

    config: JsonObject
    """`docker compose config --format json`, with every profile."""
    active: frozenset[str]
    """`docker compose config --services`: what `up` without arguments includes."""
    directory: str
    files: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    """Every file of the project that compose reads, with included and extended ones."""
    warnings: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    """The files named by `--env-file`."""
    adopted: bool = False
    """The compose and environment files are those that the containers were created with."""
    moved: str = ""
    """The files that compose would read now instead; empty if they are the same."""
    left_out: frozenset[str] = frozenset()
    """Services whose profiles compose refuses together with the others."""
    left_out_reason: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Those of them that it also refuses by themselves, with the reason. In `config` they are
    unresolved, as written in the file."""
    refused_together: str = ""
    """Why compose refuses all profiles together, even without reading env files."""
    profiles: frozenset[str] = frozenset()
    """The profiles in `COMPOSE_PROFILES`."""
    deliveries: Mapping[str, tuple[Delivery, ...]] = field(default_factory=dict)
    """Service name to the contents that it gets and no hash covers."""


class ProjectReader(Protocol):
    """Read-only access to a project through the compose program.

    The methods that run compose raise `ComposeMissing`, `ProjectMissing` or
    `ComposeRefused`.
    """

    @property
    def fallback_name(self) -> str:
        """The project's name if compose can't determine it: as given, or the folder's."""
        ...

    @property
    def location(self) -> ProjectLocation:
        """The project's location as requested."""
        ...

    @property
    def typed(self) -> TypedCommands:
        """Command lines to copy that act on this project."""
        ...

    def resolve(self) -> ResolvedProject:
        """Run compose to find, merge and interpolate the project's files."""
        ...

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        """Return service name to the hash that compose would label its containers with."""
        ...

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Return path, modification time (ns) and size of each file the project is made from.

        Cheap: it starts no program. If it has changed, call `resolve` again.
        """
        ...
