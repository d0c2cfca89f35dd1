"""The snapshot of a stack: frozen values without any client behind them.

All text has passed `pixel_tui.text.plain`, and every recognised secret is masked. Times are aware
and in UTC, sizes are bytes, and durations are seconds.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.stack.model.container import (
    Container,
    HealthStatus,
    Namespace,
)
from pixel_tui.stack.model.deliveries import Outdated
from pixel_tui.stack.model.project import External, Project, ServiceSpec
from pixel_tui.stack.model.replacements import leftovers
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS, TypedCommands
from pixel_tui.text import NO_TEXT, SafeText


class ServiceState(StrEnum):
    """The state of a service, combined from its containers."""

    RUNNING = "running"
    PARTIAL = "partial"
    """Some but not all of the containers that should run do."""
    RESTARTING = "restarting"
    PAUSED = "paused"
    CREATED = "created"
    EXITED = "exited"
    DONE = "done"
    """Every container exited with code 0 and is not restarted."""
    ABSENT = "absent"
    """It should run but has no container."""
    OFF = "off"
    """It has no container and need not run: its profile is not active, for example."""
    UNKNOWN = "unknown"


class SyncAction(StrEnum):
    """What `docker compose up` would do to a service."""

    NOTHING = "in sync"
    CREATE = "create"
    START = "start"
    RECREATE = "recreate"
    SCALE_UP = "scale up"
    SCALE_DOWN = "scale down"
    BUILD = "build"
    """The image is missing and would be built first."""
    PULL = "pull"
    """The image is missing and would be pulled first."""
    VOLUME = "volume"
    """It would ask whether to recreate a volume, which loses its data."""
    REBUILD = "rebuild"
    """Nothing, although its image was built with other values than a build would get now."""
    OFF = "off"
    """Nothing, because the service's profile is not active."""
    ORPHAN = "orphan"
    """Nothing, because the service is not in the compose file."""
    PROVIDER = "provider"
    """Run its provider, as always: there is no container to compare."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sync:
    """What `docker compose up` would do, and why."""

    action: SyncAction
    reason: SafeText = NO_TEXT
    invalid_image: bool = False
    """The engine rejects the name of its image, so no container can be created."""
    missing_image: bool = False
    """Its image is missing: it is built or pulled before a container is created."""
    needs_force: bool = False
    """`up` would fail to start its containers: only `up --force-recreate` replaces them."""

    @property
    def words(self) -> SafeText:
        """The text of the SYNC column; `in sync?` if it is in doubt."""
        doubt = "?" if self.action is SyncAction.NOTHING and self.reason else ""
        return SafeText(f"{self.action.value}{doubt}")


@dataclass(frozen=True, slots=True)
class BuildState:
    """A service's build arguments by how its image's values compare to those of a new build."""

    other: tuple[SafeText, ...] = ()
    """The image was built with another value."""
    unknown: tuple[SafeText, ...] = ()
    """A build writes them into the program, and it is not known what the image was built with."""
    same: tuple[SafeText, ...] = ()
    """The image was built with the present value."""


NO_BUILD: Final = BuildState()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a part of the snapshot is missing, and how to fix it."""

    what: SafeText
    hint: SafeText
    since: datetime
    denied: bool = False
    """The Docker daemon may answer, and this user has no permission to ask it."""

    def continuing(self, before: "Trouble | None") -> "Trouble":
        """Return it with the start time of `before`, if that is the same trouble."""
        if before is None or before.what != self.what:
            return self
        return replace(self, since=before.since)


