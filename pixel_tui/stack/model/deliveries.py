"""Contents that containers get and no hash covers: secrets, configs, a mounted `.env`. Pure.

Compose copies a secret or config into a container when it creates it, and the service's hash has
only the names: a value that was saved and never applied leaves no trace. A file that is mounted
itself stays the old one in the container after it was replaced. Only one thing is certain: a
container that is younger than the last change has the present content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pixel_tui.stack.model.container import Container
from pixel_tui.text import SafeText, plain


class Arrival(StrEnum):
    """When a container gets a content."""

    CREATION = "creation"
    START = "start"
    """Each time it is started."""


@dataclass(frozen=True, slots=True)
class ContentChange:
    """A change of a content."""

    at: datetime
    mark: str
    """Equal for equal contents; it says nothing else about them."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A content that the containers of a service get."""

    source: SafeText
    """`secrets.token`, `configs.page`, or the path of a file."""
    name: SafeText
    """Its name on the screen: `secret token (A_TOKEN)`, `.env`."""
    arrival: Arrival
    changes: tuple[ContentChange, ...] = ()
    """The known changes, oldest first; the last one made the present content."""

    def may_be_outdated(self, container: Container) -> bool:
        """Return whether a container may have an older content than the present one."""
        moment = container.created_at
        if self.arrival is Arrival.START:
            moment = container.started_at if container.running else None
        if moment is None or not self.changes:
            return False
        before = [change for change in self.changes if change.at < moment]
        return not before or before[-1].mark != self.changes[-1].mark


@dataclass(frozen=True, slots=True)
class Outdated:
    """The contents of which a service's containers may have an older version."""

    deliveries: tuple[Delivery, ...]

    @property
    def restart_is_enough(self) -> bool:
        """Whether a restart is enough to update them; if not, containers must be recreated."""
        return all(item.arrival is Arrival.START for item in self.deliveries)

    @property
    def what(self) -> SafeText:
        """As a predicate: `may have an old secret token (A_TOKEN)`."""
        created = [item.name for item in self.deliveries if item.arrival is Arrival.CREATION]
        mounted = [item.name for item in self.deliveries if item.arrival is Arrival.START]
        parts = [f"have an old {', '.join(created)}"] if created else []
        parts += [f"read an old {', '.join(mounted)}"] if mounted else []
        return plain(f"may {' and '.join(parts)}")

    @property
    def why(self) -> SafeText:
        """The reason, as a sentence about its container."""
        when = "started" if self.restart_is_enough else "created"
        return plain(f"its container was {when} before that changed, and `up` does not detect it")

    @property
    def sources(self) -> frozenset[SafeText]:
        """The sources of these contents."""
        return frozenset(item.source for item in self.deliveries)


def outdated(deliveries: Sequence[Delivery], containers: Sequence[Container]) -> Outdated | None:
    """Return the contents that may be outdated in a service's containers; None if there are none.

    Args:
        deliveries: The contents that the service gets.
        containers: Its regular containers.
    """
    found = [item for item in deliveries if any(map(item.may_be_outdated, containers))]
    return Outdated(tuple(found)) if found else None
