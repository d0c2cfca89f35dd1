"""The audit trail: who changed what, when, and with which result."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pixel_tui.errors import FileError
from pixel_tui.operations.audit.chain import CheckedTrail
from pixel_tui.operations.audit.entries import (
    AuditEntry,
    audit_entries,
    entry_sections,
    trail_verdict,
)
from pixel_tui.operations.audit.job_states import JobStates
from pixel_tui.operations.audit.reading import read_audit, trail_stamp
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

REFRESH_SECONDS: Final = 2.0
MAX_BYTES: Final = 2 * 1024 * 1024
"""The end of the trail that is read: some thousand records."""
MAX_SHOWN: Final = 500


class AuditScreen(TextDialog[None]):
    """Lists the changes, newest first; Enter shows the complete record of one in place of the list.

    Args:
        path: The trail's file.
        states: The states of jobs without a result in the trail.
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

    _dialog = getters.query_one(".dialog", Vertical)
    _options = getters.query_one(Options)
    _filter_box = getters.query_one(FilterBox)

    def __init__(self, path: Path, states: JobStates) -> None:
        super().__init__()
        self._path = path
        self._states = states
        self._state: tuple[int, ...] | None = None
        """The state of the trail that is shown; None before it is read."""
        self._all: Sequence[AuditEntry] = ()
        self._shown: Sequence[AuditEntry] = ()
        self._reading = False

    def compose(self) -> ComposeResult:
        """The verdict, the filter, the list, and the record in its place."""
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
        """Read the trail, and again whenever it changes."""
        self._options.focus()
        self.set_interval(REFRESH_SECONDS, self._refresh)
        self._reading = True
        # Keys pressed meanwhile are meant for the list.
        hold_keys(self.run_worker(self._read(), group="audit"))

    def _refresh(self) -> None:
        if not self._reading:
            self._reading = True
            self.run_worker(self._read(), group="audit")

    async def _read(self) -> None:
        try:
            state = await asyncio.to_thread(trail_stamp, self._path)
            if state == self._state:
                current = await asyncio.to_thread(self._states.completed, self._all)
                if current != self._all:
                    self._all = current
                    self._fill()
                return
            trail = await asyncio.to_thread(read_audit, self._path, max_bytes=MAX_BYTES)
            found = await asyncio.to_thread(lambda: self._states.completed(audit_entries(trail)))
        except FileError as error:
            self._state = None
            self._show_verdict(str(error), well=False)
        else:
            self._state = state
            self._show(trail, found)
        finally:
            self._reading = False

    def _show(self, trail: CheckedTrail, found: Sequence[AuditEntry]) -> None:
        well, words = trail_verdict(trail)
        if well and found and not trail.skipped:
            words = plain(f"{counted(len(found), 'change')} · {words}")
        self._all = found
        self._show_verdict(words, well=well)
        self._fill()

    @when_composed
    def _show_verdict(self, words: str, *, well: bool) -> None:
        style = "$text-success" if well else "$text-error bold"
        verdict_line = f"{'✓' if well else '✗'} {plain(words)}"
        self.query_one("#audit-verdict", Static).update(Content.styled(verdict_line, style))
        self._dialog.set_class(not well, "-broken")

    @when_composed
    def _fill(self) -> None:
        words = self._filter_box.value
        before = self._current
        matching = [entry for entry in self._all if entry.matches(words)]
        self._shown = matching[:MAX_SHOWN]
        options = self._options
        columns = AuditColumns.of(self._shown)
        self.query_one("#audit-heading", Static).update(columns.heading)
        options.set_options([Option(columns.line(entry)) for entry in self._shown])
        jobs = [entry.job for entry in self._shown]
        if jobs:
            known = before is not None and before.job in jobs
            options.highlighted = jobs.index(before.job) if before and known else 0
        self._update_title(words, len(matching))

    def _update_title(self, words: str, matching: int) -> None:
        parts = [f"filter: {words}"] if words else []
        if matching > len(self._shown):
            parts.append(f"the newest {len(self._shown)} of {matching:,}")
        if not matching and words:
            parts.append("no matches")
        hidden = sum(entry.failed and not entry.matches(words) for entry in self._all)
        self._dialog.border_title = filter_title("Audit", parts, hidden)

    @property
    def _current(self) -> AuditEntry | None:
        at = self._options.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @property
    def _record_open(self) -> bool:
        return self._dialog.has_class("-open")

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the filter while it has the focus."""
        return not (action == "open" and isinstance(self.focused, FilterBox))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the complete record under the cursor, or the list again."""
        entry = self._current
        if self._record_open:
            self.action_back()
        elif entry is not None:
            self.query_one("#audit-words", Static).update(record_content(entry))
            self._dialog.add_class("-open")
            self.action_edge(-1)
            self.scrolled.focus()

    def action_back(self) -> None:
        """Close the record, else clear the filter, else close the screen."""
        box = self._filter_box
        if self._record_open:
            self._dialog.remove_class("-open")
            self._options.focus()
        elif box.value:
            box.clear_words()
        else:
            self.dismiss()

    def action_filter(self) -> None:
        """Open the filter."""
        if not self._record_open:
            self._filter_box.open()

    @on(FilterBox.Changed, "#audit-filter")
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        event.stop()
        self._fill()

    @on(FilterBox.Closed)
    def _filter_closed(self, event: FilterBox.Closed) -> None:
        event.stop()
        self._options.focus()

    def action_move(self, step: int) -> None:
        """Move the cursor, or scroll the record."""
        if self._record_open:
            self.action_scroll(step)
        else:
            self._options.move_cursor(step)


def record_content(entry: AuditEntry) -> Content:
    """The complete record of a change, as text."""
    word, style = RESULTS.get(entry.result, (entry.result, ""))
    parts = [Content.assemble((entry.title, "bold"), "   ", (word, style))]
    for title, lines in entry_sections(entry):
        parts += [Content(""), Content.styled(plain(title), "$text-accent bold")]
        parts += [Content(f"  {plain(line)}") for line in lines]
    return Content("\n").join(parts)
