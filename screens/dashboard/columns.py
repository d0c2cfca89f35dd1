"""The dialog for the columns of the service table."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.shared.checklist import Checklist
from widgets.rows.service_row import FORMATS, Column

ColumnChoice = tuple[Column, ...] | None
"""The chosen columns; None for as many as fit."""


class ColumnsScreen(Checklist[ColumnChoice | bool]):
    """A checklist of columns. Dismisses with the choice, or with False for no change.

    Args:
        shown: The columns that the table shows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Toggle", id="columns.tick"),
        Binding("enter", "accept", "Apply", priority=True, id="columns.accept"),
        Binding("a", "automatic", "Automatic", id="columns.automatic"),
        Binding("escape", "dismiss(False)", "Cancel", id="columns.cancel"),
        Binding("j", "cursor(1)", "Down", show=False, id="columns.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="columns.up"),
    ]

    def __init__(self, shown: tuple[Column, ...]) -> None:
        super().__init__(
            "Columns",
            "SERVICE is always shown. Scroll left and right for more.",
            {item: form.title for item, form in FORMATS.items() if item is not Column.SERVICE},
            shown,
        )

    def action_accept(self) -> None:
        """Use the ticked columns, in the table's order."""
        self.dismiss(tuple(item for item in FORMATS if item in self._ticked | {Column.SERVICE}))

    def action_automatic(self) -> None:
        """Show as many columns as fit."""
        self.dismiss(None)
