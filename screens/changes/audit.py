"""The audit trail: who changed what, when, and how it ended."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pixel_tui.errors import FileError
from pixel_tui.operations.audit.chain import Trail
from pixel_tui.operations.audit.entries import AuditEntry, entries, verdict, whole
from pixel_tui.operations.audit.job_states import JobStates
from pixel_tui.operations.audit.reading import read_audit, trail_state
from pixel_tui.plurals import counted
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import plain
from screens.changes.audit_rows import RESULTS, AuditColumns
from screens.shared.composed import when_composed
from screens.shared.scrolling import TextDialog
from widgets.filter_box import FilterBox
from widgets.filter_title import filter_title
from widgets.key_bar import KeyBar
from widgets.lines.options import Options

LOOK_SECONDS: Final = 2.0
MOST_BYTES: Final = 2 * 1024 * 1024
"""Of the trail's end: some thousand records."""
MOST_SHOWN: Final = 500


class AuditScreen(TextDialog[None]):
    """Lists the changes, newest first; Enter shows all of one in the place of the list.

    Args:
        path: The trail's file.
        states: The states of jobs whose end is not in the trail.
    """

    BINDING_GROUP_TITLE = "Audit"
    SCROLLED = "#audit-record"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "Details",
            priority=True,
            id="audit.open",
            tooltip="Show the complete record, or the list again",
        ),
        Binding("slash", "filter", "Filter", id="audit.filter"),
        Binding("escape,q", "back", "Close", id="audit.close"),
        Binding("j", "move(1)", "Down", show=False, id="audit.down"),
        Binding("k", "move(-1)", "Up", show=False, id="audit.up"),
        Binding("g", "edge(-1)", "First", show=False, id="audit.first"),
        Binding("G", "edge(1)", "Last", show=False, id="audit.last"),
    ]

    def __init__(self, path: Path, states: JobStates) -> None:
        super().__init__()
        self._path = path
        self._states = states
        self._state: tuple[int, ...] | None = None
        """Of the trail that is shown; None before the first."""
        self._all: Sequence[AuditEntry] = ()
        self._shown: Sequence[AuditEntry] = ()
        self._reading = False

    def compose(self) -> ComposeResult:
        """The verdict, the list, and the record that is open in its place."""
        with Vertical(classes="dialog -full") as dialog:
            dialog.border_title = "Audit"
            yield Static("Reading…", id="audit-verdict", markup=False)
            yield FilterBox(id="audit-filter")
            yield Static(id="audit-heading", markup=False)
            with Container(id="audit-parts"):
                yield Options(id="audit-list", markup=False)
                with VerticalScroll(id="audit-record", can_focus=True):
                    yield Static(id="audit-words", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read it, and look whether it has changed."""
        self.query_one(Options).focus()
        self.set_interval(LOOK_SECONDS, self._look)
        self._reading = True
        # What is typed meanwhile is meant for the records.
        hold_keys(self.run_worker(self._read(), group="audit"))

    def _look(self) -> None:
        if not self._reading:
            self._reading = True
            self.run_worker(self._read(), group="audit")

    async def _read(self) -> None:
        try:
            state = await asyncio.to_thread(trail_state, self._path)
            if state == self._state:
                current = await asyncio.to_thread(self._states.completed, self._all)
                if current != self._all:
                    self._all = current
                    self._fill()
                return
            trail = await asyncio.to_thread(read_audit, self._path, most=MOST_BYTES)
            found = await asyncio.to_thread(lambda: self._states.completed(entries(trail)))
        except FileError as error:
            self._state = None
            self._tell(str(error), well=False)
        else:
            self._state = state
            self._show(trail, found)
        finally:
            self._reading = False

    def _show(self, trail: Trail, found: Sequence[AuditEntry]) -> None:
        well, words = verdict(trail)
        if well and found and not trail.skipped:
            words = plain(f"{counted(len(found), 'change')} · {words}")
        self._all = found
        self._tell(words, well=well)
        self._fill()

    @when_composed
    def _tell(self, words: str, *, well: bool) -> None:
        style = "$text-success" if well else "$text-error bold"
        said = f"{'✓' if well else '✗'} {plain(words)}"
        self.query_one("#audit-verdict", Static).update(Content.styled(said, style))
        self.query_one(".dialog").set_class(not well, "-broken")

    @when_composed
    def _fill(self) -> None:
        words = self.query_one(FilterBox).value
        before = self._current
        matching = [entry for entry in self._all if entry.matches(words)]
        self._shown = matching[:MOST_SHOWN]
        options = self.query_one(Options)
        columns = AuditColumns.of(self._shown)
        self.query_one("#audit-heading", Static).update(columns.heading)
        options.set_options([Option(columns.line(entry)) for entry in self._shown])
        jobs = [entry.job for entry in self._shown]
        if jobs:
            known = before is not None and before.job in jobs
            options.highlighted = jobs.index(before.job) if before and known else 0
        self._say_filtered(words, len(matching))

    def _say_filtered(self, words: str, matching: int) -> None:
        parts = [f"filter: {words}"] if words else []
        if matching > len(self._shown):
            parts.append(f"the newest {len(self._shown)} of {matching:,}")
        if not matching and words:
            parts.append("no matches")
        hidden = sum(entry.failed and not entry.matches(words) for entry in self._all)
        self.query_one(".dialog").border_title = filter_title("Audit", parts, hidden)

    @property
    def _current(self) -> AuditEntry | None:
        at = self.query_one(Options).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @property
    def _opened(self) -> bool:
        return self.query_one(".dialog").has_class("-open")

    # What the keys do.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """While words are typed, Enter ends that."""
        return not (action == "open" and isinstance(self.focused, FilterBox))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show all of the change under the cursor, or the list again."""
        entry = self._current
        if self._opened:
            self.action_back()
        elif entry is not None:
            self.query_one("#audit-words", Static).update(record_content(entry))
            self.query_one(".dialog").add_class("-open")
            self.action_edge(-1)
            self.scrolled.focus()

    def action_back(self) -> None:
        """Leave the record, then the filter, then the screen."""
        box = self.query_one(FilterBox)
        if self._opened:
            self.query_one(".dialog").remove_class("-open")
            self.query_one(Options).focus()
        elif box.value:
            box.clear_words()
        else:
            self.dismiss()

    def action_filter(self) -> None:
        """Ask for words."""
        if not self._opened:
            self.query_one(FilterBox).open()

    @on(FilterBox.Changed, "#audit-filter")
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        event.stop()
        self._fill()

    @on(FilterBox.Closed)
    def _filter_closed(self, event: FilterBox.Closed) -> None:
        event.stop()
        self.query_one(Options).focus()

    def action_move(self, step: int) -> None:
        """Move the cursor, or scroll the record."""
        options = self.query_one(Options)
        if self._opened:
            self.action_scroll(step)
        elif step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


def record_content(entry: AuditEntry) -> Content:
    """All that is recorded of a change."""
    word, style = RESULTS.get(entry.result, (entry.result, ""))
    parts = [Content.assemble((entry.title, "bold"), "   ", (word, style))]
    for title, lines in whole(entry):
        parts += [Content(""), Content.styled(plain(title), "$text-accent bold")]
        parts += [Content(f"  {plain(line)}") for line in lines]
    return Content("\n").join(parts)
