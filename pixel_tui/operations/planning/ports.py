"""Host ports that a service needs and another container holds. Pure.

With compose 2.40, `up` has removed the old container by the time the engine notices that the port
of the new one is taken.
"""

from collections.abc import Collection, Iterable
from typing import Final

from pixel_tui.operations.planning.facts import Facts, HeldPort
from pixel_tui.operations.planning.targets import Target
from pixel_tui.stack.model.container import Port
from pixel_tui.stack.model.snapshot import StackSnapshot

NOT_CHECKED: Final = "ports held by other containers"
_ANY_V4 = "0.0.0.0"  # noqa: S104  compared, never bound
_ANY_V6 = "::"


def needed_ports(target: Target) -> tuple[Port, ...]:
    """Return the ports that a start needs: its containers', else those of the compose file."""
    made = tuple(port for item in target.containers for port in item.ports)
    return _published(made or (target.spec.ports if target.spec is not None else ()))


def taken_port(ports: Iterable[Port], facts: Facts, replaced: Collection[str]) -> str:
    """Return the first port that is taken, as a predicate with what to do; empty if none is.

    Args:
        ports: The needed ports.
        facts: The facts besides the snapshot.
        replaced: Ids of containers that are removed by then, so their ports are free.
    """
    for port in _published(ports):
        for item in facts.held_ports or ():
            if item.container_id not in replaced and _is_held_by(port, item):
                return (
                    f"needs port {port.host_port}, which {item.container} holds (stop that first)"
                )
    return ""


def port_held_by_another(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Return the taken port of a container that `up` would create, as a predicate.

    A port that another service holds but no longer publishes counts as free: that service may be
    recreated as well.
    """
    if target.spec is None or not (target.containers or target.missing):
        return ""
    freed = {
        container.id
        for service in snapshot.services
        if service.spec is not None and not _conflict(target.spec.ports, service.spec.ports)
        for container in service.containers
    }
    return taken_port(target.spec.ports, facts, freed | own_container_ids(target))


def own_container_ids(target: Target) -> set[str]:
    """Return the ids of a target's containers and leftovers."""
    return {container.id for container in (*target.containers, *target.leftovers)}


def are_ports_unknown(ports: Iterable[Port], target: Target | None, facts: Facts) -> bool:
    """Whether it is unknown if these are free: Docker did not answer in time."""
    held = {port.host_port for item in (target.up if target else ()) for port in item.ports}
    return facts.held_ports is None and any(
        port.host_port not in held for port in _published(ports)
    )


def _published(ports: Iterable[Port]) -> tuple[Port, ...]:
    return tuple(port for port in ports if port.host_port)


def _conflict(ones: Iterable[Port], others: Iterable[Port]) -> bool:
    """Whether two services publish the same port."""
    return any(
        (one.host_port, one.protocol) == (other.host_port, other.protocol)
        and _overlap(one.host_ip, other.host_ip)
        for one in _published(ones)
        for other in _published(others)
    )


def _is_held_by(port: Port, held: HeldPort) -> bool:
    same = (held.port, held.protocol) == (port.host_port, port.protocol)
    return same and _overlap(held.address, port.host_ip)


def _overlap(one: str, other: str) -> bool:
    """Whether two host addresses conflict on the same port."""
    if one == other or not one or not other:
        return True
    if (":" in one) != (":" in other):
        return False
    return bool({one, other} & {_ANY_V4, _ANY_V6})
