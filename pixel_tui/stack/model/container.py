"""A container as the engine describes it, and what it uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pixel_tui.stack.model.value_mark import Marks
from pixel_tui.text import NO_TEXT, SafeText


class ContainerState(StrEnum):
    """The engine's word for the state of a container (`GET /containers/{id}/json`)."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"
    UNKNOWN = "unknown"


class HealthStatus(StrEnum):
    """The engine's verdict on a container's health check."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Namespace(StrEnum):
    """What a container may share with another one, and loses when that is started again."""

    NETWORK = "network"
    IPC = "IPC namespace"
    PID = "PID namespace"


Shares = tuple[tuple[Namespace, str], ...]
"""What is shared, and with whom: the id of a container, or the name of a service."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One run of a health check."""

    started: datetime
    ended: datetime | None
    exit_code: int
    output: tuple[SafeText, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """What the engine knows about a container's health check."""

    status: HealthStatus
    failing_streak: int = 0
    probes: tuple[Probe, ...] = ()
    """The last runs that the engine keeps (five), oldest first."""


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """A port of a container, published on the host or only exposed."""

    container_port: int
    protocol: str = "tcp"
    host_ip: SafeText = NO_TEXT
    host_port: int | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder, volume or memory file system inside a container."""

    kind: SafeText
    source: SafeText
    target: SafeText
    writable: bool


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """A container's place in a network."""

    network: SafeText
    address: SafeText
    aliases: tuple[SafeText, ...] = ()
    network_id: str = ""
    """Of the network that it was attached to: one that is made again has another."""


@dataclass(frozen=True, slots=True)
class EnvironmentEntry:
    """A variable of a container; the value is masked when it looks secret."""

    name: SafeText
    value: SafeText


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the project, as `GET /containers/{id}/json` tells it."""

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
    """None where the container has no health check."""
    exit_code: int | None = None
    """None while it runs, and for one that never ran."""
    told_to_end: bool | None = None
    """Whether it was stopped, or ended by itself; None where nobody saw it."""
    oom_killed: bool = False
    ended_before: SafeText = NO_TEXT
    """Of one that runs: how its last run ended, in words; empty where nobody saw it."""
    oom_killed_before: bool = False
    """Of one that runs: its last run was ended for lack of memory, as far as anybody saw."""
    error: SafeText = NO_TEXT
    """The engine's own words on why it could not start it."""
    restarts: int = 0
    restart_policy: SafeText = NO_TEXT
    command: SafeText = NO_TEXT
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    networks: tuple[NetworkAddress, ...] = ()
    labels: tuple[tuple[SafeText, SafeText], ...] = ()
    environment: tuple[EnvironmentEntry, ...] = ()
    variables: Marks = field(default=(), repr=False)
    """What its environment is compared by."""
    log_driver: SafeText = NO_TEXT
    tty: bool = False
    memory_limit: int | None = None
    """In bytes; None where it has no limit of its own."""
    config_hash: SafeText = NO_TEXT
    """From the label `com.docker.compose.config-hash`."""
    partial: bool = False
    """The engine lists it and could not tell more: `error` says why."""
    joins: tuple[str, ...] = ()
    """Ids of the containers whose namespaces or volumes it shares."""
    network_of: str = ""
    """Id of the container whose network it shares."""
    ipc_of: str = ""
    """Id of the container whose IPC namespace, and with it `/dev/shm`, it shares."""
    pid_of: str = ""
    """Id of the container whose processes it is among."""
    replaces: str = ""
    """The first digits of the id of the container that compose made it to replace, while it is
    not in its place."""

    @property
    def short_id(self) -> str:
        """The first twelve digits, as the docker program shows them."""
        return self.id[:12]

    @property
    def shares(self) -> Shares:
        """The namespaces that it has from other containers."""
        return _shares(self.network_of, self.ipc_of, self.pid_of)

    @property
    def running(self) -> bool:
        """Whether its main process is there (a paused one's is)."""
        return self.state in {ContainerState.RUNNING, ContainerState.PAUSED}

    @property
    def health_status(self) -> HealthStatus:
        """The verdict of its health check, `none` where it has no check."""
        return self.health.status if self.health else HealthStatus.NONE

    @property
    def put_down(self) -> bool:
        """Whether it ended because it was told to, or has done its work, as far as one can tell.

        Events decide. Where nobody saw them: another end is followed by a restart where the policy
        is `always` or `unless-stopped`; else 0 and 143 (SIGTERM) are the ends of what was asked to.
        """
        if self.state is not ContainerState.EXITED or self.oom_killed or self.error:
            return False
        if self.told_to_end is not None:
            return self.told_to_end or self.exit_code == 0
        return self.restart_policy in {"always", "unless-stopped"} or self.exit_code in {0, 143}

    @property
    def logs_readable(self) -> bool:
        """Whether the engine can read back what it wrote."""
        return self.log_driver != "none"


def _shares(network: str, ipc: str, pid: str) -> Shares:
    pairs = ((Namespace.NETWORK, network), (Namespace.IPC, ipc), (Namespace.PID, pid))
    return tuple((kind, of) for kind, of in pairs if of)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a container uses, over the last interval. Rates are bytes a second."""

    cpu: float | None = None
    """Share of one core: 1.0 is one core fully used; None until two samples exist."""
    memory: int = 0
    memory_limit: int | None = None
    """The container's own limit, None where only the host's memory limits it."""
    received: float | None = None
    sent: float | None = None
    read: float | None = None
    written: float | None = None
    processes: int | None = None


UsageTable = Mapping[str, Usage]
"""Container id to what it uses now; running containers only."""
