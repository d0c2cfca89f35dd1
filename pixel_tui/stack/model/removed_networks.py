"""Networks of stopped containers that were removed after the containers were created. Pure.

A container is attached to a network by the network's id. If the network is removed, and recreated
by a later `up`, the container can't be started: neither with `start` nor with `up`, which compares
only the networks of running containers (compose 2.40). `up --force-recreate` replaces it.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.text import SafeText

IDLE: Final = frozenset({ContainerState.EXITED, ContainerState.CREATED})
"""The states from which a container is started."""


def needed_networks(containers: Iterable[Container]) -> frozenset[str]:
    """Return the ids of the networks that stopped containers need to start."""
    places = (place for item in containers if item.state in IDLE for place in item.networks)
    return frozenset(place.needed_id for place in places if place.needed_id)


def removed_networks(
    containers: Iterable[Container], removed: Collection[str]
) -> tuple[SafeText, ...]:
    """Return the names of the removed networks of a service's stopped containers.

    Args:
        containers: The containers of the service.
        removed: The ids of networks that are known to be removed.
    """
    return tuple(sorted(set(_removed(containers, removed))))


def _removed(containers: Iterable[Container], removed: Collection[str]) -> Iterator[SafeText]:
    for container in containers:
        if container.state in IDLE:
            yield from (at.network for at in container.networks if at.needed_id in removed)
