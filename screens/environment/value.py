"""One value, typed with its meaning beside it: what compose will read, and how it is written."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from pixel_tui.environment.editing.typed_value import TypedValue, ValueForm
from pixel_tui.environment.editing.value_preview import InputKind, ValuePreview
from pixel_tui.text import SafeText, plain
from screens.environment.content import finding_lines
from screens.shared.dialog import Dialog
from widgets.key_bar import KeyBar
from widgets.rows.environment_row import brief, safe_value

REVEAL_SECONDS: Final = 5.0
DOT: Final = "•"


JudgeValue = Callable[[str, InputKind], ValuePreview]


class MaskedArea(TextArea):
    """Lines that are shown as dots until they are revealed."""

    masked = False

    def get_line(self, line_index: int) -> Text:
        """A line as it is shown."""
        if not self.masked:
            return super().get_line(line_index)
        return Text(DOT * len(self.document.get_line(line_index)), end="")

    def mask(self, *, masked: bool) -> None:
        """Show dots, or the text."""
        self.masked = masked
        self.notify_style_update()  # what was drawn is forgotten
        self.refresh()


class ValueScreen(Dialog[TypedValue | None]):
    """Dismisses with what was typed, or with None.

    Args:
        form: What is asked for.
        judge: What a text would mean. Quick: it is asked at each key.
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
        self._way = form.kind
        self._masked = form.secret
        self._hiding: Timer | None = None
        self._judged: ValuePreview | None = None
        self.lines = "\n" in self._start(form.kind)

    def _start(self, kind: InputKind) -> str:
        return self._form.exact if kind is InputKind.EXACT else self._form.written

    @property
    def keeps_lines(self) -> bool:
        """Whether an area of lines would give the text back as it is."""
        text = self.text if self.is_mounted else self._start(self._way)
        return "\n".join(text.splitlines()) == text.removesuffix("\n")

    def compose(self) -> ComposeResult:
        """What it is for, the text, and what it means."""
        form = self._form
        with Vertical(classes="dialog", id="value") as dialog:
            progress = f"   {form.progress}" if form.progress else ""
            dialog.border_title = Content(plain(f"{form.key}{progress}"))
            yield Static(Content(brief(form.purpose)), id="value-purpose", markup=False)
            yield Static(id="value-way", markup=False)
            box = Input(self._start(self._way), id="value-box", password=self._masked)
            box.cursor_blink = False
            yield box
            area = MaskedArea(self._start(self._way), id="value-area", show_line_numbers=True)
            area.cursor_blink = False
            area.masked = self._masked
            yield area
            with VerticalScroll(id="value-meaning", can_focus=False):
                yield Static(id="value-said", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#value-purpose").display = bool(self._form.purpose)
        self._arrange()
        self._look()

    @property
    def text(self) -> str:
        """What is typed."""
        if self.lines:
            return self._area.text
        return self._box.value

    def _arrange(self) -> None:
        box, area = self._box, self._area
        box.display, area.display = not self.lines, self.lines
        self.set_focus(area if self.lines else box)
        words = {
            InputKind.EXACT: "The plain value; it is quoted as needed.",
            InputKind.WRITTEN: "As written in the file: quotes, escapes and $VARIABLES count.",
        }[self._way]
        if self.lines:
            words = f"{words} Ctrl+S accepts it."
        self.query_one("#value-way", Static).update(Content.styled(words, "$foreground-muted"))
        self.refresh_bindings()

    # What it means, at each key.

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self, event: Input.Changed | TextArea.Changed) -> None:
        event.stop()
        shown = event.control is (self._area if self.lines else self.query_one("#value-box"))
        if shown:
            self._look()

    def _look(self) -> None:
        self._judged = self._judge(self.text, self._way)
        self._say()

    def _say(self) -> None:
        judged = self._judged
        if judged is None:
            return
        hidden = self._form.secret and self._masked
        lines = []
        if judged.refusal:
            lines.append(Content.styled(f"✗ {judged.refusal}", "$text-error bold"))
        else:
            value = judged.effective
            said = (
                "(nothing)"
                if not value
                else brief(
                    safe_value(value, secret=hidden, revealed=not self._form.secret or not hidden)
                )
            )
            lines.append(Content.assemble(("Compose reads  ", "$text-accent"), said))
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
        self.query_one("#value-said", Static).update(Content("\n").join(lines))

    # What the keys do.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Enter begins another line where there are several; only one of many is passed over."""
        if action == "take":
            return not self.lines
        if action == "skip":
            return bool(self._form.progress)
        if action == "reveal":
            return self._form.secret
        return True

    def action_take(self) -> None:
        """Take it, where a file can say it."""
        if self._judged is None or not self._judged.refusal:
            self.dismiss(TypedValue(self.text, self._way))

    def action_take_all(self) -> None:
        """Take it."""
        self.action_take()

    def action_skip(self) -> None:
        """Leave it as it is."""
        self.dismiss(TypedValue(None))

    def action_way(self) -> None:
        """Go on with what is meant, or with what is written."""
        judged = self._judged
        self._way = InputKind.WRITTEN if self._way is InputKind.EXACT else InputKind.EXACT
        if judged is not None and not judged.refusal:
            self._put(judged.raw if self._way is InputKind.WRITTEN else judged.displayed)
        self._arrange()
        self._look()

    def action_lines(self) -> None:
        """Type several lines, or one."""
        text = self.text
        if self.lines and "\n" in text:
            self.notify("It has several lines.", timeout=3)
            return
        self.lines = not self.lines
        self._put(text)
        self._arrange()
        self._look()

    def _put(self, text: str) -> None:
        if "\n" in text:
            self.lines = True
        if self.lines:
            self._area.text = text
        else:
            self._box.value = text

    def action_reveal(self) -> None:
        """Show a secret for a few seconds."""
        self._mask(masked=False)
        self._hiding = self.set_timer(REVEAL_SECONDS, self._hide)

    def _hide(self) -> None:
        self._mask(masked=True)

    def _mask(self, *, masked: bool) -> None:
        if self._hiding is not None:
            self._hiding.stop()
        self._masked = masked
        self._box.password = masked
        self._area.mask(masked=masked)
        self._say()


def _written(raw: str, *, hidden: bool) -> SafeText:
    if not hidden:
        return brief(plain(raw))
    quote = raw[0] if raw[:1] in {"'", '"'} else ""
    return SafeText(f"{quote}{DOT * 8 if raw else ''}{quote}")
