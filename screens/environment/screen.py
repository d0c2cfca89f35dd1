"""The environment screen: every key with its state, its readers and its value in compose.

It changes nothing; the editor (`editor.py`) does, which a read-only console does not have.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from pixel_tui.environment.checks.deliveries import (
    OutdatedSources,
    no_outdated_sources,
    unknown_deliveries,
)
from pixel_tui.environment.checks.overview import Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.session import EditSession, parse_file
from pixel_tui.environment.editing.workspace import EnvironmentSource, LoadedFile
from pixel_tui.errors import ConsoleError
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import SafeText
from screens.environment.comparison import Comparison
from screens.environment.content import file_findings, key_content
from screens.environment.file_status import FileStatus, file_title, file_totals
from screens.environment.files import OtherFiles, pick_file, position_words
from screens.environment.history import HistoryScreen
from screens.shared.composed import when_composed
from screens.shared.scrolling import TextDialog
from widgets.filter_box import FilterBox
from widgets.key_bar import KeyBar
from widgets.lines.fitted_line import LinePart
from widgets.rows.environment_row import KeyLine, named_rows, table_lines
from widgets.tables.environment_table import EnvironmentTable

BESIDE_TITLE: Final = 6
"""Cells of the border beside its title."""
REVEAL_SECONDS: Final = 5.0
"""How long a revealed value is shown."""
REST_SECONDS: Final = 0.04
"""The cursor's rest on a key before its details are drawn."""
CHECK_SECONDS: Final = 1.0
"""The interval of checks if the file has changed on disk."""
WITHOUT_FILE: Final = frozenset({"files", "read_again", "back"})
"""The actions that are available while the file can't be read."""


