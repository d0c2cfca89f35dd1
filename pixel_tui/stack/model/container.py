"""A container as the engine describes it, and its resource usage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.stack.model.fingerprints import Fingerprints
from pixel_tui.text import NO_TEXT, SafeText

PREDEFINED_NETWORKS: Final = frozenset({"bridge", "host", "none"})
"""The engine's own; it makes `bridge` again, with another id, whenever it is started."""


class ContainerState(StrEnum):
    """The state of a container in the engine's words (`GET /containers/{id}/json`)."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"
    UNKNOWN = "unknown"


class HealthStatus(StrEnum):
    """The status of a container's health check, from the engine."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Namespace(StrEnum):
    """A namespace that a container can share with another, and loses if that one restarts."""

    NETWORK = "network"
    IPC = "IPC namespace"
    PID = "PID namespace"


Shares = tuple[tuple[Namespace, str], ...]
"""Namespaces and their owners: the id of a container, or the name of a service."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One run of a health check."""

    started: datetime
    ended: datetime | None
    exit_code: int
    output: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a container's health check."""

    status: HealthStatus
    failing_streak: int = 0
    probes: tuple[Probe, ...] = ()
    """The last five runs, which are all that the engine keeps, oldest first."""


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """A port of a container, published on the host or only exposed."""

    container_port: int
    protocol: str = "tcp"
    host_ip: SafeText = NO_TEXT
    host_port: int | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder, volume or tmpfs mounted in a container."""

    kind: SafeText
    source: SafeText
    target: SafeText
    writable: bool


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """A container's address and aliases in a network."""

    network: SafeText
    address: SafeText
    aliases: tuple[SafeText, ...] = ()
    network_id: str = ""
    """The network's id; a recreated network has a new one."""

    @property
    def needed_id(self) -> str:
        """The id without which the container can't start; empty if it is looked up by name."""
        return "" if self.network in PREDEFINED_NETWORKS else self.network_id


@dataclass(frozen=True, slots=True)
class EnvironmentEntry:
    """A variable of a container; the value is masked if it looks secret."""

    name: SafeText
    value: SafeText


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the project, from `GET /containers/{id}/json`."""

    id: str
    name: SafeText
    service: SafeText
    """From the label `com.docker.compose.service`."""
    state: ContainerState
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    number: int = 1
    oneoff: bool = False
    """Made by `docker compose run`."""
    image: SafeText = NO_TEXT
    image_id: SafeText = NO_TEXT
    health: Health | None = None
    """None if it has no health check."""
    exit_code: int | None = None
    """None while it runs, and if it never ran."""
    was_stopped: bool | None = None
    """True if it was stopped, False if it exited by itself, None if that is not known."""
    oom_killed: bool = False
    previous_exit: SafeText = NO_TEXT
    """How the run before the present one exited, in words; empty if not known."""
    previous_oom_killed: bool = False
    """Whether the run before the present one is known to have been OOM-killed."""
    error: SafeText = NO_TEXT
    """Why the engine could not start it, in the engine's words."""
    restarts: int = 0
    restart_policy: SafeText = NO_TEXT
    command: SafeText = NO_TEXT
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    networks: tuple[NetworkAddress, ...] = ()
    labels: tuple[tuple[SafeText, SafeText], ...] = ()
    environment: tuple[EnvironmentEntry, ...] = ()
    variables: Fingerprints = field(default=(), repr=False)
    """Its environment as fingerprints, for comparison."""
    log_driver: SafeText = NO_TEXT
    tty: bool = False
    memory_limit: int | None = None
    """In bytes; None if it has no limit of its own."""
    config_hash: SafeText = NO_TEXT
    """From the label `com.docker.compose.config-hash`."""
    partial: bool = False
    """The engine lists it but could not inspect it: `error` has the reason."""
    joins: tuple[str, ...] = ()
    """Ids of the containers whose namespaces or volumes it shares."""
    network_of: str = ""
    """Id of the container whose network namespace it shares."""
    ipc_of: str = ""
    """Id of the container whose IPC namespace, which includes `/dev/shm`, it shares."""
    pid_of: str = ""
    """Id of the container whose PID namespace it shares."""
    replaces: str = ""
    """The first digits of the id of the container that compose created it to replace; empty once
    it has taken that one's name."""

    @property
    def short_id(self) -> str:
        """The first twelve digits, as docker prints them."""
        return self.id[:12]

    @property
    def shares(self) -> Shares:
        """The namespaces that it shares, with the ids of their owners."""
        return _shares(self.network_of, self.ipc_of, self.pid_of)

    @property
    def running(self) -> bool:
        """Whether its main process exists, as a paused one's does."""
        return self.state in {ContainerState.RUNNING, ContainerState.PAUSED}

    @property
    def health_status(self) -> HealthStatus:
        """The status of its health check, `none` if it has no check."""
        return self.health.status if self.health else HealthStatus.NONE

    @property
    def stopped_on_purpose(self) -> bool:
        """Whether it was stopped on purpose or has finished its work, as far as is known.

        Events decide. Without them: with the policy `always` or `unless-stopped` any other exit
        would have been followed by a restart; with another policy, exit codes 0 and 143 (SIGTERM)
        count as stopped on purpose.
        """
        if self.state is not ContainerState.EXITED or self.oom_killed or self.error:
            return False
        if self.was_stopped is not None:
            return self.was_stopped or self.exit_code == 0
        return self.restart_policy in {"always", "unless-stopped"} or self.exit_code in {0, 143}

    @property
    def logs_readable(self) -> bool:
        """Whether the engine can read its logs."""
        return self.log_driver != "none"


def _shares(network: str, ipc: str, pid: str) -> Shares:
    pairs = ((Namespace.NETWORK, network), (Namespace.IPC, ipc), (Namespace.PID, pid))
    return tuple((kind, of) for kind, of in pairs if of)


@dataclass(frozen=True, slots=True)
class Usage:
    """Resource usage of a container over the last interval. Rates are bytes per second."""

    cpu: float | None = None
    """Share of one core: 1.0 is one core fully used; None until there are two samples."""
    memory: int = 0
    memory_limit: int | None = None
    """The container's own limit in bytes; None if only the host's memory limits it."""
    received: float | None = None
    sent: float | None = None
    read: float | None = None
    written: float | None = None
    processes: int | None = None


UsageTable = Mapping[str, Usage]
"""Container id to its present usage; running containers only."""
