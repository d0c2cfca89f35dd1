"""Predicts why `up` would fail to create the containers of a service. Pure.

What compose 2.40 does, as observed with a real engine: `up` looks up the images and the external
networks and volumes of all services that it considers, even of those that have containers. If one
is missing or can't be built, it creates nothing, but builds are done by then, and changed networks
removed. It notices that another container holds a host port only after it has removed the old
container.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from pixel_tui.operations.planning.dependencies import active_services, dependencies_of
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.operations.planning.ports import port_held_by_another
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.project import External, Project, ServiceSpec
from pixel_tui.stack.model.snapshot import StackSnapshot, SyncAction

RECREATING: Final = frozenset({SyncAction.RECREATE, SyncAction.BUILD, SyncAction.PULL})
"""The sync actions with which `up` recreates a container without `--force-recreate`."""
EXTERNALS_NOT_CHECKED: Final = "whether external networks and volumes exist"


def start_needs_up(target: Target, snapshot: StackSnapshot) -> bool:
    """Whether the start needs `up`, because `start` is not enough.

    `start` creates no container, runs no provider, and fails if a dependency has no container.
    """
    if snapshot.project is None:
        return False
    dependencies = (
        find_target(name, snapshot) for name in dependencies_of(snapshot.project, [target.name])
    )
    absent = any(item is not None and not item.containers and item.missing for item in dependencies)
    return target.missing > 0 or absent or bool(target.provider_reason)


def why_up_fails(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why `up` must fail, as a predicate with what to do; empty if it may work.

    Args:
        target: The named service; the plan makes sure that it is recreated if it has to be.
        snapshot: The stack.
        facts: The facts besides the snapshot.
    """
    return _with_dependencies(target, snapshot, facts, why_up_no_deps_fails)


def why_build_fails(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same for `build` and `up`."""
    trouble = facts.build_troubles.get(target.service)
    return f"can't be built: {trouble}" if trouble else why_up_fails(target, snapshot, facts)


def why_up_no_recreate_fails(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same for `up --no-recreate`; ports don't matter: existing containers keep theirs."""
    return _with_dependencies(target, snapshot, facts, _why_not_created)


def why_up_no_deps_fails(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same for `up --no-deps`."""
    if reason := _why_not_created(target, snapshot, facts):
        return reason
    return "" if target.single else port_held_by_another(target, snapshot, facts)


def _with_dependencies(
    target: Target,
    snapshot: StackSnapshot,
    facts: Facts,
    why_not: Callable[[Target, StackSnapshot, Facts], str],
) -> str:
    if reason := why_not(target, snapshot, facts):
        return reason
    if target.single or snapshot.project is None:
        return ""
    for name in dependencies_of(snapshot.project, [target.name]):
        other = find_target(name, snapshot)
        if other is None:
            continue
        if reason := why_not(other, snapshot, facts) or why_up_cannot_start(other, snapshot, facts):
            return f"depends on {name}, which {reason}"
    return ""


def _why_not_created(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    service = None if target.single else snapshot.service(target.service)
    if service is None or service.spec is None:
        return ""
    if service.spec.refused:
        return f"is refused by compose: {service.spec.refused}"
    if service.sync.invalid_image:
        return wrong_image(service.spec.image)
    builds = service.spec.builds and (service.sync.missing_image or service.spec.always_builds)
    if builds and (trouble := facts.build_troubles.get(target.service)):
        return f"must be built, and {trouble}"
    return missing_external(service.spec.externals, facts)


def missing_network(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Return which network of a stopped container is gone, as a predicate; empty if none is.

    A container refers to its networks by id: `start` fails if one was recreated.
    """
    if facts.networks is None:
        service = snapshot.service(target.service)
        if service is None or not service.sync.needs_force:
            return ""
        return f"can't be started: {service.sync.reason} (recreate it)"
    externals = target.spec.externals if target.spec is not None else ()
    for container in stopped_containers(target):
        for place in container.networks:
            if not place.needed_id or place.needed_id in facts.networks:
                continue
            fix = "recreate it"
            if External("network", place.network) in externals and (
                place.network not in facts.networks
            ):  # compose does not create it, and creates no container without it
                fix = f"docker network create {place.network}, then recreate it"
            return f"was created for network {place.network}, which is gone ({fix})"
    return ""


def stopped_containers(target: Target) -> list[Container]:
    """Return the containers of a target that are down."""
    return [container for container in target.containers if not is_up(container)]


def why_up_cannot_start(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why `up` without `--force-recreate` can't start it; empty if it may work.

    Like `start`, it does not check the networks of a stopped container.
    """
    service = snapshot.service(target.service)
    sync = service.sync if service is not None else None
    if sync is not None and sync.action in RECREATING and not sync.needs_force:
        return ""
    return missing_network(target, snapshot, facts)


def inactive_dependency(spec: ServiceSpec, project: Project, named: Collection[str] = ()) -> str:
    """Return the dependency whose profile is not active, as a predicate; empty if there is none.

    A name on the command line activates the profiles of that service, not of its dependencies.

    Args:
        spec: The service.
        project: Its project.
        named: All services on the command line; empty for the service alone.
    """
    active = active_services(project, named or [spec.name])
    looked_at = {spec.name, *dependencies_of(project, [spec.name])}
    for name, other in active.items():
        for dependency in other.depends_on if other.active or name in looked_at else ():
            if dependency.required and dependency.service not in active:
                profiles = _profiles(project, dependency.service)
                if profiles:
                    needer = "depends" if name == spec.name else f"is refused: {name} depends"
                    return (
                        f"{needer} on {dependency.service}, whose profile is not active (use "
                        f"--profile {profiles[0]})"
                    )
    return ""


def _profiles(project: Project, service: str) -> tuple[str, ...]:
    return next((spec.profiles for spec in project.services if spec.name == service), ())


def wrong_image(name: str) -> str:
    """Return that the image name of a service is not valid, as a predicate."""
    return (
        f"has an image name that is not valid, “{masked_text(name)}” (is a variable in it empty?)"
    )


def missing_external(externals: Iterable[External], facts: Facts) -> str:
    """Return the first of these that does not exist, as a predicate; empty if all may exist."""
    volumes = None if facts.volumes is None else {item.name for item in facts.volumes}
    for item in externals:
        there = facts.networks if item.kind == "network" else volumes
        if there is not None and item.name not in there:
            return (
                f"needs the external {item.kind} {item.name}, which does not exist (docker "
                f"{item.kind} create {item.name})"
            )
    return ""


def externals_of(services: Collection[str], snapshot: StackSnapshot) -> list[External]:
    """Return the external networks and volumes of these services."""
    specs = snapshot.project.services if snapshot.project is not None else ()
    return [item for spec in specs if spec.name in services for item in spec.externals]


def are_externals_unknown(externals: Iterable[External], facts: Facts) -> bool:
    """Whether Docker did not report in time if these exist."""
    kinds = {item.kind for item in externals}
    return ("network" in kinds and facts.networks is None) or (
        "volume" in kinds and facts.volumes is None
    )
