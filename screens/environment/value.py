"""The dialog for one value, with a preview of what compose will read."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from pixel_tui.environment.editing.typed_value import TypedValue, ValueForm
from pixel_tui.environment.editing.value_preview import InputKind, ValuePreview
from pixel_tui.text import SafeText, plain
from screens.environment.content import finding_lines
from screens.shared.dialog import Dialog
from screens.shared.titled_box import TitledBox
from widgets.bound_key import bound_key
from widgets.key_bar import KeyBar
from widgets.rows.environment_row import safe_value, shortened

REVEAL_SECONDS: Final = 5.0
DOT: Final = "•"


JudgeValue = Callable[[str, InputKind], ValuePreview]


class MaskedArea(TextArea):
    """A text area that shows dots while it is masked."""

    masked = False

    def get_line(self, line_index: int) -> Text:
        """A line, masked or not."""
        if not self.masked:
            return super().get_line(line_index)
        return Text(DOT * len(self.document.get_line(line_index)), end="")

    def mask(self, *, masked: bool) -> None:
        """Mask the text, or show it."""
        self.masked = masked
        self.notify_style_update()  # drops the cached lines
        self.refresh()


class ValueScreen(Dialog[TypedValue | None]):
    """Dismisses with the typed value, or with None.

    Args:
        form: The key and its initial value.
        judge: Returns the meaning and the problems of a text. Called for each key press.
    """

    BINDING_GROUP_TITLE = "Value"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "OK", priority=True, id="value.take"),
        Binding("ctrl+s", "take_all", "OK", show=False, priority=True, id="value.take_all",
                tooltip="OK, even if Enter starts a new line"),
        Binding("ctrl+n", "skip", "Skip", id="value.skip",
                tooltip="Skip this key and continue with the next"),
        Binding("ctrl+t", "way", "As written", id="value.way",
                tooltip="Type it as written in the file, with quotes and variables, or as a "
                        "plain value"),
        Binding("ctrl+o", "lines", "Lines", id="value.lines", tooltip="A value of several lines"),
        Binding("ctrl+r", "reveal", "Show", id="value.reveal",
                tooltip="Show a secret for a few seconds"),
        Binding("escape", "dismiss(None)", "Cancel", id="value.cancel"),
    ]  # fmt: skip

    _area = getters.query_one(MaskedArea)
    _box = getters.query_one("#value-box", Input)

    def __init__(self, form: ValueForm, value_previewer: JudgeValue) -> None:
        super().__init__()
        self._form = form
        self._judge = value_previewer
        self._kind = form.kind
        self._masked = form.secret
        self._hiding: Timer | None = None
        self._judged: ValuePreview | None = None
        self.lines = "\n" in self._start(form.kind)

    def _start(self, kind: InputKind) -> str:
        return self._form.exact if kind is InputKind.EXACT else self._form.written

    def compose(self) -> ComposeResult:
        """The purpose, the input, and the preview."""
        form = self._form
        progress = f"   {form.progress}" if form.progress else ""
        with TitledBox("", form.key, progress, classes="dialog", id="value"):
            yield Static(Content(shortened(form.purpose)), id="value-purpose", markup=False)
            yield Static(id="value-way", markup=False)
            box = Input(self._start(self._kind), id="value-box", password=self._masked)
            box.cursor_blink = False
            yield box
            area = MaskedArea(self._start(self._kind), id="value-area", show_line_numbers=True)
            area.cursor_blink = False
            area.masked = self._masked
            yield area
            with VerticalScroll(id="value-meaning", can_focus=False):
                yield Static(id="value-preview", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Focus the input and show the preview."""
        self.query_one("#value-purpose").display = bool(self._form.purpose)
        self._update_layout()
        self._judge_text()

    @property
    def text(self) -> str:
        """The typed text."""
        if self.lines:
            return self._area.text
        return self._box.value

    def _update_layout(self) -> None:
        box, area = self._box, self._area
        box.display, area.display = not self.lines, self.lines
        self.set_focus(area if self.lines else box)
        words = {
            InputKind.EXACT: "The plain value; it is quoted as needed.",
            InputKind.WRITTEN: "As written in the file: quotes, escapes and $VARIABLES count.",
        }[self._kind]
        if self.lines:
            words = f"{words} {bound_key(self, 'value.take_all', 'ctrl+s')} accepts it."
        self.query_one("#value-way", Static).update(Content.styled(words, "$foreground-muted"))
        self.refresh_bindings()

    # The preview.

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self, event: Input.Changed | TextArea.Changed) -> None:
        event.stop()
        shown = event.control is (self._area if self.lines else self.query_one("#value-box"))
        if shown:
            self._judge_text()

    def _judge_text(self) -> None:
        self._judged = self._judge(self.text, self._kind)
        self._draw()

    def _draw(self) -> None:
        judged = self._judged
        if judged is None:
            return
        hidden = self._form.secret and self._masked
        lines = []
        if judged.refusal:
            lines.append(Content.styled(f"✗ {judged.refusal}", "$text-error bold"))
        else:
            value = judged.effective
            message = (
                "(nothing)"
                if not value
                else shortened(
                    safe_value(value, secret=hidden, revealed=not self._form.secret or not hidden)
                )
            )
            lines.append(Content.assemble(("Compose reads  ", "$text-accent"), message))
            lines.append(
                Content.assemble(
                    ("Written as     ", "$text-accent"),
                    f"{self._form.key}=",
                    _written(judged.raw, hidden=hidden),
                )
            )
        lines += finding_lines(judged.findings)
        if not judged.refusal and not judged.findings:
            lines.append(Content.styled("✓ No problems.", "$text-success"))
        self.query_one("#value-preview", Static).update(Content("\n").join(lines))

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the text area; offer to skip only in a series, to reveal only secrets."""
        if action == "take":
            return not self.lines
        if action == "skip":
            return bool(self._form.progress)
        if action == "reveal":
            return self._form.secret
        return True

    def action_take(self) -> None:
        """Close with the value, if it is valid."""
        if self._judged is None or not self._judged.refusal:
            self.dismiss(TypedValue(self.text, self._kind))

    def action_take_all(self) -> None:
        """Close with the value, also from the text area."""
        self.action_take()

    def action_skip(self) -> None:
        """Skip this key."""
        self.dismiss(TypedValue(None))

    def action_way(self) -> None:
        """Switch between the plain value and the written form."""
        judged = self._judged
        self._kind = InputKind.WRITTEN if self._kind is InputKind.EXACT else InputKind.EXACT
        if judged is not None and not judged.refusal:
            self._set_text(judged.raw if self._kind is InputKind.WRITTEN else judged.displayed)
        self._update_layout()
        self._judge_text()

    def action_lines(self) -> None:
        """Switch between one line and several."""
        text = self.text
        if self.lines and "\n" in text:
            self.notify("It has several lines.", timeout=3)
            return
        self.lines = not self.lines
        self._set_text(text)
        self._update_layout()
        self._judge_text()

    def _set_text(self, text: str) -> None:
        if "\n" in text:
            self.lines = True
        if self.lines:
            self._area.text = text
        else:
            self._box.value = text

    def action_reveal(self) -> None:
        """Show a secret for a few seconds."""
        self._set_masked(masked=False)
        self._hiding = self.set_timer(REVEAL_SECONDS, self._hide)

    def _hide(self) -> None:
        self._set_masked(masked=True)

    def _set_masked(self, *, masked: bool) -> None:
        if self._hiding is not None:
            self._hiding.stop()
        self._masked = masked
        self._box.password = masked
        self._area.mask(masked=masked)
        self._draw()


def _written(raw: str, *, hidden: bool) -> SafeText:
    if not hidden:
        return shortened(plain(raw))
    quote = raw[0] if raw[:1] in {"'", '"'} else ""
    return SafeText(f"{quote}{DOT * 8 if raw else ''}{quote}")
