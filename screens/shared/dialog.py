"""The base class of dialogs."""

from pathlib import Path
from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Result = TypeVar("Result")


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
    ]

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result; do nothing if it is closed already.

        A click and a key may arrive together: the second would close the screen below.
        """
        if self.is_current:
            return super().dismiss(result)
        return AwaitComplete()
