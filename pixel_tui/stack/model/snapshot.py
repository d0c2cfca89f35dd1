"""What a stack is: plain, frozen values without any client behind them.

All text in here has passed `pixel_tui.text.plain`, and every secret that could be
recognised is masked already. Times are aware and in UTC, sizes are bytes, and
durations are seconds.
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
from pixel_tui.text import NO_TEXT, SafeText


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


class SyncAction(StrEnum):
    """What `docker compose up` would do to a service."""

    NOTHING = "in sync"
    CREATE = "create"
    START = "start"
    RECREATE = "recreate"
    SCALE_UP = "scale up"
    SCALE_DOWN = "scale down"
    BUILD = "build"
    """The image is not there: it would be built first."""
    PULL = "pull"
    """The image is not there, and is not built: it would be pulled first."""
    VOLUME = "volume"
    """It would ask whether to make a volume again, and lose its data."""
    REBUILD = "rebuild"
    """Nothing, though its image was built with other values than a build would get now."""
    OFF = "off"
    """Nothing, since the service's profile is not active."""
    ORPHAN = "orphan"
    """Nothing: the compose file does not name it."""
    PROVIDER = "provider"
    """Run its provider, which it always does: there is no container to compare."""
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
    outdated: Outdated | None = None
    """What its containers may have an old content of, that no hash tells."""

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
class StackEvent:
    """Something that the engine reported about a container of the project."""

    at: datetime
    action: SafeText
    """The engine's word: `start`, `die`, `oom`, `health_status: unhealthy`..."""
    container_id: str
    container: SafeText
    service: SafeText
    detail: SafeText = NO_TEXT
    """In words: `exit code 137 (SIGKILL)`, `signal 15`."""
    exit_code: int | None = None
    """Of a `die`."""
