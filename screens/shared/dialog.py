"""The base class of dialogs."""

from pathlib import Path
from typing import ClassVar, Final, TypeVar

from textual.actions import SkipAction
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Result = TypeVar("Result")
WAYS_OUT: Final = frozenset({"Cancel", "Close", "Background", "Keep running"})
"""The descriptions of keys that cancel or close."""


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
