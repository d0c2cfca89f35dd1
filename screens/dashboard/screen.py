"""The dashboard: the service table and, around it, what belongs to the selected row."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from pixel_tui.clock import Clock
from pixel_tui.health.findings import finding_of, findings
from pixel_tui.health.restarts import RestartWatch
from pixel_tui.settings import Memory
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.terminal.painting import paint_changed_lines
from pixel_tui.text import plain
from screens.changes.flow import Operations
from screens.changes.watching import Watching
from screens.dashboard.details_pane import DetailsPane
from screens.dashboard.dialogs import StackDialogs
from screens.dashboard.look import Look
from screens.dashboard.panes import Pane, Panes
from screens.logs.followed import FollowedLogs
from widgets.dashboard.advice import Advice
from widgets.dashboard.banner import Banner
from widgets.dashboard.event_list import EventList
from widgets.dashboard.job_list import OTHER, JobList
from widgets.dashboard.status_bar import Mode, StatusBar
from widgets.filter_box import FilterBox
from widgets.filter_title import filter_title
from widgets.key_bar import KeyBar
from widgets.logs.pane import LogPane
from widgets.logs.view import LogView
from widgets.rows.figures import since
from widgets.rows.service_row import Row, service_rows
from widgets.tables.service_table import ServiceTable

# A dialog is imported when it is opened: the table stands before that.
if TYPE_CHECKING:
    from pixel_tui.environment.editing.workspace import EnvironmentAccess
    from pixel_tui.ledger.view.access import LedgerAccess
    from screens.dashboard.columns import Choice
    from screens.logs.dialogs import LogDialogs

REST_SECONDS: Final = 0.04
"""How long the cursor rests on a row before its details are drawn: a key held down, or one
over a slow line, moves the cursor and waits for nothing else."""
SETTLE_SECONDS: Final = 0.15
"""How long the cursor rests on a row before its log is opened."""
CLOCK_SECONDS: Final = 2.0


class StackChanged(Message):
    """The observer has something new; posted from its threads, at most one at a time a topic."""

    def __init__(self, topic: Topic) -> None:
        super().__init__()
        self.topic = topic


class DashboardScreen(Screen[None]):
    """Shows what the observer sees; asks `operations` for everything that changes something.

    Args:
        observer: Looks at the stack.
        clock: The time.
        modes: What the header says.
        memory: What was remembered of the look.
        operations: How to start, stop and restart; None in a read-only console.
        watching: Sees the jobs of other consoles where `operations` does not.
        reveals: Whether a key may show secrets in logs.
        state_folder: Where the audit trail is.
        open_environment: Makes what reads and changes the environment file.
        open_ledger: Makes what looks at the task ledger.
    """

    AUTO_FOCUS = "ServiceTable"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  Textual declares it for instances
        (0, "-narrow"),
        (140, "-wide"),
        (190, "-very-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "pane('services-pane')", "Services", show=False, id="pane.services"),
        Binding("2", "pane('logs-pane')", "Logs", show=False, id="pane.logs"),
        Binding("3", "pane('details-pane')", "Details", show=False, id="pane.details"),
        Binding("4", "pane('events-pane')", "Events", show=False, id="pane.events"),
        Binding("5", "pane('jobs-pane')", "Jobs", show=False, id="pane.jobs"),
        Binding(
            "z", "zoom", "Zoom", show=False, id="pane.zoom", tooltip="This pane alone, and back"
        ),
        Binding(
            "slash", "filter", "Filter", id="services.filter", tooltip="Show only matching services"
        ),
        Binding("r", "operate('restart')", "Restart", id="services.restart"),
        Binding("s", "operate('start')", "Start", id="services.start"),
        Binding("x", "operate('stop')", "Stop", id="services.stop"),
        Binding(
            "a",
            "operations",
            "More",
            id="services.actions",
            tooltip="All that can be done to it: recreate, rebuild, ...",
        ),
        Binding(
            "A", "recovery", "Recovery", id="recovery", tooltip="Every action, and when it helps"
        ),
        Binding(
            "W",
            "ledger",
            "Tasks",
            show=False,
            id="ledger",
            tooltip="The workers' tasks: queued, running, stuck, and what is true of them",
        ),
        Binding("U", "audit", "Audit", show=False, id="audit", tooltip="Who changed what, and how"),
        Binding(
            "E",
            "environment",
            "Environment",
            show=False,
            id="environment",
            tooltip="The .env file: every key, who reads it, and what is wrong",
        ),
        Binding(
            "p",
            "probe",
            "Probe",
            show=False,
            id="services.probe",
            tooltip="What the health check said last",
        ),
        Binding(
            "c",
            "columns",
            "Columns",
            show=False,
            id="services.columns",
            tooltip="Choose the columns",
        ),
        Binding(
            "y",
            "copy",
            "Copy",
            show=False,
            id="services.copy",
            tooltip="Copy the container's name, or all details",
        ),
        Binding(
            "f5",
            "refresh_stack",
            "Refresh",
            show=False,
            id="services.refresh",
            tooltip="Read compose and the engine again",
        ),
        Binding(
            "escape",
            "back",
            "Back",
            show=False,
            id="back",
            tooltip="Close, clear, or go back to the services",
        ),
        Binding("question_mark", "help", "Help", id="help"),
    ]

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
        watching: Watching | None = None,
        *,
        reveals: bool = False,
    ) -> None:
        super().__init__()
        paint_changed_lines(self)
        self._observer = observer
        self._clock = clock
        self._modes = modes
        self._operations = operations
        self._jobs = operations or watching
        self._reveals = reveals
        self.dialogs = StackDialogs(
            self, observer, operations, state_folder, open_environment, open_ledger, clock, reveals
        )
        self.look = Look(memory, self._in_thread)
        self._restarts = RestartWatch()
        self._grown: frozenset[str] = frozenset()
        self._pending: set[Topic] = set()
        self._looks_for_waiting = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._settling: tuple[Timer, ...] = ()
        self.logs = FollowedLogs(observer)
        self._emptiness = ""
        self._filter_title = Content("1 Services")

    def compose(self) -> ComposeResult:
        """The panes in the order in which the grid places them."""
        # Textual learns the width after the first picture, and would paint another one.
        widest = max(item for item in self.HORIZONTAL_BREAKPOINTS if item[0] <= self.app.size.width)
        self.add_class(widest[1])
        yield StatusBar(self._modes)
        yield Banner(markup=False)
        with Panes(id="panes"):
            with Vertical(id=Pane.SERVICES.value, classes="pane") as services:
                services.border_title = "1 Services"
                yield FilterBox(id="filter")
                yield Static(id="empty", markup=False)
                yield ServiceTable()
                yield Advice(markup=False)
            yield DetailsPane(
                self._observer, self._clock, id=Pane.DETAILS.value, classes="pane lower"
            )
            yield LogPane(reveals=self._reveals, id=Pane.LOGS.value, classes="pane lower -current")
            with Vertical(id=Pane.EVENTS.value, classes="pane lower") as events:
                events.border_title = "4 Events"
                yield EventList()
            with Vertical(id=Pane.JOBS.value, classes="pane lower") as jobs:
                jobs.border_title = "5 Jobs"
                yield JobList()
        yield KeyBar()

    def on_mount(self) -> None:
        """Subscribe, and show what is known already."""
        self._unsubscribe = self._observer.subscribe(self._heard)
        self.table.sort_by(self.look.sorting)
        self.table.choose_columns(self.look.columns)
        self.set_interval(CLOCK_SECONDS, self._tick)
        if self._jobs is not None:
            self._jobs.on_change(self._jobs_changed)
        self._take_snapshot()
        self._share_height()

    def on_unmount(self) -> None:
        """Stop listening."""
        self._unsubscribe()
        self.logs.close()

    @property
    def table(self) -> ServiceTable:
        """The service table."""
        return self.query_one(ServiceTable)

    @property
    def panes(self) -> Panes:
        """The panes."""
        return self.query_one(Panes)

    @property
    def _snapshot(self) -> StackSnapshot:
        return self._observer.snapshot

    def _in_thread(self, run: Callable[[], None]) -> None:
        self.run_worker(run, thread=True, group="files")

    # From the observer's threads to this screen.

    def _heard(self, topic: Topic) -> None:
        if topic not in self._pending:
            self._pending.add(topic)
            self.post_message(StackChanged(topic))

    @on(StackChanged)
    def _stack_changed(self, message: StackChanged) -> None:
        self._pending.discard(message.topic)
        with suppress(NoMatches):  # the screen is being taken down
            match message.topic:
                case Topic.SNAPSHOT:
                    self._take_snapshot()
                case Topic.USAGE:
                    self._draw_rows()
                case Topic.EVENTS:
                    self.query_one(EventList).show(self._observer.events)
                    self._draw_details()

    def _take_snapshot(self) -> None:
        self._grown = self._restarts.see(self._snapshot, self._clock.now())
        self._draw_rows()
        self._draw_frame()
        self._draw_details(anew=True)

    def _tick(self) -> None:
        with suppress(NoMatches):  # the screen is being taken down
            self._draw_rows()
            self._draw_frame()
            self.query_one(LogPane).tick(self._clock.now())
            self._look_whether_one_waits()

    def _look_whether_one_waits(self) -> None:
        """See how long an apply waits to be confirmed, whoever runs it."""
        operations = self._operations
        if operations is not None:
            self.query_one(StatusBar).to_confirm = operations.seconds_to_confirm
            if operations.applies and not self._looks_for_waiting:
                self._looks_for_waiting = True
                self._in_thread(partial(self._ask_whether_one_waits, operations))

    def _ask_whether_one_waits(self, operations: Operations) -> None:
        try:
            operations.look_whether_one_waits()
        finally:
            self._looks_for_waiting = False

    # Drawing.

    def _draw_rows(self) -> None:
        snapshot, table = self._snapshot, self.table
        table.show(
            service_rows(snapshot, self._observer.usage, self._clock.now(), grown=self._grown)
        )
        table.stale = snapshot.taken_at is not None and snapshot.stale
        if not table.cursor_key and table.rows:
            table.cursor_key = table.rows[0].key

    def _draw_frame(self) -> None:
        now = self._clock.now()
        status = self.query_one(StatusBar)
        status.snapshot = self._snapshot
        status.now = now
        self.query_one(Banner).show(self._snapshot, now)
        self._draw_emptiness()
        self._draw_filter(now)
        self._draw_advice()
        self.call_after_refresh(self._share_height)

    def _share_height(self) -> None:
        title_heading_and_advice = 4
        with suppress(NoMatches):  # the screen is being taken down
            typing = int(self.query_one(FilterBox).display)
            self.panes.share_height(len(self.table.rows) + title_heading_and_advice + typing)

    def _draw_emptiness(self) -> None:
        words = self.query_one(FilterBox).value
        said = ""
        if not self._snapshot.services:
            said = _why_empty(self._snapshot)
        elif not self.table.rows and words:
            said = f"No service matches “{plain(words)}”. Esc clears the filter."
        if said != self._emptiness:
            self._emptiness = said
            empty = self.query_one("#empty", Static)
            empty.set_class(bool(said), "-shown")
            empty.update(Content(said))

    def _draw_filter(self, now: datetime) -> None:
        """Show the filter in the title, with how many problems it hides."""
        words, problems = self.query_one(FilterBox).value, 0
        if words:
            hidden = self.table.hidden
            problems = sum(item.service in hidden for item in findings(self._snapshot, now))
        title = filter_title("1 Services", [f"filter: {words}"] if words else [], problems)
        pane = self.query_one(f"#{Pane.SERVICES}")
        if title != self._filter_title:
            self._filter_title = title
            pane.border_title = title  # as content: its markup is not always read back

    def _draw_advice(self) -> None:
        row, snapshot, now = self.table.current, self._snapshot, self._clock.now()
        service = snapshot.service(row.service) if row else None
        finding = finding_of(service, snapshot, now) if service and snapshot.taken_at else None
        if finding is not None and snapshot.stale:
            finding = replace(finding, what=plain(f"{finding.what}, {_seen(snapshot, now)}"))
        self.query_one(Advice).show(finding, _calm(snapshot, now))

    def _draw_details(self, *, anew: bool = False) -> None:
        self.query_one(DetailsPane).show(self.table.current, anew=anew)

    def on_resize(self) -> None:
        """Share the height anew."""
        self.call_after_refresh(self._share_height)

    # The selected row.

    @on(ServiceTable.Highlighted)
    def _highlighted(self) -> None:
        self._draw_advice()
        for timer in self._settling:
            timer.stop()
        self._settling = (
            self.set_timer(REST_SECONDS, self._draw_selected),
            self.set_timer(SETTLE_SECONDS, self._follow_selected),
        )

    def _draw_selected(self) -> None:
        with suppress(NoMatches):  # the screen is being taken down
            self._draw_details()

    def _follow_selected(self) -> None:
        with suppress(NoMatches):  # the screen is being taken down
            pane = self.query_one(LogPane)
            if pane.display:
                self.logs.follow(self._wanted_rows, pane)

    @property
    def _wanted_rows(self) -> Sequence[Row]:
        """The marked rows, else the one under the cursor."""
        return self.table.marked or ((self.table.current,) if self.table.current else ())

    @on(ServiceTable.MarksChanged)
    def _marks_changed(self) -> None:
        self._highlighted()

    # The log.

    @property
    def log_dialogs(self) -> "LogDialogs":
        """What the log pane asks for."""
        from screens.logs.dialogs import LogDialogs

        return LogDialogs(
            self,
            self.query_one(LogPane),
            self.logs,
            self._clock,
            services=lambda: [service.name for service in self._snapshot.services],
            copy=self.copy,
            follow=self._follow_selected,
        )

    @on(LogPane.Wished)
    def _log_wished(self, event: LogPane.Wished) -> None:
        self.log_dialogs.wished(event.wish)

    @on(LogPane.SearchAllWished)
    def _log_search_wished(self, event: LogPane.SearchAllWished) -> None:
        self.log_dialogs.search_all(event.matcher)

    @on(LogView.Opened)
    def _log_opened(self, event: LogView.Opened) -> None:
        self.log_dialogs.open(event.line, event.group, event.mask)

    @on(LogPane.Left)
    def _log_left(self) -> None:
        self.logs.looked_away(self.query_one(LogPane))

    @on(LogPane.Returned)
    def _log_returned(self) -> None:
        self.logs.returned(self.query_one(LogPane))

    @on(ServiceTable.Opened)
    def _opened(self) -> None:
        self.action_pane(Pane.DETAILS.value)

    @on(ServiceTable.SortingChanged)
    def _sorting_changed(self) -> None:
        self.look.sort(self.table.sorting)

    # Panes.

    def action_pane(self, name: str) -> None:
        """Show a pane and give it the focus."""
        self.panes.show(Pane(name))
        self.call_after_refresh(self._follow_selected)

    def action_zoom(self) -> None:
        """Show the focused pane alone, or all again."""
        self.panes.toggle_zoom()
        self._share_height()

    def action_back(self) -> None:
        """Undo one thing: the zoom, the filter, the marks; else go to the services."""
        box, table = self.query_one(FilterBox), self.table
        pane = self.query_one(LogPane)
        if self.panes.focused is Pane.LOGS and pane.log_view.let_go():
            return
        if self.panes.zoomed:
            self.action_zoom()
        elif box.value:
            box.clear_words()
        elif table.marked and self.focused is table:
            table.clear_marks()
        else:
            table.focus()

    @on(JobList.Chosen)
    def _job_chosen(self, event: JobList.Chosen) -> None:
        if self._jobs is None:
            return
        other = self._jobs.other
        if event.job_id != OTHER:
            self._jobs.open(self, event.job_id)
        elif other is not None:
            words = f"{other.title}: {other.words}. Its output is that user's alone."
            self.notify(words, timeout=10, markup=False)

    # The filter.

    def action_filter(self) -> None:
        """Ask for the filter's words."""
        self.query_one(FilterBox).open()
        self._share_height()

    @on(FilterBox.Changed, "#filter")
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        self.table.filter_by(event.value)
        self._draw_frame()

    @on(FilterBox.Closed)
    def _filter_closed(self) -> None:
        self.set_focus(self.table)
        self._share_height()

    # What the keys do.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Without operations their keys do not exist."""
        if action in {"operate", "operations"}:
            place = self.panes.focused
            return self._operations is not None and place in {Pane.SERVICES, Pane.DETAILS}
        return True

    def action_operate(self, name: str) -> None:
        """Plan an action on the marked rows, else on the selected one, and show the plan."""
        self.dialogs.operate(name, self._wanted_rows)

    def action_operations(self) -> None:
        """List the actions for the marked rows, else for the selected one."""
        self.dialogs.offer(self._wanted_rows)

    def action_recovery(self) -> None:
        """List every action, with advice."""
        self.dialogs.recovery(self.table.marked, self.table.current)

    def action_ledger(self) -> None:
        """Show the tasks of the workers."""
        self.dialogs.ledger()

    def action_audit(self) -> None:
        """Show who changed what."""
        self.dialogs.audit()

    def action_environment(self) -> None:
        """Show the environment file."""
        self.dialogs.environment()

    @property
    def service_names(self) -> tuple[str, ...]:
        """The services there are."""
        return tuple(service.name for service in self._snapshot.services)

    def select(self, service: str) -> None:
        """Put the cursor on a service."""
        self.table.cursor_key = service
        self.table.focus()

    def action_probe(self) -> None:
        """Show the health log of the selected row."""
        row = self.table.current
        if row is None:
            return
        self._draw_details()  # the cursor may not have rested on this row yet
        sections = self.query_one(DetailsPane).health_sections()
        if not sections:
            self.notify(f"{row.service} has no health check that ran.", markup=False)
            return
        from screens.dashboard.probe import ProbeScreen

        self.app.push_screen(ProbeScreen(Content(f"Health log of {row.service}"), sections))

    def action_columns(self) -> None:
        """Choose the columns."""
        from screens.dashboard.columns import ColumnsScreen

        self.app.push_screen(ColumnsScreen(self.table.columns), self._columns_chosen)

    def _columns_chosen(self, choice: "Choice | bool") -> None:
        if not isinstance(choice, bool):
            self.table.choose_columns(choice)
            self.look.choose(choice)

    def action_copy(self) -> None:
        """Copy the selected container's name; in the details, all that they say."""
        row = self.table.current
        if self.panes.focused is Pane.DETAILS:
            self._draw_details()
            text = self.query_one(DetailsPane).text
        else:
            text = self._names(row) if row else ""
        if text:
            self.copy(text)

    def copy(self, text: str) -> None:
        """Send text to the terminal's clipboard, and say so."""
        self.app.copy_to_clipboard(text)
        self.notify("Sent to the terminal's clipboard.", timeout=2)

    def _names(self, row: Row) -> str:
        service = self._snapshot.service(row.service)
        names = [
            item.name
            for item in (service.containers if service else ())
            if row.container_id in {None, item.id}
        ]
        return " ".join(names) or row.service

    def action_refresh_stack(self) -> None:
        """Read everything again."""
        self._observer.refresh()

    def action_help(self) -> None:
        """Show the keys of this place."""
        from screens.shared.help import HelpScreen

        self.app.push_screen(HelpScreen(self.active_bindings))

    def _jobs_changed(self) -> None:
        if self._jobs is None:
            return
        with suppress(NoMatches):  # the screen is being taken down
            statuses, other = self._jobs.statuses(), self._jobs.other
            self.logs.tell(statuses)
            self.query_one(JobList).show(statuses, self._clock.now(), other)
            running = sum(not status.state.ended for status in statuses) + (other is not None)
            self.query_one(StatusBar).jobs_running = running
            if self._operations is not None:
                self._tell_news(self._operations)

    def _tell_news(self, operations: Operations) -> None:
        """Say how a job ended that nobody watches, and what was found of another console's."""
        watched = getattr(self.app.screen, "watched_job", "")
        for status in operations.news(watched):
            words = f"{status.plan.title} {status.state.value}. {status.message} (5: the jobs)"
            well = status.state.value == "succeeded"
            severity: Literal["information", "warning"] = "information" if well else "warning"
            self.notify(words, severity=severity, timeout=10, markup=False)
            if not well:
                operations.offer_to_take_back(self, status)


def _why_empty(snapshot: StackSnapshot) -> str:
    if snapshot.engine.trouble is not None or snapshot.project_trouble is not None:
        return "Nothing to show: see the reason above. It is tried again by itself."
    if snapshot.taken_at is None or snapshot.project is None:
        return "Looking at the stack…"
    return (
        f"The project {snapshot.project.name} in {snapshot.project.directory} has no service and "
        "no container. Is it the right compose file?"
    )


def _seen(snapshot: StackSnapshot, now: datetime) -> str:
    return f"seen {since(snapshot.taken_at, now)} ago"


def _calm(snapshot: StackSnapshot, now: datetime) -> str:
    if not snapshot.complete or snapshot.project_trouble is not None:
        return ""
    if snapshot.stale:
        unknown = "Unknown: the Docker daemon does not answer."
        return f"{unknown}\n  What is shown was {_seen(snapshot, now)}."
    others = findings(snapshot, now)
    if not others:
        return "Everything that should run does."
    names = ", ".join(finding.service for finding in others[:4])
    return f"Nothing is wrong here.\n  See {names}."
