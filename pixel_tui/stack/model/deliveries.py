"""What containers were given that no hash tells: secrets, configs, and a mounted `.env`. Pure.

Compose writes the content of a secret or a config into a container when it creates it, and its hash
of the service has only their names: a value that was saved and never applied leaves no trace. A
file that is mounted by itself stays the old one in the container if another takes its place. Only
one thing is certain: a container that is younger than the last change has the content of now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pixel_tui.stack.model.container import Container
from pixel_tui.text import SafeText, plain


class Arrival(StrEnum):
    """When a container gets something."""

    CREATION = "creation"
    START = "start"
    """Each time it is started."""


@dataclass(frozen=True, slots=True)
class ContentChange:
    """A content that came in the place of another."""

    at: datetime
    mark: str
    """It tells an equal content, and nothing else."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that a service is given."""

    source: SafeText
    """`secrets.token`, `configs.page`, or the path of a file."""
    name: SafeText
    """What it is called: `secret token (A_TOKEN)`, `.env`."""
    arrival: Arrival
    changes: tuple[ContentChange, ...] = ()
    """What is known of its content, oldest first; the last is that of now."""

    def may_be_old(self, container: Container) -> bool:
        """Whether a container may have another content than that of now."""
        moment = container.created_at
        if self.arrival is Arrival.START:
            moment = container.started_at if container.running else None
        if moment is None or not self.changes:
            return False
        before = [change for change in self.changes if change.at < moment]
        return not before or before[-1].mark != self.changes[-1].mark


@dataclass(frozen=True, slots=True)
class Outdated:
    """What containers of a service may have that is not the content of now."""

    deliveries: tuple[Delivery, ...]

    @property
    def restart_is_enough(self) -> bool:
        """Whether a restart brings it; else they have to be created again."""
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
        """Why, as a sentence about its container."""
        when = "started" if self.restart_is_enough else "created"
        return plain(f"its container was {when} before that changed, and `up` does not see it")

    @property
    def sources(self) -> frozenset[SafeText]:
        """What of it."""
        return frozenset(item.source for item in self.deliveries)


def outdated(deliveries: Sequence[Delivery], containers: Sequence[Container]) -> Outdated | None:
    """What the containers of a service may have an old content of; None where there is nothing.

    Args:
        deliveries: What the service is given.
        containers: Its regular containers.
    """
    found = [item for item in deliveries if any(map(item.may_be_old, containers))]
    return Outdated(tuple(found)) if found else None
