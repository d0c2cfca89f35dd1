"""One line that is asked for, and what it would mean while it is typed."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from pixel_tui.errors import UsageError
from pixel_tui.text import SafeText, plain
from screens.shared.dialog import Dialog
from widgets.key_bar import KeyBar


class AskScreen(Dialog[str | None]):
    """Dismisses with what was typed, or with None.

    Args:
        title: What is asked for.
        hint: How it is written.
        meaning: What a text would mean; raises `UsageError` where it can't be taken.
        value: What stands there at first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "OK", priority=True, id="ask.take"),
        Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel"),
    ]

    def __init__(
        self, title: str, hint: str, meaning: Callable[[str], SafeText], value: str = ""
    ) -> None:
        super().__init__()
        self._title = plain(title)
        self._hint = plain(hint)
        self._meaning = meaning
        self._value = value

    def compose(self) -> ComposeResult:
        """The line, and below it what it means."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(self._hint, markup=False)
            box = Input(self._value, id="ask-box")
            box.cursor_blink = False
            yield box
            yield Static(id="ask-meaning", markup=False)
        yield KeyBar()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        said = self.query_one("#ask-meaning", Static)
        if not event.value:
            said.update("")
            return
        try:
            said.update(Content(self._meaning(event.value)))
        except UsageError as error:
            said.update(Content.styled(plain(f"{error.what}. {error.hint}"), "$text-warning"))

    def action_take(self) -> None:
        """Take it, where it can be taken."""
        value = self.query_one("#ask-box", Input).value
        try:
            self._meaning(value)
        except UsageError:
            return
        self.dismiss(value)
