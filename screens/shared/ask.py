"""A dialog for one line of text, with a preview of its meaning."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from pixel_tui.errors import UsageError
from pixel_tui.text import SafeText, plain
from screens.shared.dialog import Dialog
from screens.shared.titled_box import TitledBox
from widgets.key_bar import KeyBar


class AskScreen(Dialog[str | None]):
    """Dismisses with the text, or with None.

    Args:
        title: The title of the dialog.
        hint: The accepted formats.
        describe: Returns what a text means; raises `UsageError` if it is not valid.
        value: The initial text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "OK", priority=True, id="ask.take"),
        Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel"),
    ]

    def __init__(
        self, title: str, hint: str, describe: Callable[[str], SafeText], value: str = ""
    ) -> None:
        super().__init__()
        self._title = plain(title)
        self._hint = plain(hint)
        self._describe = describe
        self._value = value

    def compose(self) -> ComposeResult:
        """The input, and below it the meaning of the text."""
        with TitledBox("", self._title, classes="dialog"):
            yield Static(self._hint, markup=False)
            box = Input(self._value, id="ask-box")
            box.cursor_blink = False
            yield box
            yield Static(id="ask-meaning", markup=False)
        yield KeyBar()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        meaning = self.query_one("#ask-meaning", Static)
        if not event.value:
            meaning.update("")
            return
        try:
            meaning.update(Content(self._describe(event.value)))
        except UsageError as error:
            meaning.update(Content.styled(plain(f"{error.what}. {error.hint}"), "$text-warning"))

    def action_take(self) -> None:
        """Close with the text, if it is valid."""
        value = self.query_one("#ask-box", Input).value
        try:
            self._describe(value)
        except UsageError:
            return
        self.dismiss(value)
