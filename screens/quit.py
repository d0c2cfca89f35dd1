"""Leaving while something is under way."""

from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from pixel_tui.text import SafeText
from screens.dialog import Dialog
from widgets.key_bar import KeyBar


class Leaving(StrEnum):
    """What is to become of the jobs that run."""

    STAY = "stay"
    LEAVE = "leave"
    CANCEL = "cancel"


class QuitScreen(Dialog[Leaving]):
    """Dismisses with what is to become of them. It rests on staying.

    Args:
        running: How many jobs run.
        cancelling: What it means to cancel the one that runs.
    """

    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer('stay')", "Stay", id="quit.stay"),
        Binding("y", "answer('leave')", "Leave", id="quit.leave"),
        Binding("ctrl+x", "answer('cancel')", "Cancel and leave", id="quit.cancel"),
    ]

    def __init__(self, running: int, cancelling: SafeText) -> None:
        super().__init__()
        self._jobs = running
        self._cancelling = cancelling

    def compose(self) -> ComposeResult:
        """A question and three buttons."""
        jobs = "A job is" if self._jobs == 1 else f"{self._jobs} jobs are"
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Leave the console?"
            yield Static(
                f"{jobs} still running. The command goes on to its end without the console; "
                "no later step is begun, and nobody verifies it before the next start.\n\n"
                f"To cancel it: {self._cancelling}",
                markup=False,
            )
            with Horizontal(classes="buttons"):
                yield Button("Stay  Esc", id="stay", compact=True)
                yield Button("Leave  y", id="leave", compact=True)
                yield Button("Cancel it  ^x", id="cancel", compact=True)
        yield KeyBar()

    def action_answer(self, answer: str) -> None:
        """Close with an answer."""
        self.dismiss(Leaving(answer))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, cancel, or stay."""
        self.dismiss(Leaving(event.button.id or Leaving.STAY))
