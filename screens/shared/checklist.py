"""The base class of dialogs with a checklist."""

from collections.abc import Collection, Mapping

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from screens.shared.dialog import Dialog, Result
from widgets.key_bar import KeyBar
from widgets.lines.options import Options


class Checklist(Dialog[Result]):
    """A list of items that can be ticked.

    Args:
        title: The dialog's title.
        note: A line above the list.
        items: The items, each with its text.
        ticked: The items that are ticked at first.
    """

    _options = getters.query_one(Options)

    def __init__(
        self, title: str, note: str, items: Mapping[str, str], ticked: Collection[str]
    ) -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._items = items
        self._ticked = {item for item in items if item in ticked}

    def compose(self) -> ComposeResult:
        """One line an item."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Static(self._note, markup=False)
            yield Options(*(Option(self._line(item)) for item in self._items), markup=False)
        yield KeyBar()

    def _line(self, item: str) -> Content:
        return Content(f"{'✓' if item in self._ticked else ' '}  {self._items[item]}")

    def action_tick(self) -> None:
        """Toggle the item under the cursor."""
        index = self._options.highlighted
        if index is not None:
            self._tick(self._ticked ^ {tuple(self._items)[index]})

    def _tick(self, items: Collection[str]) -> None:
        """Tick exactly these items."""
        self._ticked = set(items)
        for index, item in enumerate(self._items):
            self._options.replace_option_prompt_at_index(index, self._line(item))

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_tick()

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._options.move_cursor(step)
