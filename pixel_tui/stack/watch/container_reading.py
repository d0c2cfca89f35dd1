"""Reads the containers of a project from the engine. Stateless."""

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pixel_tui.errors import SINGLE_OBJECT_ERRORS, EngineAnswerInvalid, EngineRefused
from pixel_tui.stack.model.container import Container, ContainerState, HealthStatus
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.parse_container import parse_container, parse_listed
from pixel_tui.stack.model.source import EngineReader

log = logging.getLogger(__name__)

NOT_FOUND: Final = 404


def read_containers(
    engine: EngineReader,
    listed: Iterable[JsonObject],
    known: Mapping[str, Container],
    dirty: Collection[str],
) -> dict[str, Container]:
    """Inspect the containers that are new, dirty, or changed in the list.

    A container that can't be inspected is made from its entry in the list, and is read again the
    next time.

    Raises:
        EngineError: The engine can't be reached.
    """
    containers = {}
    for entry in listed:
        item = Node(entry)
        container_id = item["Id"].raw
        before = known.get(container_id)
        if before is not None and container_id not in dirty and _unchanged(before, item):
            containers[container_id] = before
            continue
        try:
            containers[container_id] = parse_container(engine.inspect(container_id))
        except SINGLE_OBJECT_ERRORS as error:
            if not is_removed(error):
                log.warning("a container can't be inspected: %s", error)
                containers[container_id] = parse_listed(entry, error.sentence)
    return containers


def is_removed(error: EngineRefused | EngineAnswerInvalid) -> bool:
    """Return whether the object was removed after it was listed."""
    return isinstance(error, EngineRefused) and error.status == NOT_FOUND


def _unchanged(before: Container, listed: Node) -> bool:
    """Return whether a container is unchanged in the list since it was inspected.

    One that is starting or unhealthy always counts as changed, because the output of its health
    checks changes without an event.
    """
    return (
        listed["State"].raw == before.state.value
        and not before.partial
        and before.state is not ContainerState.RESTARTING
        and before.health_status not in {HealthStatus.STARTING, HealthStatus.UNHEALTHY}
        and listed["Names"].value == [f"/{before.name}"]
    )
