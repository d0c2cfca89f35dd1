"""A list to pick one item from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pixel_tui.text import SafeText, plain
from screens.shared.dialog import Dialog
from screens.shared.titled_box import TitledBox
from widgets.key_bar import KeyBar
from widgets.lines.options import Options

REFRESH_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Choices:
    """The items of the list, as of now."""

    lines: tuple[Content, ...]
    caption: SafeText
    """Shown above the list."""
    notes: tuple[SafeText, ...] = ()
    """One for each line, shown below the list while the cursor is on it."""


class PickScreen(Dialog[int | None]):
    """Dismisses with the index of the picked line, or with None.

    Args:
        title: The title of the dialog.
        choices: Returns the lines; called every second, so that the list is live. Lines keep
            their index; more may be appended.
        at: The index that the cursor starts on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick", "Select", priority=True, id="pick.pick"),
        Binding("escape", "dismiss(None)", "Close", id="pick.close"),
        Binding("j", "cursor(1)", "Down", show=False, id="pick.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="pick.up"),
    ]

    _options = getters.query_one(Options)

    def __init__(self, title: str, choices: Callable[[], Choices], at: int = 0) -> None:
        super().__init__()
        self._title = plain(title)
        self._choices = choices
        self._at = at
        self._shown: tuple[Content, ...] = ()
        self._notes: tuple[SafeText, ...] = ()

    def compose(self) -> ComposeResult:
        """The caption and the list."""
        with TitledBox("", self._title, classes="dialog -tall -wide"):
            yield Static(id="pick-caption", markup=False)
            yield Options(markup=False)
            yield Static(id="pick-note", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Fill the list, and refresh it every second."""
        self.refresh_choices()
        self._options.highlighted = self._at
        self._options.focus()
        self.set_interval(REFRESH_SECONDS, self.refresh_choices)

    def refresh_choices(self) -> None:
        """Show the current lines."""
        choices = self._choices()
        self.query_one("#pick-caption", Static).update(Content(choices.caption))
        self._notes = choices.notes
        self._show_note()
        if choices.lines == self._shown:
            return
        options = self._options
        at, grown = options.highlighted, choices.lines[: len(self._shown)] == self._shown
        if grown:
            options.add_options([Option(line) for line in choices.lines[len(self._shown) :]])
        else:
            options.clear_options()
            options.add_options([Option(line) for line in choices.lines])
        options.highlighted = min(at or 0, len(choices.lines) - 1) if choices.lines else None
        self._shown = choices.lines

    @on(OptionList.OptionHighlighted)
    def _show_note(self) -> None:
        at = self._options.highlighted
        note = self.query_one("#pick-note", Static)
        note.display = bool(self._notes)
        if at is not None and at < len(self._notes):
            note.update(Content(self._notes[at]))

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_pick()

    def action_pick(self) -> None:
        """Close with the line under the cursor."""
        at = self._options.highlighted
        if at is not None:
            self.dismiss(at)

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._options.move_cursor(step)
