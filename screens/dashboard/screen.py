"""The dashboard: the service table, and panes about the selected row."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import Provider
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import var
from textual.screen import Screen
from textual.timer import Timer

from pixel_tui.clock import Clock
from pixel_tui.health.restarts import RestartWatch
from pixel_tui.settings import Memory
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.terminal.painting import paint_changed_lines
from screens.changes.flow import Operations
from screens.changes.read_only_jobs import ReadOnlyJobs
from screens.dashboard.bindings import BINDINGS
from screens.dashboard.deferred_logs import DeferredLogsPane
from screens.dashboard.details_pane import DetailsPane
from screens.dashboard.dialogs import DashboardDialogs
from screens.dashboard.inspected import InspectedServices
from screens.dashboard.jobs_pane import JobsPane
from screens.dashboard.panes import Pane, Panes
from screens.dashboard.preferences import Preferences
from screens.dashboard.services_pane import ServicesPane
from screens.shared.composed import when_composed
from screens.shared.pane_title import pane_title
from screens.shared.stack_changes import StackChanged, StackChanges
from widgets.copying import CopyRequested
from widgets.dashboard.banner import Banner
from widgets.dashboard.event_list import EventList
from widgets.dashboard.status_bar import Mode, StatusBar
from widgets.filter_box import FilterBox
from widgets.key_bar import KeyBar
from widgets.tables.service_table import ServiceTable

# Dialogs are imported when they are opened, so that the table is shown sooner.
if TYPE_CHECKING:
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.view.access import LedgerAccess

PANES_WITH_ACTIONS: Final = frozenset({Pane.SERVICES, Pane.DETAILS})
CHANGE_KEYS: Final[Mapping[str, str]] = {
    "services.restart": "r",
    "services.start": "s",
    "services.stop": "x",
    "services.actions": "a",
}
"""The names of the keys of changes, and their keys unless the settings bind others."""
REST_SECONDS: Final = 0.04
"""The cursor's rest on a row before its details are drawn, so that a key held down only moves
the cursor."""
SETTLE_SECONDS: Final = 0.15
"""The cursor's rest on a row before its log is opened."""
CLOCK_SECONDS: Final = 2.0
LOGS_SECONDS: Final = 0.5
"""The logs pane is mounted with the first complete table, or after this time without one."""


def _commands() -> type[Provider]:
    from screens.dashboard.palette import DashboardCommands

    return DashboardCommands


