"""What a stack is: plain, frozen values without any client behind them.

All text in here has passed `pixel_tui.text.plain`, and every secret that could be
recognised is masked already. Times are aware and in UTC, sizes are bytes, and
durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.stack.replacements import leftovers
from pixel_tui.stack.resource_model import Diverged, Resource
from pixel_tui.stack.value_mark import Marks
from pixel_tui.text import SafeText

NO_TEXT: Final = SafeText("")


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


class ServiceState(StrEnum):
    """The state of a service: that of its containers, taken together."""

    RUNNING = "running"
    PARTIAL = "partial"
    """Some of the containers that should run do, some do not."""
    RESTARTING = "restarting"
    PAUSED = "paused"
    CREATED = "created"
    EXITED = "exited"
    DONE = "done"
    """Every container ended with exit code 0 and nothing starts it again."""
    ABSENT = "absent"
    """It should run and has no container."""
    OFF = "off"
    """It belongs to a profile that is not active and has no container."""
    UNKNOWN = "unknown"


class Namespace(StrEnum):
    """What a container may share with another one, and loses when that is started again."""

    NETWORK = "network"
    IPC = "IPC namespace"
    PID = "PID namespace"


Shares = tuple[tuple[Namespace, str], ...]
"""What is shared, and with whom: the id of a container, or the name of a service."""


class SyncAction(StrEnum):
    """What `docker compose up` would do to a service."""

    NOTHING = "in sync"
    CREATE = "create"
    START = "start"
    RECREATE = "recreate"
    SCALE_UP = "scale up"
    SCALE_DOWN = "scale down"
    BUILD = "build"
    """The image is not there: it would be built or pulled first."""
    VOLUME = "volume"
    """It would ask whether to make a volume again, and lose its data."""
    REBUILD = "rebuild"
    """Nothing, though its image was built with other values than a build would get now."""
    OFF = "off"
    """Nothing, since the service's profile is not active."""
    ORPHAN = "orphan"
    """Nothing: the compose file does not name it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sync:
    """What `docker compose up` would do, and why."""

    action: SyncAction
    reason: SafeText = NO_TEXT
    invalid_image: bool = False
    """The engine takes the name of its image for none: compose can create nothing from it."""
    missing_image: bool = False
    """Its image is not there: it is built or pulled before a container is made."""

    @property
    def words(self) -> SafeText:
        """What it is called; a service of which not all is known is in sync with a question."""
        doubt = "?" if self.action is SyncAction.NOTHING and self.reason else ""
        return SafeText(f"{self.action.value}{doubt}")


@dataclass(frozen=True, slots=True)
class BuildState:
    """How an image was built, compared with what a build would get now: names of arguments."""

    other: tuple[SafeText, ...] = ()
    """It was built with another value."""
    unknown: tuple[SafeText, ...] = ()
    """A build writes them into the program, and nothing tells what it was built with."""
    same: tuple[SafeText, ...] = ()
    """It was built with the value of now."""


NO_BUILD: Final = BuildState()


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
class Dependency:
    """An entry of a service's `depends_on`."""

    service: SafeText
    condition: SafeText = SafeText("service_started")
    restart: bool = False
    """Compose restarts the dependant when it restarts this service."""
    required: bool = True


