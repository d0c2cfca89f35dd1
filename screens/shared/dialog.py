"""The base class of dialogs."""

from pathlib import Path
from typing import ClassVar, Final, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

Result = TypeVar("Result")
FAINT: Final = Style(dim=True)
WAYS_OUT: Final = frozenset({"Cancel", "Close", "Background", "Keep running"})
"""The descriptions of keys that cancel or close."""


class Dimmed:
    """A renderable without its colours, as faint text."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its text."""
        for segment in console.render(self._renderable, options):
            yield Segment(segment.text, FAINT, segment.control)


class Dialog(ModalScreen[Result]):
    """A modal screen, styled by `dialog.tcss`; `?` lists its keys."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "question_mark",
            "app.help",
            "Help",
            id="dialog.help",
            tooltip="The keys of this view",
        ),
        Binding("ctrl+c", "copy_or_explain", "Copy selected text", show=False),
    ]

    def render(self) -> RenderableType:
        """The screen below, dimmed: a colour can't be, if it is one of the terminal's."""
        below = super().render()
        covers = not isinstance(below, BackgroundScreen)
        return below if covers or not self.has_pseudo_class("ansi") else Dimmed(below)

    def action_copy_or_explain(self) -> None:
        """Copy the selected text, or name the keys that cancel and close: Ctrl+C does neither."""
        try:
            self.action_copy_text()
        except SkipAction:
            ways = {
                active.binding.description: self.app.get_key_display(active.binding)
                for active in reversed(self.active_bindings.values())
                if active.enabled and active.binding.description in WAYS_OUT
            }
            keys = ", ".join(f"{key} {what}" for what, key in ways.items())
            self.notify(f"Ctrl+C does nothing here. Keys: {keys}.", timeout=4, markup=False)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result; do nothing if it is closed already.

        A click and a key may arrive together: the second would close the screen below.
        """
        if self.is_current:
            return super().dismiss(result)
        return AwaitComplete()
