"""What every dialog is: it closes once, whatever is pressed how fast, and `?` lists its keys."""

from pathlib import Path
from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A modal screen in the look of `dialog.tcss`."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "question_mark",
            "app.help",
            "Help",
            id="dialog.help",
            tooltip="The keys of this view",
        ),
    ]

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result; nothing happens when it is closed already.

        A click and a key may both ask within one moment: the second would close what is
        below.
        """
        if self.is_current:
            return super().dismiss(result)
        return AwaitComplete()
