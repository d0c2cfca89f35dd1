"""Selects the containers whose logs are followed, across recreations."""

from collections.abc import Sequence

from pixel_tui.stack.feed.feed import LogTarget
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText


class WantedLogs:
    """Finds the present containers of the targets.

    Args:
        targets: Services or containers; every service of the stack if empty.
    """

    def __init__(self, targets: Sequence[LogTarget]) -> None:
        self.targets = tuple(targets)
        self._names: dict[str, SafeText] = {}
        """The requested container ids with their names, by which replacements are found."""

    def containers(self, snapshot: StackSnapshot) -> Sequence[Container]:
        """Return the existing containers to follow."""
        targets = self.targets or [LogTarget(service.name) for service in snapshot.services]
        found: dict[str, Container] = {}
        for target in targets:
            service = snapshot.service(target.service)
            for container in self._of(target, service.containers if service else ()):
                found[container.id] = container
        return tuple(found.values())

    def _of(self, target: LogTarget, containers: Sequence[Container]) -> Sequence[Container]:
        asked = target.container_id
        if asked is None:
            return containers
        for container in containers:
            if container.id == asked:
                self._names[asked] = container.name
        return [item for item in containers if item.name == self._names.get(asked)]


def place(container: Container) -> tuple[str, str]:
    """Return the key that a container and its replacement have in common."""
    return container.service, container.name if container.oneoff else str(container.number)
