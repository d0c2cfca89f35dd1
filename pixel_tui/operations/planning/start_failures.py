"""Predicts why a start or restart of a service would fail. Pure.

What compose 2.40 and the engine do, as observed: a dependency whose profile is not active is "no
such service", and makes the complete project invalid if its dependant is active anyway. A host
port that another container holds stops the start half way. A build from an empty folder fails
after everything before it was built. A recreated network has another id, so older containers
can't join it.
"""

from collections.abc import Iterable

from pixel_tui.operations.planning.dependencies import dependencies_of
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.namespace_sharing import missing_namespace, why_cut_off
from pixel_tui.operations.planning.ports import (
    NOT_CHECKED,
    are_ports_unknown,
    needed_ports,
    own_container_ids,
    taken_port,
)
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.operations.planning.up_failures import (
    inactive_dependency,
    missing_network,
    start_needs_up,
    stopped_containers,
    why_up_no_recreate_fails,
)
from pixel_tui.stack.model.snapshot import StackSnapshot


def why_start_fails(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why a start must fail, as a predicate with what to do; empty if it may work.

    Args:
        target: The service or container to start.
        snapshot: The stack.
        facts: The facts besides the snapshot.
    """
    all_up = len(target.up) == len(target.containers) and not target.missing
    if all_up and (reason := why_cut_off(target, snapshot)):
        return reason
    if target.single or target.spec is None or snapshot.project is None:
        return ""
    if reason := inactive_dependency(target.spec, snapshot.project):
        return reason
    if reason := _why_not(target, snapshot, facts):
        return reason
    if start_needs_up(target, snapshot) and (
        reason := why_up_no_recreate_fails(target, snapshot, facts)
    ):
        return reason
    for name in dependencies_of(snapshot.project, [target.name]):
        other = find_target(name, snapshot)
        if other is None or (len(other.up) == len(other.containers) and not other.missing):
            continue
        if reason := _why_not(other, snapshot, facts):
            return f"depends on {name}, which {reason}"
    return ""


def why_restart_fails(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Return why a restart could not start it again, as a predicate; empty if it may work.

    Args:
        target: The service or container to restart; its stopped containers are started.
        snapshot: The stack.
        facts: The facts besides the snapshot.
    """
    if target.single:
        return ""
    if reason := missing_namespace(target, snapshot):
        return reason
    if not target.up and (reason := _port_that_is_taken(target, facts)):
        return reason
    return missing_network(target, snapshot, facts)


def not_checked(targets: Iterable[Target], facts: Facts) -> tuple[str, ...]:
    """Return what `why_start_fails` could not check because Docker did not answer in time.

    Args:
        targets: The services and containers to start.
        facts: The facts besides the snapshot.
    """
    services = [item for item in targets if item.spec is not None]
    idle = [item for item in services if not item.up]
    places = [at for item in services for one in stopped_containers(item) for at in one.networks]
    found = []
    if any(are_ports_unknown(needed_ports(item), item, facts) for item in idle):
        found.append(NOT_CHECKED)
    if facts.networks is None and any(at.needed_id for at in places):
        found.append("whether the networks of the containers still exist")
    return tuple(found)


def _why_not(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    if target.spec is None:
        return ""
    gone = missing_network(target, snapshot, facts)
    if target.up:
        return gone
    return missing_namespace(target, snapshot) or _port_that_is_taken(target, facts) or gone


def _port_that_is_taken(target: Target, facts: Facts) -> str:
    if target.spec is None:
        return ""
    return taken_port(needed_ports(target), facts, own_container_ids(target))
