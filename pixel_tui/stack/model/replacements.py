"""Containers that compose made to replace others, and never put in their place.

Compose recreates a container so, seen with 2.40 and 5.6: it creates the new one as
`<first twelve digits of the old one's id>_<name>` with the label `com.docker.compose.replace`,
stops the old one, removes it, gives the new one its name, and starts that. Interrupted on the
way, it leaves both. The label stays for good; the name does not.
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
    """A container, as far as this goes."""

    @property
    def id(self) -> str:
        """Its whole id."""
        ...

    @property
    def replaces(self) -> str:
        """The beginning of the id of the container that it was made for; empty for none."""
        ...


T = TypeVar("T", bound=Replacing)


def replaced_id(name: str, *, labelled: bool) -> str:
    """The first twelve digits of the id of the container that one was made to replace.

    Args:
        name: The name of the container.
        labelled: Whether it has compose's label.

    Returns:
        Empty where it replaces none, or is in its place.
    """
    match = _NAME.match(name) if labelled else None
    return match[1] if match else ""


def leftovers(containers: Sequence[T]) -> tuple[T, ...]:
    """Those of a service that stand beside the container that they were to replace.

    Where that one is gone, the new one is all that the service has: it counts as its container.
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
    """The ids of leftovers among a project's containers, from `GET /containers/json`."""
    services: dict[str, list[_Listed]] = defaultdict(list)
    for node in map(Node, listed):
        labels = node["Labels"]
        name = next((item.raw for item in node["Names"]), "").removeprefix("/")
        replaced = replaced_id(name, labelled=bool(labels[REPLACE_LABEL]))
        services[labels["com.docker.compose.service"].raw].append(_Listed(node["Id"].raw, replaced))
    return frozenset(item.id for found in services.values() for item in leftovers(found))