class DashboardScreen(Screen[None]):
    """Shows the stack; passes every change to `operations`.

    Args:
        observer: The source of snapshots.
        clock: The time.
        modes: The badges of the header.
        memory: The remembered preferences.
        operations: Plans and runs actions; None in a read-only console.
        read_only_jobs: Sees the jobs of other consoles if there are no operations.
        reveals: Whether a key may show secrets in logs.
        bound: Names of bindings to keys (`[keys]` of the settings).
        state_folder: The folder of the audit trail.
        open_environment: Gives access to the environment file.
        open_ledger: Gives access to the task ledger.
    """

    AUTO_FOCUS = "ServiceTable"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide"), (190, "-very-wide")]  # noqa: RUF012  Textual declares it for instances
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}

    snapshot: var[StackSnapshot | None] = var(None)
    """What the header and the banner show."""
    now: var[datetime | None] = var(None)
    """The time of the last update, for ages."""
    jobs_running: var[int] = var(0)

    services_pane = getters.query_one(ServicesPane)
    panes = getters.query_one(Panes)
    _details = getters.query_one(DetailsPane)
    _jobs = getters.query_one(JobsPane)
    _events = getters.query_one(EventList)

    def __init__(
        self,
        observer: Observer,
        clock: Clock,
        modes: Sequence[Mode],
        memory: Memory,
        operations: Operations | None,
        state_folder: Path,
        open_environment: "Callable[[], EnvironmentAccess]",
        open_ledger: "Callable[[], LedgerAccess]",
        read_only_jobs: ReadOnlyJobs | None = None,
        *,
        reveals: bool = False,
        bound: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        paint_changed_lines(self)
        self._observer = observer
        self._clock = clock
        self._modes = modes
        self._operations = operations
        self._read_only_jobs = read_only_jobs
        self._bound = bound or {}
        self.dialogs = DashboardDialogs(
            self, observer, operations, state_folder, open_environment, open_ledger, clock, reveals
        )
        self.preferences = Preferences(memory, self._in_thread)
        self._restarts = RestartWatch()
        self._restarted: frozenset[str] = frozenset()
        self._changes = StackChanges(self, observer)
        self._settling: tuple[Timer, ...] = ()
        self._logs = DeferredLogsPane(observer, clock, reveals=reveals)

    def compose(self) -> ComposeResult:
        """The header and the panes, in the order of the grid, and the footer."""
        # Textual learns the width after the first paint, and would paint again.
        widest = max(item for item in self.HORIZONTAL_BREAKPOINTS if item[0] <= self.app.size.width)
        self.add_class(widest[1])
        yield StatusBar(self._modes).data_bind(
            DashboardScreen.snapshot, DashboardScreen.now, DashboardScreen.jobs_running
        )
        yield Banner(markup=False).data_bind(DashboardScreen.snapshot, DashboardScreen.now)
        with Panes(id="panes"):
            read_only = self._operations is None
            seen = InspectedServices(
                self._observer, self._clock, read_only=read_only, bound=self._bound
            )
            yield ServicesPane(
                self._observer,
                self._clock,
                seen,
                id=Pane.SERVICES.value,
                classes="pane",
            )
            yield DetailsPane(
                self._observer, self._clock, seen, id=Pane.DETAILS.value, classes="pane lower"
            )
            with Vertical(id=Pane.LOGS.value, classes="pane lower -current") as logs:
                # A placeholder: `_mount_logs` replaces it.
                logs.border_title = Content(pane_title(self, "logs", "2"))
            with Vertical(id=Pane.EVENTS.value, classes="pane lower") as events:
                events.border_title = Content(pane_title(self, "events", "4"))
                yield EventList()
            yield JobsPane(
                self._operations,
                self._read_only_jobs,
                self._clock,
                id=Pane.JOBS.value,
                classes="pane lower",
            )
        yield KeyBar(notices=False)  # the status bar has them

    def on_mount(self) -> None:
        """Subscribe, and show the current snapshot."""
        self._changes.subscribe()
        self.table.sort_by(self.preferences.sorting)
        self.table.choose_columns(self.preferences.columns)
        self.set_interval(CLOCK_SECONDS, self._tick)
        self._show_snapshot()
        self._share_height()
        self.set_timer(LOGS_SECONDS, self._mount_logs)

    def on_unmount(self) -> None:
        """Unsubscribe."""
        self._changes.unsubscribe()

    @property
    def table(self) -> ServiceTable:
        """The service table."""
        return self.services_pane.table

    def _in_thread(self, run: Callable[[], None]) -> None:
        self.run_worker(run, thread=True, group="files")

    @on(StackChanged)
    def _stack_changed(self, message: StackChanged) -> None:
        self._changes.receive(message)
        self._draw_changed(message.topic)

    @when_composed
    def _draw_changed(self, topic: Topic) -> None:
        match topic:
            case Topic.SNAPSHOT:
                self._show_snapshot()
            case Topic.USAGE:
                self._draw_rows()
            case Topic.EVENTS:
                self._events.show(self._observer.events)
                self._draw_details()

    def _show_snapshot(self) -> None:
        snapshot = self._observer.snapshot
        self._restarted = self._restarts.restarted_recently(snapshot, self._clock.now())
        self._draw_rows()
        self._draw_frame()
        self._draw_details()
        if snapshot.complete and not self._logs.requested:
            self.call_after_refresh(self._mount_logs)

    @when_composed
    async def _mount_logs(self) -> None:
        await self._logs.mount(self.panes)
        self._follow()

    @when_composed
    def _tick(self) -> None:
        self._draw_rows()
        self._draw_frame()
        self._logs.tick(self._clock.now())
        self._jobs.tick()

    def _draw_rows(self) -> None:
        self.services_pane.update_rows(self._restarted)

    def _draw_frame(self) -> None:
        self.snapshot, self.now = self._observer.snapshot, self._clock.now()
        self.services_pane.update_frame()
        self.call_after_refresh(self._share_height)

    @when_composed
    def _share_height(self) -> None:
        self.panes.share_height(self.services_pane.wanted_height)

    def _draw_details(self) -> None:
        self._details.show(self.table.current)

    def on_resize(self) -> None:
        """Adapt the height of the panes."""
        self.call_after_refresh(self._share_height)

    @on(ServiceTable.Highlighted)
    @on(ServiceTable.MarksChanged)
    def _highlighted(self) -> None:
        self.services_pane.update_advice()
        for timer in self._settling:
            timer.stop()
        self._settling = (
            self.set_timer(REST_SECONDS, self._draw_selected),
            self.set_timer(SETTLE_SECONDS, self._follow),
        )

    @when_composed
    def _draw_selected(self) -> None:
        self._draw_details()

    @when_composed
    def _follow(self) -> None:
        self._logs.follow(self.services_pane.selected)

    @on(ServiceTable.Opened)
    async def _opened(self) -> None:
        await self.action_pane(Pane.DETAILS.value)

    @on(ServiceTable.SortingChanged)
    def _sorting_changed(self) -> None:
        self.preferences.save_sorting(self.table.sorting)

    async def action_pane(self, name: str) -> None:
        """Show a pane and focus it."""
        if name == Pane.LOGS:
            await self._mount_logs()
        self.panes.show(Pane(name))
        self.call_after_refresh(self._follow)

    def action_zoom(self) -> None:
        """Maximize the focused pane, or restore all."""
        self.panes.toggle_zoom()
        self._share_height()

    def action_back(self) -> None:
        """Clear the selection, the zoom, the filter or the marks; else focus the services."""
        box, table = self.services_pane.filter_box, self.table
        if self.panes.focused is Pane.LOGS and self._logs.clear_selection():
            return
        if self.panes.zoomed:
            self.action_zoom()
        elif box.value:
            box.clear_words()
        elif table.marked and self.focused is table:
            table.clear_marks()
        else:
            table.focus()

    def action_filter(self) -> None:
        """Open the filter."""
        self.services_pane.filter_box.open()
        self._share_height()

    @on(FilterBox.Changed, "#filter")
    def _filter_changed(self) -> None:
        self.call_after_refresh(self._share_height)

    @on(FilterBox.Closed)
    def _filter_closed(self) -> None:
        self.set_focus(self.table)
        self._share_height()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys of actions in a read-only console and outside of the services."""
        if action in {"operate", "operations"}:
            return self._operations is not None and self.panes.focused in PANES_WITH_ACTIONS
        return True

    def on_key(self, event: events.Key) -> None:
        """Say why a key of a change does nothing in a read-only console."""
        changes = (self._bound.get(name, key) for name, key in CHANGE_KEYS.items())
        keys = {key.strip() for bound in changes for key in bound.split(",")}
        read_only = self._operations is None and self.panes.focused in PANES_WITH_ACTIONS
        if read_only and event.key in keys:
            event.stop()
            self.notify("Read-only: pixel-tui can't change anything.", timeout=4)

    def action_operate(self, name: str) -> None:
        """Show the plan of an action on the marked rows, else on the selected one."""
        self.dialogs.show_plan(name, self.services_pane.selected)

    def action_operations(self) -> None:
        """List the actions for the marked rows, else for the selected one."""
        self.dialogs.list_actions(self.services_pane.selected)

    def action_recovery(self) -> None:
        """Open the recovery screen."""
        self.dialogs.open_recovery(self.table.marked, self.table.current)

    def action_ledger(self) -> None:
        """Open the task ledger."""
        self.dialogs.open_ledger()

    def action_audit(self) -> None:
        """Open the audit trail."""
        self.dialogs.open_audit()

    def action_environment(self) -> None:
        """Open the environment."""
        self.dialogs.open_environment()

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names of all services."""
        return tuple(service.name for service in self._observer.snapshot.services)

    def select(self, service: str) -> None:
        """Put the cursor on a service."""
        self.table.cursor_key = service
        self.table.focus()

    def action_probe(self) -> None:
        """Show the health log of the selected row."""
        self._draw_details()  # the cursor may have just reached this row
        self._details.open_health_log()

    def action_columns(self) -> None:
        """Choose the columns."""
        self.services_pane.ask_for_columns(self.preferences)

    def action_copy(self) -> None:
        """Copy the selected container's name, or all details in their pane."""
        text = self.services_pane.container_names
        if self.panes.focused is Pane.DETAILS:
            self._draw_details()
            text = self._details.text
        if text:
            self.post_message(CopyRequested(text))

    def action_refresh_stack(self) -> None:
        """Reload the compose project and the containers."""
        self._observer.refresh()

    @on(JobsPane.Changed)
    def _jobs_changed(self, event: JobsPane.Changed) -> None:
        self._logs.mark_jobs(event.statuses)
        self.jobs_running = event.running
