"""Why `up` can't make the containers of a service, as far as it can be known before. Pure.

What compose 2.40 does, seen on a real engine: `up` looks for the images, and for the external
networks and volumes, of all services that it looks at, those included that have their containers.
Where one is not there, or can't be built, it makes nothing. By then a build is done, and a changed
network removed. A host port that another container holds it finds taken when the old container is
gone.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from pixel_tui.operations.planning.dependencies import active_services, needs
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.plan import is_up
from pixel_tui.operations.planning.ports import port_of_another
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.redaction.known import masked_text
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.project import External, Project, ServiceSpec
from pixel_tui.stack.model.snapshot import StackSnapshot, SyncAction

RECREATING: Final = frozenset({SyncAction.RECREATE, SyncAction.BUILD, SyncAction.PULL})
"""What `up` makes again by itself."""
EXTERNALS_NOT_CHECKED: Final = "whether external networks and volumes exist"


def start_is_up(target: Target, snapshot: StackSnapshot) -> bool:
    """Whether `start` would not do: it creates nothing, and fails on an absent dependency.

    Nor does it run a provider.
    """
    if snapshot.project is None:
        return False
    along = (find_target(name, snapshot) for name in needs(snapshot.project, [target.name]))
    absent = any(item is not None and not item.containers and item.missing for item in along)
    return target.missing > 0 or absent or bool(target.provided)


def why_no_up(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Why `up` of it must fail, as a predicate with what to do; empty where it may work.

    Args:
        target: What is named; that it is recreated where it has to be is up to the plan.
        snapshot: The stack.
        facts: What is known beside it.
    """
    return _with_needs(target, snapshot, facts, why_no_up_alone)


def why_no_build(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same of `build` and `up`."""
    trouble = facts.build_troubles.get(target.service)
    return f"can't be built: {trouble}" if trouble else why_no_up(target, snapshot, facts)


def why_no_up_as_it_is(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same of `up --no-recreate`, but for ports: what is there keeps those that it has."""
    return _with_needs(target, snapshot, facts, _why_not_made)


def why_no_up_alone(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same of `up --no-deps`."""
    if reason := _why_not_made(target, snapshot, facts):
        return reason
    return "" if target.single else port_of_another(target, snapshot, facts)


def _with_needs(
    target: Target,
    snapshot: StackSnapshot,
    facts: Facts,
    why_not: Callable[[Target, StackSnapshot, Facts], str],
) -> str:
    if reason := why_not(target, snapshot, facts):
        return reason
    if target.single or snapshot.project is None:
        return ""
    for name in needs(snapshot.project, [target.name]):
        other = find_target(name, snapshot)
        if other is None:
            continue
        if reason := why_not(other, snapshot, facts) or why_not_started_by_up(
            other, snapshot, facts
        ):
            return f"depends on {name}, which {reason}"
    return ""


def _why_not_made(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
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


def network_that_is_gone(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The network that what is down was created with, as a predicate; empty if it is there.

    A container looks for its networks by their ids: `start` fails where one was made again.
    """
    if facts.networks is None:
        service = snapshot.service(target.service)
        if service is None or not service.sync.needs_force:
            return ""
        return f"can't be started: {service.sync.reason} (recreate it)"
    externals = target.spec.externals if target.spec is not None else ()
    for container in not_up(target):
        for place in container.networks:
            if not place.needed_id or place.needed_id in facts.networks:
                continue
            fix = "recreate it"
            if External("network", place.network) in externals and (
                place.network not in facts.networks
            ):  # compose does not make it, and makes no container without it
                fix = f"docker network create {place.network}, then recreate it"
            return f"was created for network {place.network}, which is gone ({fix})"
    return ""


def not_up(target: Target) -> list[Container]:
    """Its containers that are down."""
    return [container for container in target.containers if not is_up(container)]


def why_not_started_by_up(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Why `up` without `--force-recreate` fails to start it, as a predicate; empty if it may work.

    It looks for the networks of a stopped container no more than `start` does.
    """
    service = snapshot.service(target.service)
    sync = service.sync if service is not None else None
    if sync is not None and sync.action in RECREATING and not sync.needs_force:
        return ""
    return network_that_is_gone(target, snapshot, facts)


def dependency_that_is_off(spec: ServiceSpec, project: Project, named: Collection[str] = ()) -> str:
    """What a service needs and compose does not know, as a predicate; empty where nothing is.

    A name on the command line turns on its own profiles, and not those of what it needs.

    Args:
        spec: The service.
        project: Its project.
        named: All that the command line names; the service alone where that is not said.
    """
    active = active_services(project, named or [spec.name])
    looked_at = {spec.name, *needs(project, [spec.name])}
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
    """Why nothing is made of an image name that the engine takes for none, as a predicate."""
    return (
        f"has an image name that is not valid, “{masked_text(name)}” (is a variable in it empty?)"
    )


def missing_external(externals: Iterable[External], facts: Facts) -> str:
    """The first of these that is not there, as a predicate; empty where all are, or may be."""
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
    """What these services need and compose does not make."""
    specs = snapshot.project.services if snapshot.project is not None else ()
    return [item for spec in specs if spec.name in services for item in spec.externals]


def externals_unknown(externals: Iterable[External], facts: Facts) -> bool:
    """Whether Docker did not say in time if these are there."""
    kinds = {item.kind for item in externals}
    return ("network" in kinds and facts.networks is None) or (
        "volume" in kinds and facts.volumes is None
    )
