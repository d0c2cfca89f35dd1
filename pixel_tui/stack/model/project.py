"""A project as compose resolves it from its files."""

from dataclasses import dataclass, field

from pixel_tui.stack.model.container import (
    Port,
    Shares,
    _shares,
)
from pixel_tui.stack.model.deliveries import Delivery
from pixel_tui.stack.model.fingerprints import Fingerprints
from pixel_tui.stack.model.resource_model import Resource
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class Dependency:
    """An entry of a service's `depends_on`."""

    service: SafeText
    condition: SafeText = SafeText("service_started")
    restart: bool = False
    """Whether compose restarts the dependent service when it restarts this one."""
    required: bool = True


@dataclass(frozen=True, slots=True, order=True)
class External:
    """An external network or volume of a service: it must exist, compose does not create it."""

    kind: str
    """`network` or `volume`, as in the docker commands."""
    name: SafeText


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service as the resolved compose model describes it."""

    name: SafeText
    image: SafeText
    """The image that compose would run: `image`, or `<project>-<service>` if it is built; empty if
    it has neither."""
    active: bool = True
    """Whether `up` without arguments includes it: it has no profile, or an active one."""
    profiles: tuple[SafeText, ...] = ()
    brought_up: bool = False
    """No profile of it is active, but it was brought up with one and has neither been stopped on
    purpose nor removed since then, so it is wanted."""
    replicas: int = 1
    builds: bool = False
    always_builds: bool = False
    """Each `up` builds it (`pull_policy: build`), even if its image exists."""
    build_folder: str = ""
    """The build context, if it is a folder; empty if it is not, or nothing is built."""
    dockerfile: str = ""
    """Its Dockerfile, relative to the folder; empty if it is inline in the compose file."""
    depends_on: tuple[Dependency, ...] = ()
    has_health_check: bool = False
    restart_policy: SafeText = NO_TEXT
    """As written; empty if the file has none."""
    container_name: SafeText = NO_TEXT
    stop_grace_period: float = 10.0
    """In seconds."""
    log_driver: SafeText = NO_TEXT
    ports: tuple[Port, ...] = ()
    variables: Fingerprints = field(default=(), repr=False)
    """The environment of a new container as fingerprints, for comparison."""
    build_arguments: Fingerprints = field(default=(), repr=False)
    """The build arguments of its image as fingerprints, for comparison."""
    config_hash: SafeText = NO_TEXT
    """The hash that compose would label its containers with; empty if unknown."""
    networks: tuple[SafeText, ...] = ()
    """The engine's names of its networks."""
    externals: tuple[External, ...] = ()
    provider: SafeText = NO_TEXT
    """The type of its provider, which runs it without a container; empty if it has none."""
    hash_doubt: SafeText = NO_TEXT
    """Why a container with another hash may still be in sync; empty if the hash is reliable."""
    joins: tuple[SafeText, ...] = ()
    """The services whose containers it shares a namespace or volumes with: each of its containers
    depends on one particular container of theirs."""
    links: tuple[SafeText, ...] = ()
    """The services that it links to (`links: [db:alias]`)."""
    network_of: SafeText = NO_TEXT
    """The service whose network it shares (`network_mode: service:vpn`, or `container:` with the
    `container_name` of a service)."""
    ipc_of: SafeText = NO_TEXT
    """The service whose IPC namespace it shares (`ipc: service:api`)."""
    pid_of: SafeText = NO_TEXT
    """The service whose PID namespace it shares (`pid: service:api`)."""
    network_keys: tuple[SafeText, ...] = ()
    """Its networks by their keys in the compose file."""
    volumes: tuple[SafeText, ...] = ()
    """Its volumes by their keys in the compose file."""
    refused: SafeText = NO_TEXT
    """Why compose can't create a container of it, even if only this service is named."""
    deliveries: tuple[Delivery, ...] = ()
    """The contents that its containers get and its hash does not cover."""

    @property
    def shares(self) -> Shares:
        """The namespaces that it shares, with the services that own them."""
        return _shares(self.network_of, self.ipc_of, self.pid_of)

    @property
    def enabled(self) -> bool:
        """Whether it is included if no service is named: active, or brought up by a profile."""
        return self.active or self.brought_up


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """A volume as the resolved compose model describes it."""

    name: SafeText
    """Its name in the engine."""
    external: bool = False
    """Compose neither creates nor removes it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A compose project as compose itself resolves it."""

    name: SafeText
    directory: SafeText
    files: tuple[SafeText, ...] = ()
    services: tuple[ServiceSpec, ...] = ()
    warnings: tuple[SafeText, ...] = ()
    """Compose's warnings from reading the project."""
    left_out: SafeText = NO_TEXT
    """Why some services are only known unresolved: compose refuses their profiles."""
    refused_together: SafeText = NO_TEXT
    """Why compose refuses all profiles together, even for `down`, which reads no env file."""
    volumes: tuple[VolumeSpec, ...] = ()
    profiles: tuple[SafeText, ...] = ()
    """The profiles in `COMPOSE_PROFILES`, even those that no service has."""
    env_files: tuple[SafeText, ...] = ()
    """The files named by `--env-file`."""
    adopted: bool = False
    """No files were named; it is read with those its containers were created with."""
    moved: SafeText = NO_TEXT
    """The files that compose would read now instead; empty if they are the same."""
    from_labels: bool = False
    """It is derived from the containers' labels; compose has not resolved it."""
    awaits_hashes: bool = False
    """Compose is still being asked for the hashes of its services."""
    resources: tuple[Resource, ...] = ()
    """Its networks and volumes."""

    def needed_by(self, service: str) -> tuple[SafeText, ...]:
        """Return the services that have this one in their `depends_on`."""
        return tuple(
            spec.name
            for spec in self.services
            if any(dependency.service == service for dependency in spec.depends_on)
        )
