"""Reads from the engine which networks of stopped containers were removed."""

import logging
from collections.abc import Iterable

from pixel_tui.errors import SINGLE_OBJECT_ERRORS
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.removed_networks import needed_networks
from pixel_tui.stack.model.source import EngineReader

log = logging.getLogger(__name__)


def read_removed_networks(engine: EngineReader, containers: Iterable[Container]) -> frozenset[str]:
    """Return the ids of removed networks that stopped containers need.

    Networks of running containers are not looked up, because they can't be removed.

    Raises:
        EngineError: The engine can't be reached.
    """
    removed = set()
    for identity in sorted(needed_networks(containers)):
        try:
            if engine.network(identity) is None:
                removed.add(identity)
        except SINGLE_OBJECT_ERRORS as error:  # unknown, so not reported as removed
            log.warning("a network can't be looked up: %s", error)
    return frozenset(removed)
