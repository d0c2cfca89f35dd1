"""Which columns the service table shows."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, SelectionList, Static
from textual.widgets.selection_list import Selection

from widgets.rows.service_row import LOOKS, Column

_OPTIONAL: Final = tuple(column for column in LOOKS if column is not Column.SERVICE)
"""The service's name is always shown."""

Choice = tuple[Column, ...] | None
"""The columns that were chosen; None for as many as fit."""


class ColumnsScreen(ModalScreen[Choice | bool]):
    """A list to tick. Dismisses with the choice, or with False when nothing is to change."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Use these", priority=True, id="columns.accept"),
        Binding("a", "automatic", "As many as fit", id="columns.automatic"),
        Binding("escape", "dismiss(False)", "Cancel", id="columns.cancel"),
    ]

    def __init__(self, shown: tuple[Column, ...]) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        """One line a column."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Columns"
            yield Static("Space ticks a column, Enter uses them, a shows as many as fit.")
            yield SelectionList[Column](
                *(_selection(column, ticked=column in self._shown) for column in _OPTIONAL)
            )
        yield Footer(show_command_palette=False)

    def action_accept(self) -> None:
        """Use the ticked columns, in the table's order."""
        ticked = set(self.query_one(SelectionList).selected) | {Column.SERVICE}
        self.dismiss(tuple(column for column in LOOKS if column in ticked))

    def action_automatic(self) -> None:
        """Leave it to the width."""
        self.dismiss(None)


def _selection(column: Column, *, ticked: bool) -> Selection[Column]:
    return Selection(Content(LOOKS[column].title), column, ticked)
