"""The dialog for a new task."""

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from pixel_tui.ledger.reading.task import TaskType
from pixel_tui.ledger.writing.drafts import TEMPLATE
from screens.shared.dialog import Dialog
from widgets.bound_key import bound_key
from widgets.key_bar import KeyBar

KINDS: Final = (TaskType.OPENCODE, TaskType.DOCKER_OP, TaskType.GIT_OP)
"""The types to choose from; a rebuild of syntropy is a separate action."""


@dataclass(frozen=True, slots=True)
class WrittenTask:
    """A new task."""

    kind: str
    text: str
    context: str = ""


class TaskWritingScreen(Dialog[WrittenTask | None]):
    """Dismisses with the task, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "accept", "Plan", priority=True, id="writing.take",
                tooltip="Show the plan to queue it"),
        Binding("ctrl+t", "kind", "Type", priority=True, id="writing.kind"),
        Binding("ctrl+e", "empty", "Empty", priority=True, id="writing.empty"),
        Binding("escape", "close", "Cancel", priority=True, id="writing.cancel"),
    ]  # fmt: skip

    _area = getters.query_one(TextArea)

    def __init__(self) -> None:
        super().__init__()
        self._kind = KINDS[0]
        self._asked = False
        """Whether Escape was pressed once with unsaved text."""

    def compose(self) -> ComposeResult:
        """The type, and the text."""
        with Vertical(classes="dialog -tall -wide") as dialog:
            dialog.border_title = "New task"
            yield Static(id="writing-kind", markup=False)
            area = TextArea(TEMPLATE, id="writing-text", tab_behavior="focus")
            area.cursor_blink = False
            yield area
            yield Static(id="writing-message", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Focus the text, after its first line."""
        area = self._area
        area.focus()
        area.move_cursor((1, 0))
        self._draw()

    def _draw(self, message: str = "") -> None:
        another, take = (
            bound_key(self, "writing.kind", "ctrl+t"),
            bound_key(self, "writing.take", "ctrl+s"),
        )
        self.query_one("#writing-kind", Static).update(
            Content.assemble(
                "Type ", (self._kind.value, "bold"), (f"   {another}: another", "$foreground-muted")
            )
        )
        words = message or f"{take} shows the plan; nothing is queued yet."
        style = "$text-warning" if message else "$foreground-muted"
        self.query_one("#writing-message", Static).update(Content.styled(words, style))

    @property
    def _text(self) -> str:
        return self._area.text

    def action_kind(self) -> None:
        """Switch to the next type."""
        self._kind = KINDS[(KINDS.index(self._kind) + 1) % len(KINDS)]
        self._draw()

    def action_empty(self) -> None:
        """Clear the text."""
        self._area.text = ""

    def action_accept(self) -> None:
        """Close with the task, unless its text is empty."""
        text = self._text.strip()
        if not text or text == TEMPLATE.strip():
            self._draw("The task has no text yet.")
            return
        self.dismiss(WrittenTask(self._kind.value, text))

    def action_close(self) -> None:
        """Close; with unsaved text on the second press."""
        untouched = self._text.strip() in {"", TEMPLATE.strip()}
        if untouched or self._asked:
            self.dismiss(None)
            return
        self._asked = True
        close = bound_key(self, "writing.cancel", "escape")
        self._draw(f"Press {close} again to discard the text.")
