"""The input for a filter of rows."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterBox(Input):
    """Shown only while it has the focus. Enter keeps the text, Escape clears it."""

    BINDING_GROUP_TITLE = "Filter"
    DEFAULT_CSS = """
    FilterBox, FilterBox:focus {
        display: none; height: 1; border: none; padding: 0 1; background: $boost;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_and_close", "Clear", id="filter.clear"),
        Binding("enter,down", "keep_and_close", "Apply", id="filter.keep"),
    ]

    class Closed(Message):
        """It was closed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id, placeholder="words in the row")
        self.cursor_blink = False

    def open(self) -> None:
        """Show and focus it."""
        # Immediately: the next key must not reach the table, where it would be a command.
        self.display = True
        self.screen.set_focus(self)

    def clear_words(self) -> None:
        """Clear the filter."""
        self.value = ""
        self.action_keep_and_close()

    def action_clear_and_close(self) -> None:
        """Clear the filter and close."""
        self.clear_words()

    def action_keep_and_close(self) -> None:
        """Keep the filter and close."""
        self.display = False
        self.post_message(self.Closed())
