"""The dialog for the services whose logs are shown."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from pixel_tui.text import SafeText
from screens.shared.checklist import Checklist


class LogServicesScreen(Checklist[tuple[str, ...] | None]):
    """A checklist of services. Dismisses with them, with none for the table's row, or with None.

    Args:
        services: The names of all services.
        shown: The services whose logs are shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Toggle", id="log-services.tick"),
        Binding("enter", "accept", "Apply", priority=True, id="log-services.accept"),
        Binding("a", "all", "All", id="log-services.all"),
        Binding("n", "none", "None", id="log-services.none"),
        Binding("escape", "dismiss(None)", "Cancel", id="log-services.cancel"),
        Binding("j", "cursor(1)", "Down", show=False, id="log-services.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="log-services.up"),
    ]

    def __init__(self, services: Sequence[SafeText], shown: Sequence[str]) -> None:
        note = "None: the log follows the table's cursor again."
        super().__init__("Logs of", note, {name: name for name in services}, shown)

    def action_all(self) -> None:
        """Select all services."""
        self._tick(self._items)

    def action_none(self) -> None:
        """Select no service."""
        self._tick(())

    def action_accept(self) -> None:
        """Close with the selected services."""
        self.dismiss(tuple(name for name in self._items if name in self._ticked))
