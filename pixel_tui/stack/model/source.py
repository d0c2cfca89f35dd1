"""What the stack is read from: the engine's HTTP API and the compose program.

Both protocols speak Docker's own JSON, so that one parser, one watcher and one
log follower serve the real engine and the embedded stack alike. Every method
blocks; call them on threads of the service layer only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pixel_tui.stack.model.deliveries import Delivery
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.text import SafeText


class ByteStream(Protocol):
    """An endless answer of the engine, read in chunks."""

    def read(self) -> bytes:
        """Wait for the next chunk. Empty bytes mean the end, also after `close`.

        Raises:
            EngineError: The connection broke.
        """
        ...

    def close(self) -> None:
        """End a `read` that waits on another thread. May be called twice."""
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
        """End an iteration that waits on another thread. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which part of a container's log is wanted (`GET /containers/{id}/logs`)."""

    container_id: str
    tail: int | None = None
    """That many last lines; None for all."""
    since: str = ""
    """From this time on: Unix seconds with nanoseconds behind a dot; empty for all."""
    follow: bool = True


class EngineReader(Protocol):
    """The Docker Engine, as far as it can be looked at.

    Every method raises `EngineUnreachable`, `EngineDenied`, `EngineRefused` (with
    the HTTP status) or `EngineAnswerInvalid`.
    """

    address: SafeText
    context: SafeText

    def ping(self) -> None:
        """`GET /_ping`: whether it answers, found out within seconds.

        Raises:
            EngineError: It does not.
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

        An empty name stands for every compose project.
        """
        ...

    def inspect(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/json`."""
        ...

    def image(self, reference: str) -> JsonObject | None:
        """`GET /images/{name}/json`; None where there is no such image."""
        ...

    def image_history(self, reference: str) -> list[JsonObject]:
        """`GET /images/{name}/history`, newest first; nothing where there is no such image."""
        ...

    def network(self, name: str) -> JsonObject | None:
        """`GET /networks/{name}`; None where there is no such network."""
        ...

    def containers_on(self, network: str) -> list[JsonObject]:
        """`GET /containers/json` with `all`, of all on a network, of whichever project."""
        ...

    def volume(self, name: str) -> JsonObject | None:
        """`GET /volumes/{name}`; None where there is no such volume."""
        ...

    def networks(self) -> list[JsonObject]:
        """`GET /networks` of those that compose has made, for whichever project."""
        ...

    def labelled_volumes(self) -> list[JsonObject]:
        """`GET /volumes` of those that compose has made, for whichever project."""
        ...

    def stats(self, container_id: str) -> JsonObject:
        """`GET /containers/{id}/stats`, one sample without waiting for a second."""
        ...

    def events(self, project: str) -> EventStream:
        """`GET /events` of the project's containers, from now on."""
        ...

    def past_events(self, container_id: str, since: datetime, until: datetime) -> list[JsonObject]:
        """`GET /events` of one container's starts and ends, as far as the engine keeps them.

        Args:
            container_id: Whose; it may be gone.
            since: From when.
            until: Up to when, by the engine's clock; it must be past.
        """
        ...

    def logs(self, request: LogRequest) -> ByteStream:
        """`GET /containers/{id}/logs` with time stamps, both streams."""
        ...

    def close(self) -> None:
        """Drop the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project is: its folder, its compose files and its environment files."""

    directory: str
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    """What `--env-file` named; empty where it was not given."""
    name: str = ""
    """The project's name; empty where only compose can tell it."""


@dataclass(frozen=True, slots=True)
class ResolvedProject:
    """What compose says about the project."""

    config: JsonObject
    """`docker compose config --format json`, with every profile."""
    active: frozenset[str]
    """`docker compose config --services`: what `up` without arguments means."""
    directory: str
    files: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    """Every file that compose reads of the project, those that others name included."""
    warnings: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    """What `--env-file` names."""
    adopted: bool = False
    """Files and environment files are those that the containers were made with."""
    moved: str = ""
    """What compose would open by now in its place; empty where it is the same."""
    left_out: frozenset[str] = frozenset()
    """Services that compose refuses together with the others, by their profiles."""
    left_out_why: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Those of them that it refuses by themselves as well, and why. They are in `config` as they
    are written only."""
    refused_together: str = ""
    """Why compose refuses all profiles together even where it looks into no env file."""
    profiles: frozenset[str] = frozenset()
    """What `COMPOSE_PROFILES` asks for."""
    deliveries: Mapping[str, tuple[Delivery, ...]] = field(default_factory=dict)
    """What services are given that no hash tells."""


class ProjectReader(Protocol):
    """The compose program, as far as it only reads.

    The methods that ask compose raise `ComposeMissing`, `ProjectMissing` or
    `ComposeRefused`.
    """

    @property
    def name_guess(self) -> str:
        """The project's name where compose can't tell it: as given, or the folder's."""
        ...

    @property
    def place(self) -> Place:
        """Where the project is, as it was asked for."""
        ...

    def resolve(self) -> ResolvedProject:
        """Let compose find, merge and interpolate the project's files."""
        ...

    def hashes(self, resolved: ResolvedProject) -> Mapping[str, str]:
        """Service name to the hash that compose would label its containers with."""
        ...

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Path, modification time (ns) and size of each file the project is made from.

        Cheap: it starts no program. Where it changes, `resolve` wants to be asked again.
        """
        ...
