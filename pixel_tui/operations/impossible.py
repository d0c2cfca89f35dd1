"""Why a service can't be started, as far as it can be known before. Pure.

What compose 2.40 and the engine do, seen on a real engine: a dependency whose profile is off is
"no such service", and for one that is active anyway the whole project is invalid; a host port
that another container holds ends the start when half of it is done; a build from an empty folder
fails after everything before it was built; a network that was removed and made again is another
one to the containers of before.
"""

from collections.abc import Iterable

from pixel_tui.operations.creation import start_is_up, why_no_up
from pixel_tui.operations.dependencies import active_services, needs
from pixel_tui.operations.facts import Facts, HeldPort
from pixel_tui.operations.partners import why_not_joined
from pixel_tui.operations.targets import Target, find_target
from pixel_tui.stack.model import Port, Project, ServiceSpec, StackSnapshot

_ANY_V4 = "0.0.0.0"  # noqa: S104  compared, never bound
_ANY_V6 = "::"


def why_no_start(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Why starting it must fail, as a predicate with what to do; empty where it may work.

    Args:
        target: What is to be started.
        snapshot: The stack.
        facts: What is known beside it.
    """
    if target.single or target.spec is None or snapshot.project is None:
        return ""
    if reason := _dependency_that_is_off(target.spec, snapshot.project):
        return reason
    if reason := _why_not(target, snapshot, facts):
        return reason
    if start_is_up(target, snapshot) and (reason := why_no_up(target, snapshot, facts)):
        return reason
    for name in needs(snapshot.project, [target.name]):
        other = find_target(name, snapshot)
        if other is None or (len(other.up) == len(other.containers) and not other.missing):
            continue
        if reason := _why_not(other, snapshot, facts):
            return f"depends on {name}, which {reason}"
    return ""


def not_checked(targets: Iterable[Target], facts: Facts) -> tuple[str, ...]:
    """What of `why_no_start` is not known of these, as Docker did not answer in time.

    Args:
        targets: What is started.
        facts: What is known beside the stack.
    """
    idle = [item for item in targets if item.spec is not None and not item.up]
    ports = any(_wanted_ports(item) for item in idle)
    places = [place for item in idle for one in item.containers for place in one.networks]
    found = []
    if facts.held_ports is None and ports:
        found.append("ports held by other containers")
    if facts.networks is None and any(place.network_id for place in places):
        found.append("whether the networks of the containers are still there")
    return tuple(found)


def _wanted_ports(target: Target) -> tuple[Port, ...]:
    made = tuple(port for item in target.containers for port in item.ports)
    declared = target.spec.ports if target.spec is not None else ()
    return tuple(port for port in made or declared if port.host_port)


def _dependency_that_is_off(spec: ServiceSpec, project: Project) -> str:
    """A name on the command line turns on its own profiles, and not those of what it needs."""
    active = active_services(project, [spec.name])
    looked_at = {spec.name, *needs(project, [spec.name])}
    for name, other in active.items():
        for dependency in other.depends_on if other.active or name in looked_at else ():
            if dependency.required and dependency.service not in active:
                profiles = _profiles(project, dependency.service)
                if profiles:
                    needer = "depends" if name == spec.name else f"is refused: {name} depends"
                    return (
                        f"{needer} on {dependency.service}, whose profile is off"
                        f" (use --profile {profiles[0]})"
                    )
    return ""


def _profiles(project: Project, service: str) -> tuple[str, ...]:
    return next((spec.profiles for spec in project.services if spec.name == service), ())


def _why_not(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    if target.spec is None or len(target.up) > 0:
        return ""
    if reason := why_not_joined(target, snapshot):
        return reason
    own = {container.id for container in target.containers}
    for port in _wanted_ports(target):
        held = _holder(port, facts.held_ports or (), own)
        if held is not None:
            return f"wants port {port.host_port}, which {held.container} holds (stop that first)"
    if reason := _network_that_is_gone(target, facts):
        return reason
    service = snapshot.service(target.service)
    builds = service is not None and service.sync.missing_image and target.spec.builds
    if builds and (trouble := facts.build_troubles.get(target.service)):
        return f"has to be built, and {trouble}"
    return ""


def _network_that_is_gone(target: Target, facts: Facts) -> str:
    """A container looks for its networks by their ids: `start` fails where one was made again."""
    if facts.networks is None or target.missing:
        return ""  # `up` looks by name, and makes the container again
    for container in target.containers:
        for place in container.networks:
            if place.network_id and place.network_id not in facts.networks:
                return f"was made for a network {place.network} that is gone (recreate it)"
    return ""


def _holder(port: Port, held: Iterable[HeldPort], own: set[str]) -> HeldPort | None:
    for item in held:
        same = (item.port, item.protocol) == (port.host_port, port.protocol)
        if same and item.container_id not in own and _overlap(item.address, port.host_ip):
            return item
    return None


def _overlap(one: str, other: str) -> bool:
    """Whether two host addresses take the same port from each other."""
    if one == other or not one or not other:
        return True
    if (":" in one) != (":" in other):
        return False
    return bool({one, other} & {_ANY_V4, _ANY_V6})
