"""Leftovers of an interrupted recreate: replacement containers that never took over the name.

To recreate a container, compose (observed with 2.40 and 5.6) creates the new one as
`<first twelve digits of the old one's id>_<name>` with the label `com.docker.compose.replace`,
stops and removes the old one, renames the new one to its name, and starts it. If it is interrupted,
both are left. A container that has taken over keeps the label, but not the name.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.model.json_value import JsonObject, Node

REPLACE_LABEL: Final = "com.docker.compose.replace"
_NAME = LatePattern(r"([0-9a-f]{12})_.")


class Replacing(Protocol):
    """A container that may be a replacement."""

    @property
    def id(self) -> str:
        """Its full id."""
        ...

    @property
    def replaces(self) -> str:
        """The first digits of the id of the container it was created to replace; empty if none."""
        ...


T = TypeVar("T", bound=Replacing)


def replaced_id(name: str, *, labelled: bool) -> str:
    """Return the first twelve digits of the id of the container that this one is to replace.

    Args:
        name: The name of the container.
        labelled: Whether it has compose's label.

    Returns:
        Empty if it replaces none, or has already taken over the name.
    """
    match = _NAME.match(name) if labelled else None
    return match[1] if match else ""


def leftovers(containers: Sequence[T]) -> tuple[T, ...]:
    """Return a service's containers that exist beside the container they were to replace.

    If the old container no longer exists, the new one counts as the service's container.
    """
    return tuple(
        item
        for item in containers
        if item.replaces and any(other.id.startswith(item.replaces) for other in containers)
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    id: str
    replaces: str


def listed_leftovers(listed: Iterable[JsonObject]) -> frozenset[str]:
    """Return the ids of the leftovers among a project's containers in `GET /containers/json`."""
    services: dict[str, list[_Listed]] = defaultdict(list)
    for node in map(Node, listed):
        labels = node["Labels"]
        name = next((item.raw for item in node["Names"]), "").removeprefix("/")
        replaced = replaced_id(name, labelled=bool(labels[REPLACE_LABEL]))
        services[labels["com.docker.compose.service"].raw].append(_Listed(node["Id"].raw, replaced))
    return frozenset(item.id for found in services.values() for item in leftovers(found))
