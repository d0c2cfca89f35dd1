"""Services with newer inspect results than the snapshot's, and their findings."""

from collections.abc import Mapping
from dataclasses import replace

from pixel_tui.clock import Clock
from pixel_tui.health.finding import Finding
from pixel_tui.health.findings import finding_of
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import Service
from pixel_tui.stack.watch.observer import Observer


class InspectedServices:
    """The services as all panes show them.

    Docker sends no event for each failed health check, so a container that is inspected while it
    is selected is newer than that of the snapshot.

    Args:
        observer: The source of snapshots.
        clock: The time.
        read_only: Whether no key changes anything, so that a fix is a command.
        bound: Names of bindings to keys (`[keys]` of the settings).
    """

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        *,
        read_only: bool,
        bound: Mapping[str, str],
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._read_only = read_only
        self._bound = bound
        self._inspected: dict[str, tuple[Container, Container]] = {}
        """The container of the snapshot and the newer one, by id."""

    def update(self, found: Mapping[str, Container]) -> None:
        """Replace the inspect results by new ones, by container id."""
        known = {key: self._observer.snapshot.container(key) for key in found}
        self._inspected = {key: (old, found[key]) for key, old in known.items() if old is not None}

    def service(self, name: str) -> Service | None:
        """A service with its newest containers; None if it does not exist."""
        service = self._observer.snapshot.service(name)
        if service is None or not self._inspected:
            return service
        return replace(service, containers=tuple(map(self._newest, service.containers)))

    def _newest(self, container: Container) -> Container:
        old, new = self._inspected.get(container.id, (None, container))
        # Another state or health comes with the next snapshot, together with the service's.
        same = (new.state, new.health_status) == (container.state, container.health_status)
        return new if old == container and same else container

    def finding(self, name: str) -> Finding | None:
        """The finding of a service, with its fix; None if it has none."""
        service, snapshot = self.service(name), self._observer.snapshot
        if service is None or snapshot.taken_at is None:
            return None
        finding = finding_of(service, snapshot, self._clock.now())
        if finding is None:
            return None
        return replace(finding, hint=finding.fix(read_only=self._read_only, bound=self._bound))
