"""The services pane: the filter, the table, and advice about the selected service."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from pixel_tui.clock import Clock
from pixel_tui.health.findings import findings
from pixel_tui.humanize import ago
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import NO_TEXT, SafeText, plain
from screens.dashboard.inspected import InspectedServices
from screens.dashboard.preferences import Preferences
from screens.shared.pane_title import pane_title
from widgets.bound_key import bound_key
from widgets.dashboard.advice import Advice
from widgets.filter_box import FilterBox
from widgets.filter_title import filter_title
from widgets.rows.service_row import Row, service_rows
from widgets.tables.service_table import ServiceTable

# The dialog is imported when it is opened, so that the table is shown sooner.
if TYPE_CHECKING:
    from screens.dashboard.columns import ColumnChoice

MOST_NAMED: Final = 4
"""Services with problems that are named below the table."""
TITLE_HEADING_AND_ADVICE: Final = 4
"""The lines of the pane without its rows."""


class ServicesPane(Vertical):
    """Shows all services, and the finding of the selected one.

    Args:
        observer: The source of snapshots.
        clock: The time.
        services: The services as all panes show them.
    """

    BINDING_GROUP_TITLE = "Services"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next_problem", "Next problem", show=False, id="services.next_problem",
                tooltip="The next service that something is wrong with"),
    ]  # fmt: skip

    table = getters.query_one(ServiceTable)
    filter_box = getters.query_one(FilterBox)
    _advice = getters.query_one(Advice)
    _empty = getters.query_one("#empty", Static)

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        services: InspectedServices,
        *,
        id: str,  # noqa: A002  Textual's own name for it
        classes: str,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._observer = observer
        self._clock = clock
        self._services = services
        self._next_key = NO_TEXT
        self._empty_message = ""
        self._title = Content("")

    def compose(self) -> ComposeResult:
        """The filter above the table, advice below."""
        self._next_key = bound_key(self, "services.next_problem", "n")
        self.border_title = self._title = Content(pane_title(self, "services", "1"))
        yield FilterBox(id="filter")
        yield Static(id="empty", markup=False)
        yield ServiceTable()
        yield Advice(self._next_key)

    @property
    def wanted_height(self) -> int:
        """The lines that it would fill."""
        typing = int(self.filter_box.display)
        return len(self.table.rows) + TITLE_HEADING_AND_ADVICE + typing

    @property
    def selected(self) -> Sequence[Row]:
        """The marked rows, else the one under the cursor."""
        return self.table.marked or ((self.table.current,) if self.table.current else ())

    @property
    def container_names(self) -> str:
        """The names of the containers of the row under the cursor, separated by blanks."""
        row = self.table.current
        if row is None:
            return ""
        service = self._observer.snapshot.service(row.service)
        names = [
            item.name
            for item in (service.containers if service else ())
            if row.container_id in {None, item.id}
        ]
        return " ".join(names) or row.service

    def ask_for_columns(self, preferences: Preferences) -> None:
        """Open the dialog for columns; the choice is remembered."""
        from screens.dashboard.columns import ColumnsScreen

        def chosen(choice: "ColumnChoice | bool") -> None:
            if not isinstance(choice, bool):
                self.table.choose_columns(choice)
                preferences.save_columns(choice)

        self.app.push_screen(ColumnsScreen(self.table.columns), chosen)

    def update_rows(self, restarted: frozenset[str]) -> None:
        """Show the current rows.

        Args:
            restarted: The ids of the containers that were restarted recently.
        """
        snapshot, table = self._observer.snapshot, self.table
        table.show(
            service_rows(snapshot, self._observer.usage, self._clock.now(), restarted=restarted)
        )
        table.stale = snapshot.taken_at is not None and snapshot.stale
        if not table.cursor_key and table.rows:
            table.cursor_key = table.rows[0].key

    def update_frame(self) -> None:
        """Update the title, the message of an empty table, and the advice."""
        self._update_empty_message()
        self._update_title(self._clock.now())
        self.update_advice()

    def update_advice(self) -> None:
        """Show the finding of the selected service, or that there is none."""
        row, snapshot, now = self.table.current, self._observer.snapshot, self._clock.now()
        finding = self._services.finding(row.service) if row else None
        if finding is not None and snapshot.stale:
            finding = replace(finding, what=plain(f"{finding.what}, {_as_of(snapshot, now)}"))
        troubled = self._troubled(now)
        others = [name for name in troubled if row is None or row.service != name]
        self._advice.finding, self._advice.others = finding, len(others)
        selected = row.service if row else ""
        self._advice.all_clear = _all_clear(snapshot, selected, others, self._next_key, now)

    def _troubled(self, now: datetime) -> Sequence[str]:
        """The listed services with findings, in the order of the list."""
        found = {finding.service for finding in findings(self._observer.snapshot, now)}
        rows = (row for row in self.table.rows if row.container_id is None)
        return [row.service for row in rows if row.service in found]

    def action_next_problem(self) -> None:
        """Select the next service with a finding."""
        troubled, row = self._troubled(self._clock.now()), self.table.current
        listed = [item.service for item in self.table.rows]
        at = listed.index(row.service) if row is not None else -1
        following = [name for name in troubled if listed.index(name) > at]
        if troubled:
            self.table.cursor_key = (following or troubled)[0]
        else:
            self.notify("Nothing is wrong with a service that is listed.", timeout=3)

    @on(FilterBox.Changed, "#filter")
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        self.table.filter_by(event.value)
        self.update_frame()

    def _update_empty_message(self) -> None:
        snapshot, words = self._observer.snapshot, self.filter_box.value
        message = ""
        if not snapshot.services:
            message = _why_empty(snapshot)
        elif not self.table.rows and words:
            clear = bound_key(self, "filter.clear", "escape")
            message = f"No service matches “{plain(words)}”. {clear} clears the filter."
        if message != self._empty_message:
            self._empty_message = message
            self._empty.set_class(bool(message), "-shown")
            self._empty.update(Content(message))

    def _update_title(self, now: datetime) -> None:
        """Show the filter in the title, with the number of problems that it hides."""
        words, problems = self.filter_box.value, 0
        if words:
            hidden = self.table.hidden
            found = findings(self._observer.snapshot, now)
            problems = sum(item.service in hidden for item in found)
        name = pane_title(self, "services", "1")
        title = filter_title(name, [f"filter: {words}"] if words else [], problems)
        if title != self._title:
            self._title = title
            self.border_title = title  # not as markup, which does not always round-trip


def _why_empty(snapshot: StackSnapshot) -> str:
    if snapshot.engine.trouble is not None or snapshot.project_trouble is not None:
        return "Nothing to show: see the error above."
    if snapshot.taken_at is None or snapshot.project is None:
        return "Reading the stack…"
    return (
        f"Project {snapshot.project.name} in {snapshot.project.directory} has no services and no "
        "containers. Is it the right compose file?"
    )


def _as_of(snapshot: StackSnapshot, now: datetime) -> str:
    return f"as of {ago(snapshot.taken_at, now)}" if snapshot.taken_at else "never read"


def _all_clear(
    snapshot: StackSnapshot, selected: str, troubled: Sequence[str], key: SafeText, now: datetime
) -> str:
    """The text for a service without a finding, with the services that have one."""
    if not snapshot.complete or snapshot.project_trouble is not None:
        return ""
    if snapshot.stale:
        return f"Unknown: {snapshot.engine.why_lost}.\n  Old data, {_as_of(snapshot, now)}."
    if not findings(snapshot, now):
        return "Everything that should run is running."
    calm = f"{selected}: no problems." if selected else ""
    if not troubled:
        return calm
    more = f" and {len(troubled) - MOST_NAMED} more" if len(troubled) > MOST_NAMED else ""
    names = ", ".join(troubled[:MOST_NAMED])
    return f"{calm}\n  Problems: {names}{more} ({key})".lstrip("\n")