class EnvironmentScreen(TextDialog[None]):
    """Shows the file and follows its changes; read-only.

    Args:
        source: Reads the file.
        reveals: Whether a secret may be shown on a key press.
        other_files: All environment files; None if there is only one.
        outdated: Returns the files that are newer than the containers of a service.
    """

    BINDING_GROUP_TITLE = "Environment"
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (120, "-beside")]  # noqa: RUF012  as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="environment.filter",
                tooltip="Only keys whose line has these words"),
        Binding("n", "next_problem", "Next problem", id="environment.next"),
        Binding("p", "problems", "Problems", id="environment.problems",
                tooltip="Only keys with problems, or all keys"),
        Binding("v", "reveal", "Show value", id="environment.reveal",
                tooltip="Show the value under the cursor for a few seconds"),
        Binding("c", "compare", "Compare", id="environment.compare",
                tooltip="With the example, or with another file"),
        Binding("h", "history", "History", id="environment.history",
                tooltip="The saved versions of the file"),
        Binding("o", "files", "Files", id="environment.files",
                tooltip="Open another environment file that compose reads"),
        Binding("f5", "read_again", "Read again", show=False, id="environment.read"),
        Binding("right_square_bracket", "scroll(4)", "Details down", show=False,
                id="environment.details_further"),
        Binding("left_square_bracket", "scroll(-4)", "Details up", show=False,
                id="environment.details_back"),
        Binding("escape,q", "back", "Close", id="environment.close",
                tooltip="Clear the filter, then close"),
        Binding("question_mark", "app.help", "Help", id="environment.help"),
    ]  # fmt: skip

    table = getters.query_one(EnvironmentTable)
    """The table of keys."""
    _filter_box = getters.query_one(FilterBox)
    _status = getters.query_one(FileStatus)

    def __init__(
        self,
        source: EnvironmentSource,
        *,
        reveals: bool,
        other_files: OtherFiles | None = None,
        outdated: OutdatedSources = no_outdated_sources,
    ) -> None:
        super().__init__()
        self._outdated = outdated
        self.source = source
        self._other_files = other_files
        self._reveals = reveals
        self._hiding: Timer | None = None
        self._resting: Timer | None = None
        self._reading = False
        self._unreadable = False
        """Whether the file could not be read, so that nothing is shown."""
        self._rows: Sequence[KeyLine] = ()
        self._problems_only = False
        self._drawn = 0
        """The number of checks: an older result never replaces a newer one."""
        self.session: EditSession | None = None
        """The file with its edits; None until it is read."""

    def compose(self) -> ComposeResult:
        """The status of the file, its keys, and the details beside or below them."""
        with Vertical(classes="dialog -full", id="environment") as dialog:
            dialog.border_title = "Environment"
            yield FileStatus(id="environment-status")
            yield FilterBox(id="environment-filter")
            with Container(id="environment-parts"):
                yield EnvironmentTable(id="environment-keys")
                with VerticalScroll(id="environment-details", can_focus=False):
                    yield Static(id="environment-words", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the file, and follow its changes."""
        self._title()
        self.table.focus()
        self.set_interval(CHECK_SECONDS, self._check_file)
        self.action_read_again()

    @property
    def overview(self) -> Overview | None:
        """The checked content of the file; None until it is checked."""
        return self.session.overview if self.session is not None else None

    # Reading, off the event loop.

    def action_read_again(self) -> None:
        """Read the file again, with everything about it."""
        if not self._reading:
            self._reading = True
            worker = self.run_worker(self._read(), group="environment-read")
            if self.session is None:
                hold_keys(worker)  # keys are meant for the new content

    async def _read(self) -> None:
        try:
            loaded = await asyncio.to_thread(self.source.read)
        except ConsoleError as error:
            self._show_unreadable(error)
        else:
            self._unreadable = False
            await self.show_loaded(loaded)
            self.refresh_bindings()
        finally:
            self._reading = False

    def _check_file(self) -> None:
        if not self._reading and self.session is not None:
            self._reading = True
            self.run_worker(self._check_once(), group="environment-read")

    async def _check_once(self) -> None:
        try:
            stamp = await asyncio.to_thread(self.source.stamp)
            moved = self.session is not None and stamp != self.session.loaded.stamp
        finally:
            self._reading = False
        if moved:
            self.action_read_again()

    async def show_loaded(self, loaded: LoadedFile) -> None:
        """Show the file as it was read."""
        file = await asyncio.to_thread(parse_file, loaded)
        if self.session is None:
            self.session = EditSession(file)
        else:
            self.session.reload(file)
        await self.draw(self.session)

    async def draw(self, session: EditSession) -> None:
        """Check the current document in a thread, and show the result."""
        self._drawn += 1
        turn = self._drawn
        examine, document = session.loaded.examine, session.document
        overview = await asyncio.to_thread(examine, document)
        if turn == self._drawn:
            self._show(session, overview)

    # Drawing.

    def _show(self, session: EditSession, overview: Overview) -> None:
        session.overview = overview
        self._rows = named_rows(overview)
        self._draw_all(file_findings(overview.findings, session.loaded.unknowns))

    @when_composed
    def _draw_all(self, findings: Content) -> None:
        self.hide()
        status = self._status
        status.show_obstacle(self.read_only_reason)
        status.show_findings(findings)
        self._fill()

    def _fill(self) -> None:
        words = self._filter_box.value
        self.table.show(table_lines(self._rows, words, problems=self._problems_only))
        self.draw_totals()
        self._draw_details()
        self._title()

    @when_composed
    def on_resize(self) -> None:
        """Fit the title."""
        self._title()

    def _title(self) -> None:
        path, words = self.source.path, self._filter_box.value
        others = self._other_files
        place = position_words(path, others.files.paths) if others is not None else ""
        title = file_title(
            path,
            place,
            words,
            self._rows,
            problems_only=self._problems_only,
            width=self.size.width - BESIDE_TITLE,
        )
        self.query_one("#environment").border_title = title

    def draw_totals(self) -> None:
        """Show the counts of the file."""
        self._status.show_totals(self.totals())

    def totals(self) -> Sequence[LinePart]:
        """The counts of the file, in one line."""
        return file_totals(self.session)

    @when_composed
    def _show_unreadable(self, error: ConsoleError) -> None:
        self._unreadable = self.session is None
        self._status.show_unreadable(error)
        self.refresh_bindings()

    @on(EnvironmentTable.Highlighted)
    def _highlighted(self, event: EnvironmentTable.Highlighted) -> None:
        event.stop()
        if self._hiding is not None:
            self.hide()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_SECONDS, self._cursor_rested)

    @when_composed
    def _cursor_rested(self) -> None:
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._draw_details(revealed=self._hiding is not None)

    def _draw_details(self, *, revealed: bool = False) -> None:
        line = self.table.current
        row = line.row if line is not None else None
        old = unknown_deliveries(row.uses, self._outdated) if row is not None else ()
        words = key_content(
            row, no_keys=not self._rows, revealed=revealed, fix_key=self.fix_key, unknown=old
        )
        self.query_one("#environment-words", Static).update(words)
        self.refresh_bindings()  # the key under the cursor may have a fix

    @property
    def fix_key(self) -> SafeText:
        """The key that applies a fix; empty if none can be applied."""
        return SafeText("")

    @property
    def read_only_reason(self) -> SafeText:
        """Why the file can't be saved; empty here, as nothing is saved."""
        return SafeText("")

    # Secrets.

    def action_reveal(self) -> None:
        """Show the value under the cursor for a few seconds."""
        line = self.table.current
        if line is None:
            return
        self.hide()
        self.table.reveal(line.name)
        self._draw_details(revealed=True)
        self._hiding = self.set_timer(REVEAL_SECONDS, self.hide)

    def hide(self) -> None:
        """Mask the value again."""
        if self._hiding is not None:
            self._hiding.stop()
            self._hiding = None
        self._mask_all()

    @when_composed
    def _mask_all(self) -> None:
        self.table.reveal("")
        self._draw_details()

    def on_screen_suspend(self) -> None:
        """Mask secrets below another screen."""
        self.hide()

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys that need a readable file, other files, or the permission to reveal."""
        if self._unreadable and action not in WITHOUT_FILE:
            return None
        if action == "files":
            return self._other_files is not None
        return self._reveals or action != "reveal"

    def action_next_problem(self) -> None:
        """Select the next key with a problem."""
        if not self.table.go_to_problem():
            self.notify("No key has a problem.", timeout=3)

    def action_problems(self) -> None:
        """Show only keys with problems, or all."""
        self._problems_only = not self._problems_only
        self._fill()

    def action_filter(self) -> None:
        """Open the filter."""
        self._filter_box.open()

    @on(FilterBox.Changed, "#environment-filter")
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        event.stop()
        self._fill()

    @on(FilterBox.Closed)
    def _filter_closed(self, event: FilterBox.Closed) -> None:
        event.stop()
        self.set_focus(self.table)

    def action_back(self) -> None:
        """Clear the filter, then show all, then close."""
        box = self._filter_box
        if box.value:
            box.clear_words()
        elif self._problems_only:
            self.action_problems()
        else:
            self.close_screen()

    def close_screen(self) -> None:
        """Close."""
        self.dismiss()

    def action_compare(self) -> None:
        """Compare the file with the example or another file."""
        if self.session is not None:
            merge = self.merge_missing if self.fix_key else None
            Comparison(self, self.source, self.session, merge).ask()

    def action_files(self) -> None:
        """List the environment files that compose reads, and show another one."""
        if (other_files := self._other_files) is not None:
            here = self.source.path
            pick_file(
                self, other_files.files, here, lambda path: self.switch(other_files.screen_of(path))
            )

    def switch(self, other: "EnvironmentScreen") -> None:
        """Show another file in place of this one."""
        self.app.switch_screen(other)

    def merge_missing(self, other: DotenvDocument) -> None:
        """Do nothing: here nothing can be changed."""

    def action_history(self) -> None:
        """List the saved versions."""
        if (session := self.session) is not None:
            screen = HistoryScreen(
                self.source,
                session.document,
                session.loaded.data,
                session.is_secret,
                restores=bool(self.fix_key),
            )
            self.app.push_screen(screen, self.restore)

    def restore(self, data: bytes | None) -> None:
        """Do nothing: here nothing can be restored."""