@dataclass(frozen=True, slots=True, order=True)
class External:
    """What a service needs and compose does not make: it has to be there before."""

    kind: str
    """`network` or `volume`: the word of the docker program."""
    name: SafeText


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service as the resolved compose model describes it."""

    name: SafeText
    image: SafeText
    """What compose would run: `image`, or `<project>-<service>` for one that is built; empty where
    it has neither."""
    active: bool = True
    """Whether `up` without arguments means it: no profile, or an active one."""
    profiles: tuple[SafeText, ...] = ()
    brought_up: bool = False
    """No profile of it is active, and it is wanted all the same: it was brought up with one, and
    was neither stopped on purpose nor removed since."""
    replicas: int = 1
    builds: bool = False
    always_builds: bool = False
    """Each `up` builds it (`pull_policy: build`), be its image there or not."""
    build_folder: str = ""
    """The build's context, where it is a folder; empty where it is not, or nothing is built."""
    dockerfile: str = ""
    """Its Dockerfile, relative to the folder; empty where it is written in the compose file."""
    depends_on: tuple[Dependency, ...] = ()
    has_health_check: bool = False
    restart_policy: SafeText = NO_TEXT
    """As written; empty where the file says nothing."""
    container_name: SafeText = NO_TEXT
    stop_grace_period: float = 10.0
    """In seconds."""
    log_driver: SafeText = NO_TEXT
    ports: tuple[Port, ...] = ()
    variables: Marks = field(default=(), repr=False)
    """What its environment would be, to be compared."""
    build_arguments: Marks = field(default=(), repr=False)
    """What a build of its image would get, to be compared."""
    config_hash: SafeText = NO_TEXT
    """The hash that compose would label its containers with; empty when unknown."""
    networks: tuple[SafeText, ...] = ()
    """The names that the engine knows its networks by."""
    externals: tuple[External, ...] = ()
    provider: SafeText = NO_TEXT
    """What runs it in place of the engine: it never has a container."""
    hash_doubt: SafeText = NO_TEXT
    """Why a container with another hash need not differ; empty where it does."""
    joins: tuple[SafeText, ...] = ()
    """The services of whose containers it shares a namespace or the volumes: each of its
    containers belongs to one certain container of theirs."""
    network_of: SafeText = NO_TEXT
    """The service whose network it shares (`network_mode: service:vpn`, or `container:` with the
    `container_name` of a service)."""
    ipc_of: SafeText = NO_TEXT
    """The same of its IPC namespace (`ipc: service:api`)."""
    pid_of: SafeText = NO_TEXT
    """The same of its PID namespace (`pid: service:api`)."""
    network_keys: tuple[SafeText, ...] = ()
    """Its networks by their keys in the compose file."""
    volumes: tuple[SafeText, ...] = ()
    """By their keys in the compose file."""
    refused: SafeText = NO_TEXT
    """Why compose makes no container of it, not even where it alone is named."""

    @property
    def shares(self) -> Shares:
        """The namespaces that it has from other services."""
        return _shares(self.network_of, self.ipc_of, self.pid_of)

    @property
    def meant(self) -> bool:
        """Whether it is meant where nothing is named: active, or brought up by a profile."""
        return self.active or self.brought_up


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """A volume as the resolved compose model describes it."""

    name: SafeText
    """The engine's name of it."""
    external: bool = False
    """Compose neither makes nor removes it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A compose project as compose itself resolves it."""

    name: SafeText
    directory: SafeText
    files: tuple[SafeText, ...] = ()
    services: tuple[ServiceSpec, ...] = ()
    warnings: tuple[SafeText, ...] = ()
    """What compose warned about while it read the project."""
    left_out: SafeText = NO_TEXT
    """Why services are known as they are written only: compose refuses their profiles."""
    refused_together: SafeText = NO_TEXT
    """Why compose refuses all profiles even for `down`, which looks into no env file."""
    volumes: tuple[VolumeSpec, ...] = ()
    profiles: tuple[SafeText, ...] = ()
    """What `COMPOSE_PROFILES` asks for, whether there is such a profile or not."""
    env_files: tuple[SafeText, ...] = ()
    """What `--env-file` named."""
    adopted: bool = False
    """It is read with the files that its containers were made with; nobody named them."""
    moved: SafeText = NO_TEXT
    """The files that compose would open by now; empty where they are the same."""
    from_labels: bool = False
    """Compose has not resolved it: it is what the labels of the containers tell."""
    awaits_hashes: bool = False
    """Compose is still being asked for the hashes of its services."""
    resources: tuple[Resource, ...] = ()
    """Its networks and volumes."""

    def needed_by(self, service: str) -> tuple[SafeText, ...]:
        """The services that name this one in their `depends_on`."""
        return tuple(
            spec.name
            for spec in self.services
            if any(dependency.service == service for dependency in spec.depends_on)
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a part of the picture is missing, and what to do about it."""

    what: SafeText
    remedy: SafeText
    since: datetime

    def lasting(self, before: "Trouble | None") -> "Trouble":
        """The same with its age. What was wrong before in other words was another trouble."""
        if before is None or before.what != self.what:
            return self
        return replace(self, since=before.since)


class Link(StrEnum):
    """How the console stands with the engine."""

    CONNECTING = "connecting"
    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The engine that is looked at."""

    address: SafeText
    context: SafeText
    """The Docker context's name, or where the address came from."""
    link: Link = Link.CONNECTING
    version: SafeText = NO_TEXT
    api_version: SafeText = NO_TEXT
    host_name: SafeText = NO_TEXT
    cpus: int = 0
    memory: int = 0
    """Bytes of memory of the engine's host."""
    trouble: Trouble | None = None
    """Set while the link is lost."""
    seen_at: datetime | None = field(default=None, compare=False)
    """When it last answered."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: what the compose file wants and what the engine has."""

    name: SafeText
    spec: ServiceSpec | None
    """None for an orphan: a service that the compose file does not name. Nothing is one while
    the compose file can't be read."""
    containers: tuple[Container, ...] = ()
    """By number; those made by `docker compose run` last."""
    state: ServiceState = ServiceState.UNKNOWN
    health: HealthStatus = HealthStatus.NONE
    sync: Sync = Sync(SyncAction.UNKNOWN)
    build: BuildState = NO_BUILD
    """How the image was built that `up` would run."""
    missing: tuple[External, ...] = ()
    """What it needs, is not there, and compose will not make."""
    cut_off: SafeText = NO_TEXT
    """Why it is without what it shares, or ended with it; empty where it has it, or shares
    nothing."""
    cut_off_from: Namespace | None = None
    """What that is."""

    @property
    def orphan(self) -> bool:
        """Whether the compose file does not name it."""
        return self.spec is None

    @property
    def regular(self) -> tuple[Container, ...]:
        """The containers that `up` made, without what a recreate that broke off left."""
        left = {item.id for item in self.leftovers}
        return tuple(item for item in self.containers if not item.oneoff and item.id not in left)

    @property
    def leftovers(self) -> tuple[Container, ...]:
        """What a recreate that broke off left beside the containers that it was to replace."""
        return leftovers(self.containers)

    @property
    def oneoffs(self) -> tuple[Container, ...]:
        """The containers that `docker compose run` made."""
        return tuple(container for container in self.containers if container.oneoff)

    @property
    def members(self) -> tuple[Container, ...]:
        """The containers that its state, health and counts are taken from.

        A one-off is a command beside a service, not the service: it stands for one only where
        none should run, such as that of the workers.
        """
        return self.regular if self.wanted else self.regular or self.containers

    @property
    def restarts(self) -> int:
        """How often the engine restarted its containers, all in all."""
        return sum(container.restarts for container in self.members)

    @property
    def wanted(self) -> bool:
        """Whether it should run: named, meant, and not scaled to nothing."""
        spec = self.spec
        return spec is not None and spec.meant and spec.replicas > 0 and not spec.provider

    @property
    def disconnected(self) -> tuple[SafeText, ...]:
        """Networks of its own that a running container of it is not in."""
        wanted = self.spec.networks if self.spec else ()
        return tuple(
            name
            for name in wanted
            if any(
                item.running
                and not item.partial
                and name not in {at.network for at in item.networks}
                for item in self.regular
            )
        )

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it.

        One that should run does, and its health check (if any) agrees; a service
        that ran to its end with exit code 0 is well too. One that need not run
        is well unless a container of it is failing.
        """
        partial = any(item.partial for item in self.regular)
        if self.health is HealthStatus.UNHEALTHY or self.cut_off or partial:
            return False
        if self.disconnected:
            return False
        if self.wanted:
            return self.state is ServiceState.DONE or (
                self.state is ServiceState.RUNNING
                and self.health in {HealthStatus.NONE, HealthStatus.HEALTHY}
            )
        return self.state not in {ServiceState.RESTARTING, ServiceState.PARTIAL}


@dataclass(frozen=True, slots=True)
class StackSnapshot:
    """The whole stack at one moment. Equal stacks are equal, whenever they were seen."""

    engine: EngineStatus
    project_name: SafeText = NO_TEXT
    project: Project | None = None
    """None while compose has not resolved it, or can't."""
    project_trouble: Trouble | None = None
    by_labels: Project | None = None
    """What the containers' labels tell of the project, while compose can't resolve it."""
    services: tuple[Service, ...] = ()
    """In the order of the compose file's resolved model (by name), orphans last."""
    taken_at: datetime | None = field(default=None, compare=False)
    """When the engine was last asked with success; None before the first answer."""
    other_names: tuple[SafeText, ...] = ()
    """Names that containers of this project's folder carry in place of its own.

    Asked for only where no container carries its own.
    """
    diverged: tuple[Diverged, ...] = ()
    """Networks and volumes that are not as the compose file says."""

    @property
    def complete(self) -> bool:
        """Whether both the engine and the compose model have been read."""
        return self.taken_at is not None and self.project is not None

    @property
    def model(self) -> Project | None:
        """The project as compose resolved it last, else as the labels tell it."""
        return self.project or self.by_labels

    @property
    def stale(self) -> bool:
        """Whether what is shown may no longer be so."""
        return self.engine.link is not Link.READY

    def service(self, name: str) -> Service | None:
        """The service of this name, if there is one."""
        return next((service for service in self.services if service.name == name), None)

    def container(self, container_id: str) -> Container | None:
        """The container of this id, if it is part of the stack."""
        for service in self.services:
            for container in service.containers:
                if container.id == container_id:
                    return container
        return None

    @property
    def orphans(self) -> tuple[Container, ...]:
        """The containers of services that the compose file does not name."""
        return tuple(
            container
            for service in self.services
            if service.orphan
            for container in service.containers
        )


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


@dataclass(frozen=True, slots=True)
class StackEvent:
    """Something that the engine reported about a container of the project."""

    at: datetime
    action: SafeText
    """The engine's word: `start`, `die`, `oom`, `health_status: unhealthy`..."""
    container_id: str
    container: SafeText
    service: SafeText
    detail: SafeText = NO_TEXT
    """In words: `exit 137 OOM-killed`."""
