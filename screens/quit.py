"""Leaving while something is under way."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from screens.dialog import Dialog
from widgets.key_bar import KeyBar


class QuitScreen(Dialog[bool]):
    """Dismisses with True to leave. It rests on staying.

    Args:
        running: How many jobs run.
    """

    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss(False)", "Stay", id="quit.stay"),
        Binding("y", "dismiss(True)", "Leave", id="quit.leave"),
    ]

    def __init__(self, running: int) -> None:
        super().__init__()
        self._jobs = running

    def compose(self) -> ComposeResult:
        """A question and two buttons."""
        jobs = "A job is" if self._jobs == 1 else f"{self._jobs} jobs are"
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Leave the console?"
            yield Static(
                f"{jobs} still running. The command goes on to its end without the console, "
                "but nobody verifies it then."
            )
            with Horizontal(classes="buttons"):
                yield Button("Stay  Esc", id="stay", compact=True)
                yield Button("Leave  y", id="leave", compact=True)
        yield KeyBar()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, or stay."""
        self.dismiss(event.button.id == "leave")
