"""Ports of the host that a service wants, and another container holds. Pure.

Seen with compose 2.40: `up` has removed the old container by the time that the engine finds the
port of the new one taken.
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


def made_ports(target: Target) -> tuple[Port, ...]:
    """What a start takes: the ports of its containers, else those of the compose file."""
    made = tuple(port for item in target.containers for port in item.ports)
    return _published(made or (target.spec.ports if target.spec is not None else ()))


def taken_port(ports: Iterable[Port], facts: Facts, replaced: Collection[str]) -> str:
    """The first of these ports that is held, as a predicate with what to do; empty where none is.

    Args:
        ports: What is wanted.
        facts: What is known beside the stack.
        replaced: Ids of containers that are gone by then: what they hold is free.
    """
    for port in _published(ports):
        for item in facts.held_ports or ():
            if item.container_id not in replaced and _is(port, item):
                return (
                    f"needs port {port.host_port}, which {item.container} holds (stop that first)"
                )
    return ""


def port_of_another(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """The same of the container that `up` makes of a service, whatever else it makes again.

    What another service holds and no longer wants is free if that is recreated as well.
    """
    if target.spec is None or not (target.containers or target.missing):
        return ""
    freed = {
        container.id
        for service in snapshot.services
        if service.spec is not None and not _shared(target.spec.ports, service.spec.ports)
        for container in service.containers
    }
    return taken_port(target.spec.ports, facts, freed | own_containers(target))


def own_containers(target: Target) -> set[str]:
    """The ids of its containers, those that a recreate left included."""
    return {container.id for container in (*target.containers, *target.leftovers)}


def ports_unknown(ports: Iterable[Port], target: Target | None, facts: Facts) -> bool:
    """Whether Docker did not say in time who holds these, and it does not hold them itself."""
    held = {port.host_port for item in (target.up if target else ()) for port in item.ports}
    return facts.held_ports is None and any(
        port.host_port not in held for port in _published(ports)
    )


def _published(ports: Iterable[Port]) -> tuple[Port, ...]:
    return tuple(port for port in ports if port.host_port)


def _shared(ones: Iterable[Port], others: Iterable[Port]) -> bool:
    """Whether two services can't both have their ports."""
    return any(
        (one.host_port, one.protocol) == (other.host_port, other.protocol)
        and _overlap(one.host_ip, other.host_ip)
        for one in _published(ones)
        for other in _published(others)
    )


def _is(port: Port, held: HeldPort) -> bool:
    same = (held.port, held.protocol) == (port.host_port, port.protocol)
    return same and _overlap(held.address, port.host_ip)


def _overlap(one: str, other: str) -> bool:
    """Whether two host addresses take the same port from each other."""
    if one == other or not one or not other:
        return True
    if (":" in one) != (":" in other):
        return False
    return bool({one, other} & {_ANY_V4, _ANY_V6})
