"""Why a service can't be started, as far as it can be known before. Pure.

What compose 2.40 and the engine do, seen on a real engine: a dependency whose profile is off is
"no such service", and for one that is active anyway the whole project is invalid; a host port
that another container holds ends the start when half of it is done; a build from an empty folder
fails after everything before it was built; a network that was removed and made again is another
one to the containers of before.
"""

from collections.abc import Iterable

from pixel_tui.operations.planning.creation import (
    dependency_that_is_off,
    network_that_is_gone,
    not_up,
    start_is_up,
    why_no_up_as_it_is,
)
from pixel_tui.operations.planning.dependencies import needs
from pixel_tui.operations.planning.facts import Facts
from pixel_tui.operations.planning.partners import why_cut_off, why_not_joined
from pixel_tui.operations.planning.ports import (
    NOT_CHECKED,
    made_ports,
    own_containers,
    ports_unknown,
    taken_port,
)
from pixel_tui.operations.planning.targets import Target, find_target
from pixel_tui.stack.model.snapshot import StackSnapshot


def why_no_start(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Why starting it must fail, as a predicate with what to do; empty where it may work.

    Args:
        target: What is to be started.
        snapshot: The stack.
        facts: What is known beside it.
    """
    all_up = len(target.up) == len(target.containers) and not target.missing
    if all_up and (reason := why_cut_off(target, snapshot)):
        return reason
    if target.single or target.spec is None or snapshot.project is None:
        return ""
    if reason := dependency_that_is_off(target.spec, snapshot.project):
        return reason
    if reason := _why_not(target, snapshot, facts):
        return reason
    if start_is_up(target, snapshot) and (reason := why_no_up_as_it_is(target, snapshot, facts)):
        return reason
    for name in needs(snapshot.project, [target.name]):
        other = find_target(name, snapshot)
        if other is None or (len(other.up) == len(other.containers) and not other.missing):
            continue
        if reason := _why_not(other, snapshot, facts):
            return f"depends on {name}, which {reason}"
    return ""


def why_no_restart(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    """Why it would be stopped and could not be started again, as a predicate; empty if it can.

    Args:
        target: What is to be restarted: what is down of it is started.
        snapshot: The stack.
        facts: What is known beside it.
    """
    if target.single:
        return ""
    if reason := why_not_joined(target, snapshot):
        return reason
    if not target.up and (reason := _port_that_is_taken(target, facts)):
        return reason
    return network_that_is_gone(target, snapshot, facts)


def not_checked(targets: Iterable[Target], facts: Facts) -> tuple[str, ...]:
    """What of `why_no_start` is not known of these, as Docker did not answer in time.

    Args:
        targets: What is started.
        facts: What is known beside the stack.
    """
    services = [item for item in targets if item.spec is not None]
    idle = [item for item in services if not item.up]
    places = [at for item in services for one in not_up(item) for at in one.networks]
    found = []
    if any(ports_unknown(made_ports(item), item, facts) for item in idle):
        found.append(NOT_CHECKED)
    if facts.networks is None and any(at.needed_id for at in places):
        found.append("whether the networks of the containers still exist")
    return tuple(found)


def _why_not(target: Target, snapshot: StackSnapshot, facts: Facts) -> str:
    if target.spec is None:
        return ""
    gone = network_that_is_gone(target, snapshot, facts)
    if target.up:
        return gone
    return why_not_joined(target, snapshot) or _port_that_is_taken(target, facts) or gone


def _port_that_is_taken(target: Target, facts: Facts) -> str:
    if target.spec is None:
        return ""
    return taken_port(made_ports(target), facts, own_containers(target))
