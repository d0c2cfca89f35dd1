"""The details pane: the selected row, inspected every few seconds while it is shown."""

from collections.abc import Sequence
from typing import Final

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from pixel_tui.clock import Clock
from pixel_tui.errors import EngineError
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer
from screens.dashboard.inspected import InspectedServices
from screens.shared.composed import when_composed
from screens.shared.pane_title import pane_title
from widgets.dashboard.details import Details
from widgets.rows.detail_rows import Section, detail_sections, health_sections
from widgets.rows.service_row import Row

INSPECT_SECONDS: Final = 5.0
"""Docker sends no event for each health check."""
MOST_INSPECTED: Final = 4


class DetailsPane(Vertical):
    """Shows everything about one row.

    Args:
        observer: The source of snapshots and inspect results.
        clock: The time.
        services: The services as all panes show them.
    """

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        services: InspectedServices,
        *,
        id: str,  # noqa: A002  Textual's own name for it
        classes: str,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._observer = observer
        self._clock = clock
        self._services = services
        self._row: Row | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        self.border_title = Content(pane_title(self, "details", "3"))
        yield Details()

    def on_mount(self) -> None:
        """Inspect the row while it is shown."""
        self.set_interval(INSPECT_SECONDS, self._inspect_shown)

    def show(self, row: Row | None) -> None:
        """Show a row; None clears the pane."""
        other = row is None or self._row is None or row.key != self._row.key
        self._row = row
        self.query_one(Details).show(self._sections(), other=other)

    def health_sections(self) -> Sequence[Section]:
        """The health logs of the selected row; empty without a health check."""
        service = self._services.service(self._row.service) if self._row else None
        if self._row is None or service is None:
            return ()
        wanted = self._row.container_id
        return health_sections(
            service, next((item for item in service.containers if item.id == wanted), None)
        )

    def open_health_log(self) -> None:
        """Show the health log of the selected row in a dialog."""
        if self._row is None:
            return
        sections = self.health_sections()
        if not sections:
            self.notify(f"{self._row.service} has no health check result.", markup=False)
            return
        from screens.dashboard.health_log import HealthLogScreen

        self.app.push_screen(HealthLogScreen(self._row.service, sections))

    @property
    def text(self) -> str:
        """The complete text, for copying."""
        return "\n".join(
            f"{line.label}\t{line.value}" if line.label else line.value
            for section in self.query_one(Details).sections
            for line in section.lines
        )

    def _sections(self) -> Sequence[Section]:
        snapshot = self._observer.snapshot
        service = self._services.service(self._row.service) if self._row else None
        if self._row is None or service is None:
            return ()
        wanted = self._row.container_id
        return detail_sections(
            service,
            next((item for item in service.containers if item.id == wanted), None),
            snapshot.model,
            self._services.finding(service.name),
            self._observer.events,
            self._clock.now(),
        )

    def _inspect_shown(self) -> None:
        snapshot = self._observer.snapshot
        if self.display and self._row is not None and not snapshot.stale:
            self._inspect(_ids(self._row, snapshot)[:MOST_INSPECTED])

    @work(thread=True, exclusive=True, group="inspect")
    def _inspect(self, container_ids: Sequence[str]) -> None:
        found = {}
        for container_id in container_ids:
            try:
                found[container_id] = self._observer.inspect(container_id)
            except EngineError:
                return  # gone, or no connection: the next snapshot shows it
        self.app.call_from_thread(self._update, found)

    @when_composed
    def _update(self, found: dict[str, Container]) -> None:
        self._services.update(found)
        self.show(self._row)


def _ids(row: Row, snapshot: StackSnapshot) -> Sequence[str]:
    if row.container_id:
        return (row.container_id,)
    service = snapshot.service(row.service)
    return [item.id for item in service.containers] if service else ()
