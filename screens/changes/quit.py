"""The question before quitting while jobs run."""

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from pixel_tui.confirm_keys import DEFAULT_KEYS, ConfirmKeys
from pixel_tui.humanize import span
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import SafeText
from screens.shared.dialog import Dialog
from widgets.bound_key import bound_key
from widgets.key_bar import KeyBar


class QuitChoice(StrEnum):
    """The answers: stay, quit and let the jobs run, cancel them and quit."""

    STAY = "stay"
    QUIT = "quit"
    CANCEL = "cancel"


class QuitScreen(Dialog[QuitChoice]):
    """Dismisses with the answer; the focus is on staying.

    Args:
        running: Returns the number of running jobs.
        cancelling: Returns the consequences of cancelling the running job.
        to_confirm: Returns the seconds until a waiting apply is rolled back; None if none waits.
        typed: The commands to type in a shell.
        keys: The keys that confirm it.
    """

    AUTO_FOCUS = "#stay"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer('stay')", "Stay", id="quit.stay"),
        Binding("y", "answer('quit')", "Quit", id="quit.leave"),
        Binding("ctrl+x", "answer('cancel')", "Cancel it and quit", id="quit.cancel"),
    ]

    def __init__(
        self,
        running: Callable[[], int],
        cancelling: Callable[[], SafeText],
        to_confirm: Callable[[], float | None],
        typed: TypedCommands,
        keys: ConfirmKeys = DEFAULT_KEYS,
    ) -> None:
        super().__init__()
        self._job_count = running
        self._cancelling = cancelling
        self._to_confirm = to_confirm
        self._typed = typed
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The question and three buttons."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Quit pixel-tui?"
            question = self._question(self._job_count())
            yield Static(question, id="quit-question", markup=False)
            with Horizontal(classes="buttons"):
                stay = bound_key(self, "quit.stay", "escape")
                leave = bound_key(self, "quit.leave", "y")
                cancel = bound_key(self, "quit.cancel", "ctrl+x")
                yield Button(Content(f"Stay  {stay}"), id="stay", compact=True)
                yield Button(Content(f"Quit  {leave}"), id="quit", compact=True)
                yield Button(Content(f"Cancel it  {cancel}"), id="cancel", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        """Update the question every second."""
        self.set_interval(1.0, self._draw)

    def check_action(self, _action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to cancel only running jobs."""
        return parameters != (QuitChoice.CANCEL.value,) or self._job_count() > 0

    def _draw(self) -> None:
        count = self._job_count()  # read once: a job may finish between the button and the question
        self.query_one("#cancel").display = count > 0
        self.refresh_bindings()
        self.query_one("#quit-question", Static).update(self._question(count))

    def _question(self, count: int) -> str:
        if not count:
            return "No job is running now."
        left = self._to_confirm()
        if left is not None:
            happens = (
                "The new environment is not confirmed yet. It is rolled back in "
                f"{span(round(left))}, even if you quit. To keep it:"
                f" {self._keys.open}, then {self._keys.keep};"
                f" or `{self._typed.pixel_tui} env confirm` in a shell."
            )
        else:
            jobs = "A job is" if count == 1 else f"{count} jobs are"
            happens = (
                f"{jobs} still running. The current command continues without pixel-tui, but no "
                "later step starts. The next start verifies it."
            )
        return f"{happens}\n\nTo cancel it: {self._cancelling()}"

    def action_answer(self, answer: str) -> None:
        """Close with an answer."""
        self.dismiss(QuitChoice(answer))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Close with the answer of the button."""
        self.dismiss(QuitChoice(event.button.id or QuitChoice.STAY))
