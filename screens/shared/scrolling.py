"""Dialogs with a text that scrolls, and the keys that scroll it."""

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.shared.dialog import Dialog

Result = TypeVar("Result")


class TextDialog(Dialog[Result]):
    """A dialog with a scrolling text among other widgets; it binds its own keys to the actions."""

    SCROLLED: ClassVar[str] = "VerticalScroll"
    """The selector of the widget that scrolls."""

    @property
    def scrolled(self) -> Widget:
        """The widget that scrolls."""
        return self.query_one(self.SCROLLED, Widget)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines, down if positive."""
        self.scrolled.scroll_relative(y=lines, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by a page less one line, so that the last line read stays visible."""
        self.action_scroll(direction * max(self.scrolled.size.height - 1, 1))

    def action_edge(self, direction: int) -> None:
        """Scroll to the first line, or to the last one if positive."""
        text = self.scrolled
        text.scroll_to(y=text.max_scroll_y if direction > 0 else 0, animate=False)


class ScrollingDialog(TextDialog[Result]):
    """A dialog with nothing but a text: the keys that usually move a cursor scroll it.

    The text has no focus of its own, so that the keys do the same whatever widget shows it.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", id="scrolling.close"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="scrolling.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="scrolling.up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="scrolling.page_down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="scrolling.page_up"),
        Binding("g,home", "edge(-1)", "First", show=False, id="scrolling.first"),
        Binding("G,end", "edge(1)", "Last", show=False, id="scrolling.last"),
    ]
