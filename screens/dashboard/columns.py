"""The dialog for the columns of the service table."""

from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from screens.shared.dialog import Dialog
from widgets.key_bar import KeyBar
from widgets.lines.options import Options
from widgets.rows.service_row import FORMATS, Column

_OPTIONAL: Final = tuple(column for column in FORMATS if column is not Column.SERVICE)
"""The service's name is always shown."""

ColumnChoice = tuple[Column, ...] | None
"""The chosen columns; None for as many as fit."""


class ColumnsScreen(Dialog[ColumnChoice | bool]):
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

    _options = getters.query_one(Options)

    def __init__(self, shown: tuple[Column, ...]) -> None:
        super().__init__()
        self._ticked = set(shown)

    def compose(self) -> ComposeResult:
        """One line a column."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Columns"
            yield Static("SERVICE is always shown. Scroll left and right for more.")
            yield Options(*(Option(self._line(column)) for column in _OPTIONAL), markup=False)
        yield KeyBar()

    def _line(self, column: Column) -> Content:
        return Content(f"{'✓' if column in self._ticked else ' '}  {FORMATS[column].title}")

    def action_tick(self) -> None:
        """Toggle the column under the cursor."""
        options = self._options
        index = options.highlighted
        if index is not None:
            self._ticked ^= {_OPTIONAL[index]}
            options.replace_option_prompt_at_index(index, self._line(_OPTIONAL[index]))

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_tick()

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._options.move_cursor(step)

    def action_accept(self) -> None:
        """Use the ticked columns, in the table's order."""
        self.dismiss(tuple(item for item in FORMATS if item in self._ticked | {Column.SERVICE}))

    def action_automatic(self) -> None:
        """Show as many columns as fit."""
        self.dismiss(None)
