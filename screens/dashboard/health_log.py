"""The results of a service's health check."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from screens.shared.composed import when_composed
from screens.shared.scrolling import ScrollingDialog
from screens.shared.titled_box import TitledBox
from widgets.dashboard.details import Details
from widgets.key_bar import KeyBar
from widgets.rows.detail_rows import Section


class HealthLogScreen(ScrollingDialog[None]):
    """Shows the health logs of the selected containers."""

    SCROLLED = "Details"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p,enter", "dismiss(None)", "Close", show=False, id="probe.close"),
    ]

    def __init__(self, service: str, sections: Sequence[Section]) -> None:
        super().__init__()
        self._service = service
        self._sections = sections

    def compose(self) -> ComposeResult:
        """One scrolled text."""
        with TitledBox("Health log of ", self._service, classes="dialog -tall"):
            yield Details(id="probe-text")
        yield KeyBar()

    @when_composed
    def on_mount(self) -> None:
        """Show the text."""
        self.query_one(Details).show(self._sections, other=True)
