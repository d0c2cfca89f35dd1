"""Networks that stopped containers were created with, and that were removed since. Pure.

A container is attached to a network by its id. Where the network is removed, and made again by a
later `up`, the container can't start: neither with `start` nor with `up`, which compares the
networks of running containers only (compose 2.40). `up --force-recreate` replaces the container.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.text import SafeText

IDLE: Final = frozenset({ContainerState.EXITED, ContainerState.CREATED})
"""The states that a container is started from."""


def needed_networks(containers: Iterable[Container]) -> frozenset[str]:
    """The ids of the networks without which containers that don't run can't start."""
    places = (place for item in containers if item.state in IDLE for place in item.networks)
    return frozenset(place.needed_id for place in places if place.needed_id)


def removed_networks(
    containers: Iterable[Container], removed: Collection[str]
) -> tuple[SafeText, ...]:
    """The names of the networks that are gone for containers that don't run.

    Args:
        containers: The containers of a service.
        removed: The ids of networks that are known to be gone.
    """
    return tuple(sorted(set(_removed(containers, removed))))


def _removed(containers: Iterable[Container], removed: Collection[str]) -> Iterator[SafeText]:
    for container in containers:
        if container.state in IDLE:
            yield from (at.network for at in container.networks if at.needed_id in removed)
