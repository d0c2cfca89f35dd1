"""Join the resolved compose model with the engine's containers into a snapshot. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from pixel_tui.stack.model.built_with import NOTHING_BUILT, KnownBuild, build_state
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus, Namespace
from pixel_tui.stack.model.cut_off import cut_off
from pixel_tui.stack.model.deliveries import outdated
from pixel_tui.stack.model.label_model import labelled_project
from pixel_tui.stack.model.project import External, Project, ServiceSpec
from pixel_tui.stack.model.replacements import leftovers
from pixel_tui.stack.model.resource_model import Diverged
from pixel_tui.stack.model.snapshot import (
    NO_BUILD,
    BuildState,
    EngineStatus,
    Service,
    ServiceState,
    StackSnapshot,
    Sync,
    SyncAction,
    Trouble,
)
from pixel_tui.stack.model.sync import NO_NAMES, Resources, sync
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS, TypedCommands
from pixel_tui.text import NO_TEXT, SafeText, plain

_WORST_HEALTH = (
    HealthStatus.UNHEALTHY,
    HealthStatus.STARTING,
    HealthStatus.HEALTHY,
    HealthStatus.NONE,
)


def join(
    *,
    engine: EngineStatus,
    project: Project | None,
    project_name: SafeText,
    project_trouble: Trouble | None,
    containers: Collection[Container],
    images: Mapping[str, str | None],
    taken_at: datetime | None,
    built: Mapping[str, KnownBuild] = NOTHING_BUILT,
    own_variables: Mapping[str, frozenset[str]] = NO_NAMES,
    missing: Collection[External] = (),
    other_names: tuple[SafeText, ...] = (),
    diverged: tuple[Diverged, ...] = (),
    removed_networks: frozenset[str] = frozenset(),
    typed: TypedCommands = WITHOUT_OPTIONS,
) -> StackSnapshot:
    """Join the resolved model with the containers of the project.

    Args:
        engine: The engine's state.
        project: The resolved model; None while it is not known.
        project_name: The project's name, even if the project can't be resolved.
        project_trouble: Why the project can't be resolved.
        containers: All containers with the project's label.
        images: Image reference to the image's present id; None if the image is missing.
        taken_at: When the containers were read; None if they never were.
        built: Image id to its build arguments, as far as known.
        own_variables: Image id to the names of the variables that the image sets, if known.
        missing: External networks and volumes that are known not to exist.
        diverged: Networks and volumes that differ from the compose file.
        removed_networks: Ids of removed networks that stopped containers need.
        typed: Command lines to copy that act on the project.
        other_names: Project names of the containers of the project's folder, if no container
            has the project's own name.
    """
    if project is not None:
        project = _mark_brought_up(project, containers)
    by_service: dict[str, list[Container]] = defaultdict(list)
    for container in containers:
        by_service[container.service].append(container)
    containers_by_id = {container.id: container for container in containers}
    by_labels = None
    if project_trouble is not None:
        named = {spec.name for spec in project.services} if project else set()
        by_labels = labelled_project(project_name, containers, exclude=named)
    specs = [spec for model in (project, by_labels) if model for spec in model.services]
    awaited = {
        dependency.service
        for spec in specs
        for dependency in spec.depends_on
        if dependency.condition == "service_completed_successfully"
    }
    services: list[Service] = []
    known = taken_at is not None
    make_service = partial(
        _service,
        images=images,
        built=built,
        own_variables=own_variables,
        awaited=awaited,
        missing=missing,
        known=known,
        resolved=project_trouble is None,
        containers_by_id=containers_by_id,
        resources=Resources(diverged, removed_networks),
    )
    services += [
        make_service(spec.name, spec, _sorted(by_service.pop(spec.name, []))) for spec in specs
    ]
    services += [
        make_service(plain(name), None, _sorted(by_service[name])) for name in sorted(by_service)
    ]
    return StackSnapshot(
        engine=engine,
        project_name=project_name,
        project=project,
        project_trouble=project_trouble,
        by_labels=by_labels,
        services=tuple(services),
        taken_at=taken_at,
        other_names=other_names,
        diverged=diverged,
        typed=typed,
    )


def _mark_brought_up(project: Project, containers: Collection[Container]) -> Project:
    """Return the project with the services marked that were brought up by `--profile`.

    A service of an inactive profile that has containers was brought up with that profile: it is
    wanted until it is stopped on purpose or removed.
    """
    by_service: dict[str, list[Container]] = defaultdict(list)
    for item in containers:
        by_service[item.service].append(item)

    def wanted(spec: ServiceSpec) -> bool:
        if spec.active or spec.name not in by_service:
            return False
        regular = Service(spec.name, spec, tuple(by_service[spec.name])).regular
        return not all(item.stopped_on_purpose for item in regular)

    found = {spec.name for spec in project.services if wanted(spec)}
    if not found:
        return project
    services = tuple(
        replace(spec, brought_up=True) if spec.name in found else spec for spec in project.services
    )
    return replace(project, services=services)


def _sorted(containers: list[Container]) -> tuple[Container, ...]:
    left = leftovers(containers)
    return tuple(
        sorted(containers, key=lambda item: (item.oneoff, item in left, item.number, item.name))
    )


def _service(
    name: SafeText,
    spec: ServiceSpec | None,
    containers: tuple[Container, ...],
    *,
    images: Mapping[str, str | None],
    built: Mapping[str, KnownBuild],
    own_variables: Mapping[str, frozenset[str]],
    awaited: Collection[str],
    missing: Collection[External],
    known: bool,
    resolved: bool,
    containers_by_id: Mapping[str, Container],
    resources: Resources,
) -> Service:
    service = Service(name=name, spec=spec, containers=containers)
    if not known:
        return replace(service, health=_health(service.members))
    build = _build_state(spec, service.regular, images, built)
    kind, why = cut_off(spec, service.regular, containers_by_id)
    if kind is Namespace.PID and not service.wanted:
        kind, why = None, NO_TEXT
    old = outdated(spec.deliveries, service.regular) if spec is not None else None
    return replace(
        service,
        build=build,
        state=_state(service, awaited=name in awaited),
        health=_health(service.members),
        missing=tuple(item for item in spec.externals if item in missing) if spec else (),
        cut_off=why,
        cut_off_from=kind,
        outdated=old,
        sync=sync(
            spec, service.regular, images, containers_by_id, build, own_variables, resources, old
        )
        if resolved
        else Sync(SyncAction.UNKNOWN, SafeText("compose can't read the project")),
    )


def _build_state(
    spec: ServiceSpec | None,
    regular: Sequence[Container],
    images: Mapping[str, str | None],
    built: Mapping[str, KnownBuild],
) -> BuildState:
    """Compare the build of the image that `up` would run, or of the containers' if not known."""
    if spec is None or not spec.build_arguments:
        return NO_BUILD
    now = images.get(spec.image)
    used = {str(item.image_id) for item in regular}
    return build_state(spec.build_arguments, {now} if now else used, built)


