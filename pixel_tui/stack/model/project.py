"""A project as compose resolves it from its files."""

from dataclasses import dataclass, field

from pixel_tui.stack.model.container import (
    Port,
    Shares,
    _shares,
)
from pixel_tui.stack.model.deliveries import Delivery
from pixel_tui.stack.model.resource_model import Resource
from pixel_tui.stack.model.value_mark import Marks
from pixel_tui.text import NO_TEXT, SafeText


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
    links: tuple[SafeText, ...] = ()
    """The services that it is linked to (`links: [db:alias]`)."""
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
    deliveries: tuple[Delivery, ...] = ()
    """What its containers are given that its hash does not tell."""

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
