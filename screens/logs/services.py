"""The dialog for the services whose logs are shown."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pixel_tui.text import SafeText
from screens.shared.dialog import Dialog
from widgets.key_bar import KeyBar
from widgets.lines.options import Options


class LogServicesScreen(Dialog[tuple[str, ...] | None]):
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

    _options = getters.query_one(Options)

    def __init__(self, services: Sequence[SafeText], shown: Sequence[str]) -> None:
        super().__init__()
        self._services = tuple(services)
        self._ticked = {name for name in shown if name in self._services}

    def compose(self) -> ComposeResult:
        """One line a service."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Logs of"
            yield Static("None: the log follows the table's cursor again.")
            yield Options(*(Option(self._line(name)) for name in self._services), markup=False)
        yield KeyBar()

    def _line(self, name: SafeText) -> Content:
        return Content(f"{'✓' if name in self._ticked else ' '}  {name}")

    def action_tick(self) -> None:
        """Toggle the service under the cursor."""
        index = self._options.highlighted
        if index is not None:
            self._ticked ^= {self._services[index]}
            self._draw()

    def action_all(self) -> None:
        """Select all services."""
        self._ticked = set(self._services)
        self._draw()

    def action_none(self) -> None:
        """Select no service."""
        self._ticked = set()
        self._draw()

    def _draw(self) -> None:
        options = self._options
        for index, name in enumerate(self._services):
            options.replace_option_prompt_at_index(index, self._line(name))

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_tick()

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._options.move_cursor(step)

    def action_accept(self) -> None:
        """Close with the selected services."""
        self.dismiss(tuple(name for name in self._services if name in self._ticked))
