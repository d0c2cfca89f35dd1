"""The saved versions of an environment file, compared with the editor."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pixel_tui.environment.dotenv.difference import IsSecret
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.workspace import EnvironmentSource, SavedVersion
from pixel_tui.errors import ConsoleError
from pixel_tui.plurals import counted
from pixel_tui.text import plain
from screens.environment.difference import difference_lines
from screens.shared.composed import when_composed
from screens.shared.scrolling import TextDialog
from widgets.key_bar import KeyBar
from widgets.lines.options import Options


class HistoryScreen(TextDialog[bytes | None]):
    """Dismisses with the content of the version to restore, or with None.

    Args:
        source: Reads the versions.
        document: The content of the editor, which they are compared with.
        saved: The content of the file on disk; None if there is no file.
        is_secret: Returns whether a value is secret.
        restores: Whether a version can be restored.
    """

    BINDING_GROUP_TITLE = "Saved versions"
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (120, "-beside")]  # noqa: RUF012  as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "restore", "Restore", priority=True, id="environment_history.restore",
                tooltip="Load it into the editor; nothing is written until you save"),
        Binding("escape,q", "dismiss(None)", "Close", id="environment_history.close"),
        Binding("j", "cursor(1)", "Down", show=False, id="environment_history.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="environment_history.up"),
        Binding("pagedown,right_square_bracket", "scroll(4)", "Difference down", show=False,
                id="environment_history.difference_down"),
        Binding("pageup,left_square_bracket", "scroll(-4)", "Difference up", show=False,
                id="environment_history.difference_up"),
    ]  # fmt: skip

    _options = getters.query_one(Options)

    def __init__(
        self,
        source: EnvironmentSource,
        document: DotenvDocument,
        saved: bytes | None,
        is_secret: IsSecret,
        *,
        restores: bool,
    ) -> None:
        super().__init__()
        self._source = source
        self._document = document
        self._saved = saved
        self._edited = document.data != (saved or b"")
        """Whether the editor has unsaved edits."""
        self._is_secret = is_secret
        self._restores = restores
        self._versions: Sequence[SavedVersion] = ()
        self._data: dict[str, bytes] = {}

    def compose(self) -> ComposeResult:
        """The versions, and the difference of the one under the cursor."""
        with Vertical(classes="dialog -full") as dialog:
            dialog.border_title = "Saved versions"
            yield Static("Reading…", id="history-summary", markup=False)
            with Container(id="history-parts"):
                yield Options(id="history-list", markup=False)
                with VerticalScroll(id="history-difference", can_focus=False):
                    yield Static(id="history-words", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the list."""
        self._options.focus()
        self.run_worker(self._read(), group="history")

    async def _read(self) -> None:
        try:
            self._versions = await asyncio.to_thread(self._source.versions)
            current = await asyncio.to_thread(self._find, self._saved)
            edited = await asyncio.to_thread(self._find, self._document.data)
        except ConsoleError as error:
            self._show_summary(plain(str(error)))
            return
        self._show_summary(self._summary(current))
        self._list(current, edited)

    @when_composed
    def _list(self, current: int | None, edited: int | None) -> None:
        options = self._options
        options.set_options(
            Option(_line(version, current=at == current, edited=self._edited and at == edited))
            for at, version in enumerate(self._versions)
        )
        options.highlighted = self._first_shown(edited)
        self.refresh_bindings()

    def _find(self, content: bytes | None) -> int | None:
        """The index of the newest version with this content; None if there is none."""
        if content is None:
            return None
        now = hashlib.sha256(content).hexdigest()
        return next((at for at, item in enumerate(self._versions) if item.sha256 == now), None)

    def _summary(self, current: int | None) -> str:
        if not self._versions:
            return "Nothing was saved by pixel-tui yet."
        details = f"{counted(len(self._versions), 'version')}, newest first."
        if current is not None:
            return details
        if self._saved is None:
            return f"{details} There is no file now."
        return f"{details} The file is none of them now."

    def _first_shown(self, edited: int | None) -> int | None:
        """The newest version that differs from the editor; None if there is no version."""
        if edited == 0 and len(self._versions) > 1:
            return 1
        return 0 if self._versions else None

    @when_composed
    def _show_summary(self, words: str) -> None:
        self.query_one("#history-summary", Static).update(Content(words))

    @property
    def _current(self) -> SavedVersion | None:
        at = self._options.highlighted
        return self._versions[at] if at is not None and at < len(self._versions) else None

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        version = self._current
        if version is not None:
            self.run_worker(self._compare(version), group="compare", exclusive=True)

    async def _compare(self, version: SavedVersion) -> None:
        try:
            data = await asyncio.to_thread(self._source.version, version.name)
            lines = await asyncio.to_thread(self._lines, data)
        except ConsoleError as error:
            lines = [Content.styled(plain(str(error)), "$text-error")]
        else:
            self._data[version.name] = data
        self._show_difference(version, lines)

    @when_composed
    def _show_difference(self, version: SavedVersion, lines: list[Content]) -> None:
        if version == self._current:
            what = "the unsaved content of the editor" if self._edited else "the current file"
            details = Content.styled(f"Changes to {what}", "$text-accent bold")
            self.query_one("#history-words", Static).update(Content("\n").join([details, *lines]))
            self.query_one(VerticalScroll).scroll_home(animate=False)

    def _lines(self, data: bytes) -> list[Content]:
        return difference_lines(self._document, DotenvDocument.parse(data), self._is_secret)

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the key that restores in a read-only console."""
        return action != "restore" or (self._restores and bool(self._versions))

    def action_restore(self) -> None:
        """Close with the version under the cursor."""
        version = self._current
        data = self._data.get(version.name) if version is not None else None
        if data is not None:
            self.dismiss(data)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._restores:
            self.action_restore()

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._options.move_cursor(step)


def _line(version: SavedVersion, *, current: bool, edited: bool) -> Content:
    return Content.assemble(
        (f"{version.saved_at.astimezone():%Y-%m-%d %H:%M:%S}", "bold"),
        (f"  {version.details}", "$foreground-muted"),
        ("  current" if current else "", "$text-success bold"),
        ("  in the editor" if edited else "", "$text-warning bold"),
    )
