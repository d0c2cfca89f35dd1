"""The ledger screen: queued, running, stuck and finished tasks."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from pixel_tui.clock import Clock
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.view.arrangement import (
    Arrangement,
    LedgerLine,
    TaskFilter,
    arrange_tasks,
    hidden_findings,
)
from pixel_tui.ledger.view.findings import LedgerFinding
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.ledger.view.watch import LedgerSource
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.terminal.keys import hold_keys
from pixel_tui.text import NO_TEXT, SafeText
from screens.ledger.content import (
    MAX_FINDINGS,
    READING,
    finding_choices,
    ledger_title,
    ledger_totals,
    ledger_trouble,
    why_empty,
)
from screens.ledger.ledger_changes import LedgerChanged, LedgerChanges
from screens.ledger.task_changes import TaskChanges
from screens.shared.coalescing import CoalescingWorker
from screens.shared.composed import when_composed
from screens.shared.dialog import Dialog
from screens.shared.pick import Choices, PickScreen
from widgets.bound_key import bound_key
from widgets.dashboard.details import Details
from widgets.filter_box import FilterBox
from widgets.key_bar import KeyBar
from widgets.lines.fitted_line import FittedLine
from widgets.lines.status_line import StatusLine
from widgets.rows.task_details import preview_sections
from widgets.tables.task_table import TaskTable

CLOCK_SECONDS: Final = 2.0
FOLDED: Final = frozenset({TaskStatus.COMPLETED})
"""The groups that are folded at first: most tasks of a ledger are completed."""


class LedgerScreen(Dialog[None]):
    """Lists the tasks, live; Enter opens one.

    Args:
        source: The view of the ledger; closed with the screen.
        place: The paths of its files.
        observer: The source of containers and logs.
        clock: The time.
        changes: Plans changes of tasks; None in a read-only console.
        reveals: Whether a key may show secrets in a task's log.
    """

    BINDING_GROUP_TITLE = "Tasks"
    AUTO_FOCUS = "TaskTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "act", "Actions", id="tasks.actions",
                tooltip="Actions on this task; the plan is shown first"),
        Binding("n", "new", "New", id="tasks.new", tooltip="Queue a task"),
        Binding("slash", "filter", "Search", id="tasks.search",
                tooltip="Only tasks with these words in their text, output or error"),
        Binding("v", "next_filter", "Show", id="tasks.which",
                tooltip="All, open, with findings, failed, or completed tasks"),
        Binding("w", "group", "Group", show=False, id="tasks.group",
                tooltip="By status, or one list"),
        Binding("f", "findings", "Findings", id="tasks.findings",
                tooltip="Everything that is out of sync, with its fix"),
        Binding("i", "statistics", "Statistics", id="tasks.statistics",
                tooltip="Throughput, success and durations, by type and by day"),
        Binding("f5", "reread", "Refresh", show=False, id="tasks.refresh"),
        Binding("question_mark", "app.help", "Help", id="tasks.help"),
        Binding("escape,q", "back", "Close", id="tasks.close"),
    ]  # fmt: skip

    table = getters.query_one(TaskTable)
    """The table of tasks."""
    _filter_box = getters.query_one(FilterBox)

    def __init__(
        self,
        source: LedgerSource,
        place: LedgerPlace,
        observer: Observer,
        clock: Clock,
        changes: TaskChanges | None,
        *,
        reveals: bool = False,
    ) -> None:
        super().__init__()
        self._reveals = reveals
        self._source = source
        self._place = place
        self._observer = observer
        self._clock = clock
        self._changes = changes
        self._arrangement = Arrangement(folded=FOLDED)
        self._shown = source.view
        self._hidden = 0
        """The number of findings about hidden tasks."""
        self._title = Content("Tasks")
        self._arranging = CoalescingWorker(self, self._sort_and_search, "arrange")
        self._listed = asyncio.Event()
        """Set once the tasks are listed, or the ledger can't be read."""
        self._ledger_changes = LedgerChanges(self, source)

    def compose(self) -> ComposeResult:
        """The totals, the problems, the table, and a preview of the task under the cursor."""
        with Vertical(classes="dialog -full") as dialog:
            dialog.border_title = "Tasks"
            yield FittedLine(id="ledger-totals")
            yield StatusLine(id="ledger-trouble")
            yield FilterBox(id="ledger-search")
            yield StatusLine(READING, id="ledger-empty")
            yield TaskTable()
            yield Details(id="ledger-preview")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the ledger while it is shown."""
        self._ledger_changes.subscribe()
        self._source.start()
        self.set_interval(CLOCK_SECONDS, self._tick)
        if self._source.view.loaded:  # else a message follows
            self._arranging.request()
        hold_keys(self.run_worker(self._hold_until_listed(), group="ledger"))

    async def _hold_until_listed(self) -> None:
        """Hold the keys until the tasks are listed."""
        await self._listed.wait()

    def on_unmount(self) -> None:
        """Stop watching the ledger."""
        self._ledger_changes.unsubscribe()
        self._source.close()

    @property
    def current(self) -> Task | None:
        """The task under the cursor."""
        row = self.table.current
        return row.task if row is not None else None

    # Reading.

    @on(LedgerChanged)
    def _ledger_changed(self) -> None:
        self._ledger_changes.receive()
        self._arranging.request()

    async def _sort_and_search(self) -> None:
        """Arrange the tasks in a thread, and show them."""
        view, arrangement, now = self._source.view, self._arrangement, self._clock.now()
        lines = await asyncio.to_thread(arrange_tasks, view, arrangement, now)
        hidden = await asyncio.to_thread(hidden_findings, view, arrangement)
        self._show(view, lines, hidden)
        if view.loaded or view.trouble is not None:
            self._listed.set()

    @when_composed
    def _show(self, view: LedgerView, lines: Sequence[LedgerLine], hidden: int) -> None:
        self._shown, self._hidden = view, hidden
        table = self.table
        table.stale = view.trouble is not None
        if not table.cursor_key:
            table.cursor_key = next((line.key for line in lines if line.task is not None), "")
        table.show(lines, view, self._clock.now())
        self._draw()
        self._draw_preview()

    @when_composed
    def _tick(self) -> None:
        if self.is_current:
            self.table.tick(self._clock.now())
            self._draw_totals()
            self._draw_preview()

    # Drawing.

    def _draw(self) -> None:
        arrangement, view = self._arrangement, self._shown
        title = ledger_title(arrangement, self._hidden)
        if title != self._title:  # another title repaints the complete dialog
            self._title = title
            self.query_one(".dialog").border_title = title
        message = (
            ""
            if self.table.keys
            else why_empty(view, self._place, bound_key(self, "tasks.close", "escape"))
        )
        self.query_one("#ledger-empty", StatusLine).set_text(Content(message))
        self._draw_totals()
        findings_key = bound_key(self, "tasks.findings", "f")
        trouble = ledger_trouble(view, self._clock, findings_key)
        self.query_one("#ledger-trouble", StatusLine).set_text(trouble)

    def _draw_totals(self) -> None:
        self.query_one("#ledger-totals", FittedLine).show(ledger_totals(self._shown, self._clock))

    @on(TaskTable.Highlighted)
    @when_composed
    def _draw_preview(self) -> None:
        details, task = self.query_one("#ledger-preview", Details), self.current
        now, key = self._clock.now(), self._actions_key
        sections = preview_sections(task, self._shown, now, key) if task else ()
        details.show(sections, other=False)

    @property
    def _actions_key(self) -> SafeText:
        """The key that lists the actions; empty in a read-only console."""
        return bound_key(self, "tasks.actions", "a") if self._changes is not None else NO_TEXT

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys of changes in a read-only console."""
        return self._changes is not None or action not in {"act", "new"}

    @on(TaskTable.Opened)
    def _opened(self, event: TaskTable.Opened) -> None:
        event.stop()
        row = self.table.current
        if row is None:
            return
        if row.task is None:
            self._rearrange(
                replace(self._arrangement, folded=self._arrangement.folded ^ {row.status})
            )
            return
        self.open(row.task)

    def open(self, task: Task) -> None:
        """Show a complete task."""
        from screens.ledger.task import TaskScreen  # imports the Markdown parser

        self.app.push_screen(
            TaskScreen(
                task,
                self._source,
                self._place,
                self._observer,
                self._clock,
                self._changes,
                reveals=self._reveals,
            )
        )

    @on(TaskTable.SortingChanged)
    def _sorted(self, event: TaskTable.SortingChanged) -> None:
        event.stop()
        sorting = self.table.sorting
        self._rearrange(replace(self._arrangement, field=sorting.column, reverse=sorting.reverse))

    def _rearrange(self, arrangement: Arrangement) -> None:
        self._arrangement = arrangement
        self._arranging.request()

    def action_next_filter(self) -> None:
        """Switch to the next filter: all, open, with findings, failed, completed."""
        kinds = list(TaskFilter)
        wanted = kinds[(kinds.index(self._arrangement.wanted) + 1) % len(kinds)]
        # With a filter, the tasks are wanted and not their folded heading.
        folded = FOLDED if wanted is TaskFilter.ALL else frozenset[TaskStatus]()
        self._rearrange(replace(self._arrangement, wanted=wanted, folded=folded))

    def action_group(self) -> None:
        """Toggle the groups by status."""
        self._rearrange(replace(self._arrangement, grouped=not self._arrangement.grouped))

    def action_filter(self) -> None:
        """Open the search."""
        self._filter_box.open()

    @on(FilterBox.Changed, "#ledger-search")
    def _search_changed(self, event: FilterBox.Changed) -> None:
        event.stop()
        words = event.value.strip()
        if words == self._arrangement.words:
            return  # the same change sets the folded groups
        folded = frozenset[TaskStatus]() if words else FOLDED
        self._rearrange(replace(self._arrangement, words=words, folded=folded))

    @on(FilterBox.Closed)
    def _search_closed(self, event: FilterBox.Closed) -> None:
        event.stop()
        self.set_focus(self.table)

    def action_back(self) -> None:
        """Clear the search, else the filter, else close."""
        box = self._filter_box
        if box.value:
            box.clear_words()
        elif self._arrangement.wanted is not TaskFilter.ALL:
            self._rearrange(replace(self._arrangement, wanted=TaskFilter.ALL, folded=FOLDED))
        else:
            self.dismiss()

    def action_findings(self) -> None:
        """List the findings."""
        found: list[LedgerFinding] = []

        def choices() -> Choices:
            view = self._source.view
            found[:] = view.findings[:MAX_FINDINGS]
            return finding_choices(found, len(view.findings), bound_key(self, "pick.pick", "enter"))

        def picked(at: int | None) -> None:
            if at is not None and at < len(found):
                self._go_to(found[at])

        self.app.push_screen(PickScreen("Findings", choices), picked)

    def _go_to(self, finding: LedgerFinding) -> None:
        task = next((item for item in self._shown.tasks if item.id == finding.task), None)
        if task is None:
            if self._changes is not None:
                self._changes.list_actions(self, None)
            return
        self._arrangement = replace(
            self._arrangement, wanted=TaskFilter.ALL, folded=frozenset(), words=""
        )
        self._filter_box.value = ""
        self.table.cursor_key = str(task.id)
        self._arranging.request()

    def action_statistics(self) -> None:
        """Show the statistics."""
        from screens.ledger.statistics import TaskStatisticsScreen

        self.app.push_screen(TaskStatisticsScreen(self._shown.tasks, self._clock))

    def action_act(self) -> None:
        """List the actions on the task under the cursor."""
        if self._changes is not None:
            self._changes.list_actions(self, self.current)

    def action_new(self) -> None:
        """Queue a task."""
        if self._changes is not None:
            self._changes.queue_task(self)

    def action_reread(self) -> None:
        """Read the files again."""
        self._source.refresh()
