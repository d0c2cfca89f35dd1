"""The targets of an action, found in the stack. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixel_tui.errors import OperationError
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.model.words import down_words, state_words
from pixel_tui.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True)
class Target:
    """A service of compose, or one container."""

    name: SafeText
    """The name on the command line: of the service or the container."""
    service: SafeText
    containers: tuple[Container, ...]
    spec: ServiceSpec | None
    single: bool = False
    """Whether it is one container: an orphan, a one-off, or one of several of a service."""
    leftovers: tuple[Container, ...] = ()
    """Containers that an interrupted recreate left over, maybe the single container itself."""
    cut_off: SafeText = NO_TEXT
    """Why it is cut off from a shared namespace; empty if it is not."""

    @property
    def up(self) -> tuple[Container, ...]:
        """Its running and restarting containers."""
        return tuple(container for container in self.containers if is_up(container))

    @property
    def missing(self) -> int:
        """The number of containers that `up` would create."""
        if self.single or self.spec is None or self.spec.provider:
            return 0
        return max(0, self.spec.replicas - len(self.containers))

    @property
    def provider_reason(self) -> str:
        """Why it never has a container, as a predicate; empty if it can have one."""
        if self.single or self.containers or self.spec is None or not self.spec.provider:
            return ""
        return f"has no container: {self.spec.provider} provides it"

    @property
    def surplus(self) -> int:
        """The number of containers that `up` would remove."""
        if self.single or self.spec is None:
            return 0
        return max(0, len(self.containers) - self.spec.replicas)

    @property
    def has_health_check(self) -> bool:
        """Whether it has a health check."""
        by_engine = any(container.health is not None for container in self.containers)
        return by_engine or (self.spec is not None and self.spec.has_health_check)

    @property
    def healthy(self) -> bool:
        """Whether all of its containers are running and none is unhealthy."""
        return all(
            item.state is ContainerState.RUNNING
            and item.health_status is not HealthStatus.UNHEALTHY
            for item in self.containers
        )

    @property
    def stop_grace_seconds(self) -> float:
        """The time to stop before it is killed."""
        return self.spec.stop_grace_period if self.spec else 10.0

    @property
    def leftover_reason(self) -> str:
        """Why it must not be started, as a predicate; empty if it may."""
        if not self.single or not self.leftovers:
            return ""
        return "is left over from an interrupted recreate (`remove-leftovers` removes it)"

    @property
    def condition(self) -> SafeText:
        """Its current state, as a predicate: `is unhealthy`, `has exited with exit code 1`."""
        if not self.containers:
            return SafeText("has no container")
        worst = min(self.containers, key=_health_order)
        if worst.health_status is HealthStatus.UNHEALTHY and worst.running:
            return SafeText("is unhealthy")
        return state_words(worst.state) if worst.running else down_words(worst)


def find_target(name: str, snapshot: StackSnapshot) -> Target | None:
    """Return the service of this name, without its one-off containers."""
    service = snapshot.service(name)
    if service is None:
        return None
    return _service_target(service)


def target_named(word: str, snapshot: StackSnapshot) -> TargetRef:
    """Return the service of this name, or else the container of this id or name."""
    if snapshot.service(word) is None:
        container = snapshot.container(word) or _container_named(word, snapshot)
        if container is not None:
            return TargetRef(container.service, container.id)
    return TargetRef(word)


def find_targets(wanted: Sequence[TargetRef], snapshot: StackSnapshot) -> tuple[Target, ...]:
    """Return the targets for references to services and containers.

    A service that is not in the compose file is replaced by its containers, because compose would
    not find it. So is every service while compose can't read the project.

    Raises:
        OperationError: One of them is not part of the stack.
    """
    found: dict[str, Target] = {}
    for ref in dict.fromkeys(wanted):
        service = snapshot.service(ref.name)
        if ref.container_id is not None:
            container = snapshot.container(ref.container_id)
            if container is None:
                raise _unknown(ref.container_id, snapshot)
            found[container.id] = _container_target(container, snapshot)
        elif service is None:
            raise _unknown(ref.name, snapshot)
        elif snapshot.project_trouble is not None and service.members:
            found.update((item.id, _container_target(item, snapshot)) for item in service.members)
        elif service.spec is not None:
            target = _service_target(service)
            found[target.name] = target
        else:
            found.update(
                (item.id, _container_target(item, snapshot)) for item in service.containers
            )
    services = {target.name for target in found.values() if not target.single}
    return tuple(
        target
        for target in found.values()
        if not (target.single and target.service in services and not target.containers[0].oneoff)
    )


def _unknown(word: str, snapshot: StackSnapshot) -> OperationError:
    trouble = snapshot.project_trouble
    if trouble is not None:  # the compose file may well name it
        what = f"There is no container of {word}. {trouble.what}"
        return OperationError(what, hint=trouble.hint)
    return OperationError(
        "No such service or container.",
        on=word,
        hint="It may have been removed: check the table.",
    )


def _container_named(name: str, snapshot: StackSnapshot) -> Container | None:
    every = (item for service in snapshot.services for item in service.containers)
    return next((item for item in every if item.name == name), None)


def _service_target(service: Service) -> Target:
    return Target(
        service.name,
        service.name,
        service.regular,
        service.spec,
        leftovers=service.leftovers,
        cut_off=service.cut_off,
    )


def _container_target(container: Container, snapshot: StackSnapshot) -> Target:
    service = snapshot.service(container.service)
    return Target(
        name=container.name or SafeText(container.short_id),
        service=container.service,
        containers=(container,),
        spec=service.spec if service else None,
        single=True,
        leftovers=(container,) if service and container in service.leftovers else (),
        cut_off=service.cut_off if service and container in service.regular else NO_TEXT,
    )


def _health_order(container: Container) -> tuple[bool, bool, bool]:
    return (
        container.running,
        container.state is not ContainerState.RESTARTING,
        container.health_status is not HealthStatus.UNHEALTHY,
    )