def _health(members: Sequence[Container]) -> HealthStatus:
    """Return the worst health of the containers."""
    statuses = (container.health_status for container in members)
    return min(statuses, key=_WORST_HEALTH.index, default=HealthStatus.NONE)


def _state(service: Service, *, awaited: bool) -> ServiceState:
    spec, members = service.spec, service.members
    if not members and spec is not None and spec.provider:
        return ServiceState.UNKNOWN
    if not members:
        return ServiceState.ABSENT if service.wanted else ServiceState.OFF
    states = {container.state for container in members}
    wanted = spec.replicas if spec and service.wanted else len(members)
    if ContainerState.RESTARTING in states:
        return ServiceState.RESTARTING
    if ContainerState.RUNNING in states:
        complete = states == {ContainerState.RUNNING} and len(members) >= wanted
        return ServiceState.RUNNING if complete else ServiceState.PARTIAL
    if ContainerState.PAUSED in states:
        return ServiceState.PAUSED
    if states == {ContainerState.CREATED}:
        return ServiceState.CREATED
    if states <= {ContainerState.EXITED} and all(
        _completed(item, spec, awaited=awaited) for item in members
    ):
        return ServiceState.DONE
    return ServiceState.EXITED


def _completed(container: Container, spec: ServiceSpec | None, *, awaited: bool) -> bool:
    """Return whether an exit with code 0 was meant: it is a task, not a server.

    A server that is stopped may exit with 0, too. It is a task if another service waits for it to
    complete, or if the file explicitly sets a restart policy that does not restart it after
    success and it has neither ports nor a health check. If nothing says so, it counts as down:
    that a stopped server is reported as well would be worse.
    """
    if container.exit_code != 0:
        return False
    if container.oneoff or awaited:
        return True
    policy = spec.restart_policy.partition(":")[0] if spec else ""
    serves = bool(container.ports) or container.health is not None
    planned = spec is not None and (spec.has_health_check or bool(spec.ports))
    return policy in {"no", "on-failure"} and not (serves or planned)