class Connection(StrEnum):
    """The state of the connection to the engine."""

    CONNECTING = "connecting"
    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The watched engine and the connection to it."""

    address: SafeText
    context: SafeText
    """The Docker context's name, or the source of the address."""
    connection: Connection = Connection.CONNECTING
    version: SafeText = NO_TEXT
    api_version: SafeText = NO_TEXT
    host_name: SafeText = NO_TEXT
    cpus: int = 0
    memory: int = 0
    """Memory of the engine's host, in bytes."""
    trouble: Trouble | None = None
    """Set while the link is lost."""
    seen_at: datetime | None = field(default=None, compare=False)
    """When it last answered."""

    @property
    def why_lost(self) -> SafeText:
        """Why the link is lost, in a few words."""
        if self.trouble is not None and self.trouble.denied:
            return SafeText("permission denied by the Docker daemon")
        return SafeText("the Docker daemon does not answer")


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its specification in the compose file and its containers in the engine."""

    name: SafeText
    spec: ServiceSpec | None
    """None for an orphan: a service that is not in the compose file. While the compose file can't
    be read, no service is an orphan."""
    containers: tuple[Container, ...] = ()
    """By number; those of `docker compose run` last."""
    state: ServiceState = ServiceState.UNKNOWN
    health: HealthStatus = HealthStatus.NONE
    sync: Sync = Sync(SyncAction.UNKNOWN)
    build: BuildState = NO_BUILD
    """The build of the image that `up` would run."""
    missing: tuple[External, ...] = ()
    """External networks and volumes that it needs and that do not exist."""
    cut_off: SafeText = NO_TEXT
    """How it lost the namespace that it shares, or was killed with its owner; empty if it has it,
    or shares none."""
    cut_off_from: Namespace | None = None
    """The namespace that it has lost."""
    outdated: Outdated | None = None
    """Contents that its containers may have an old version of, which no hash covers."""

    @property
    def sync_words(self) -> SafeText:
        """The text of the SYNC column: the profile that a service is off without, or its sync."""
        if self.sync.action is SyncAction.OFF and self.spec is not None and self.spec.profiles:
            return self.spec.profiles[0]
        return self.sync.words

    @property
    def orphan(self) -> bool:
        """Whether it is not in the compose file."""
        return self.spec is None

    @property
    def regular(self) -> tuple[Container, ...]:
        """The containers created by `up`, without leftovers of an interrupted recreate."""
        left = {item.id for item in self.leftovers}
        return tuple(item for item in self.containers if not item.oneoff and item.id not in left)

    @property
    def leftovers(self) -> tuple[Container, ...]:
        """Replacements left by an interrupted recreate, beside the containers to be replaced."""
        return leftovers(self.containers)

    @property
    def oneoffs(self) -> tuple[Container, ...]:
        """The containers created by `docker compose run`."""
        return tuple(container for container in self.containers if container.oneoff)

    @property
    def members(self) -> tuple[Container, ...]:
        """The containers that its state, health and counts are derived from.

        A one-off is a command beside the service, not part of it. It counts only for a service
        that need not run and has no other containers, such as the workers.
        """
        return self.regular if self.wanted else self.regular or self.containers

    @property
    def restarts(self) -> int:
        """How often the engine has restarted its containers in total."""
        return sum(container.restarts for container in self.members)

    @property
    def wanted(self) -> bool:
        """Whether it should run: in the compose file, included in `up`, not scaled to zero."""
        spec = self.spec
        return spec is not None and spec.enabled and spec.replicas > 0 and not spec.provider

    @property
    def disconnected(self) -> tuple[SafeText, ...]:
        """Those of its networks that one of its running containers is not connected to."""
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
    def is_ok(self) -> bool:
        """Whether nothing is wrong with it.

        A service that should run is well if it runs and its health check (if any) passes, or if it
        has completed with exit code 0. One that need not run is well unless a container is failing.
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
    """The complete stack at one moment. Equality ignores when it was read."""

    engine: EngineStatus
    project_name: SafeText = NO_TEXT
    project: Project | None = None
    """None while compose has not resolved it, or can't."""
    project_trouble: Trouble | None = None
    by_labels: Project | None = None
    """The project derived from the containers' labels, while compose can't resolve it."""
    services: tuple[Service, ...] = ()
    """In the order of the resolved model (by name), orphans last."""
    taken_at: datetime | None = field(default=None, compare=False)
    """When the engine was last read successfully; None before the first time."""
    other_names: tuple[SafeText, ...] = ()
    """Other project names that containers of this project's folder have.

    Read only if no container has the project's own name.
    """
    diverged: tuple[Diverged, ...] = ()
    """Networks and volumes that differ from the compose file."""
    typed: TypedCommands = WITHOUT_OPTIONS
    """Command lines to copy that act on this project."""

    @property
    def complete(self) -> bool:
        """Whether both the engine and the compose model have been read."""
        return self.taken_at is not None and self.project is not None

    @property
    def model(self) -> Project | None:
        """The project as compose last resolved it, else as derived from the labels."""
        return self.project or self.by_labels

    @property
    def stale(self) -> bool:
        """Whether the snapshot may be out of date, because the engine is not connected."""
        return self.engine.connection is not Connection.READY

    def service(self, name: str) -> Service | None:
        """Return the service of this name, if it exists."""
        return next((service for service in self.services if service.name == name), None)

    def container(self, container_id: str) -> Container | None:
        """Return the container of this id, if it is part of the stack."""
        for service in self.services:
            for container in service.containers:
                if container.id == container_id:
                    return container
        return None

    @property
    def orphans(self) -> tuple[Container, ...]:
        """The containers of services that are not in the compose file."""
        return tuple(
            container
            for service in self.services
            if service.orphan
            for container in service.containers
        )


@dataclass(frozen=True, slots=True)
class StackEvent:
    """An event of the engine about a container of the project."""

    at: datetime
    action: SafeText
    """As in the engine's API: `start`, `die`, `oom`, `health_status: unhealthy`..."""
    container_id: str
    container: SafeText
    service: SafeText
    detail: SafeText = NO_TEXT
    """A description: `exit code 137 (SIGKILL)`, `signal 15`."""
    exit_code: int | None = None
    """Set for `die`."""
