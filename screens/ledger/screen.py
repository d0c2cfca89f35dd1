"""The task ledger: what is queued, what runs, what is stuck, and what is true of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

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
from screens.ledger.content import (
    MAX_FINDINGS,
    READING,
    finding_choices,
    ledger_title,
    ledger_totals,
    ledger_trouble,
    why_empty,
)
from screens.ledger.task_changes import TaskChanges
from screens.shared.coalescing import CoalescingWorker
from screens.shared.composed import when_composed
from screens.shared.dialog import Dialog
from screens.shared.pick import Choices, PickScreen
from widgets.dashboard.details import Details
from widgets.filter_box import FilterBox
from widgets.key_bar import KeyBar
from widgets.lines.fitted_line import FittedLine
from widgets.lines.saying import StatusLine
from widgets.rows.task_details import preview_sections
from widgets.tables.task_table import TaskTable

CLOCK_SECONDS: Final = 2.0
FOLDED: Final = frozenset({TaskStatus.COMPLETED})
"""What has gone well is most of a ledger: its heading is enough at first."""


class LedgerChanged(Message):
    """The ledger has moved; posted from its watch's thread, at most one at a time."""


class LedgerScreen(Dialog[None]):
    """Lists the tasks, live; Enter opens one.

    Args:
        source: Keeps the view of the ledger; closed with the screen.
        place: Where its files are.
        observer: Sees the workers, and follows their logs.
        clock: The time.
        changes: Leads to changes; None in a read-only console.
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
        Binding("v", "next_wanted", "Show", id="tasks.which",
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
    """The list."""
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
        self._wish = Arrangement(folded=FOLDED)
        self._shown = source.view
        self._hidden = 0
        """Findings about tasks that are not listed."""
        self._title = Content("Tasks")
        self._pending = False
        self._arranging = CoalescingWorker(self, self._sort_and_search, "arrange")
        self._listed = asyncio.Event()
        """Set once the list is there, or it is known why it can't be."""
        self._unsubscribe: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        """The totals, what is wrong, the list, and what the cursor's task is about."""
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
        self._unsubscribe = self._source.subscribe(lambda _view: self._heard())
        self._source.start()
        self.set_interval(CLOCK_SECONDS, self._tick)
        if self._source.view.loaded:  # else it is heard of when it is
            self._arranging.request()
        hold_keys(self.run_worker(self._await_list(), group="ledger"))

    async def _await_list(self) -> None:
        """What is typed at once is meant for the list."""
        await self._listed.wait()

    def on_unmount(self) -> None:
        """Let the ledger be: nobody looks at it any more."""
        self._unsubscribe()
        self._source.close()

    @property
    def current(self) -> Task | None:
        """The task under the cursor."""
        row = self.table.current
        return row.task if row is not None else None

    # From the ledger to the list.

    def _heard(self) -> None:
        if not self._pending:
            self._pending = True
            self.post_message(LedgerChanged())

    @on(LedgerChanged)
    def _changed(self) -> None:
        self._pending = False
        self._arranging.request()

    async def _sort_and_search(self) -> None:
        """Sort and search in a thread."""
        view, wish, now = self._source.view, self._wish, self._clock.now()
        lines = await asyncio.to_thread(arrange_tasks, view, wish, now)
        hidden = await asyncio.to_thread(hidden_findings, view, wish)
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
        wish, view = self._wish, self._shown
        title = ledger_title(wish, self._hidden)
        if title != self._title:  # else all that is in it is painted for nothing
            self._title = title
            self.query_one(".dialog").border_title = title
        said = "" if self.table.keys else why_empty(view, self._place)
        self.query_one("#ledger-empty", StatusLine).say(Content(said))
        self._draw_totals()
        self.query_one("#ledger-trouble", StatusLine).say(ledger_trouble(view, self._clock))

    def _draw_totals(self) -> None:
        self.query_one("#ledger-totals", FittedLine).show(ledger_totals(self._shown, self._clock))

    @on(TaskTable.Highlighted)
    @when_composed
    def _draw_preview(self) -> None:
        details, task = self.query_one("#ledger-preview", Details), self.current
        sections = preview_sections(task, self._shown, self._clock.now()) if task else ()
        details.show(sections, other=False)

    # What the keys do.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Without a way to changes their keys do not exist."""
        return self._changes is not None or action not in {"act", "new"}

    @on(TaskTable.Opened)
    def _opened(self, event: TaskTable.Opened) -> None:
        event.stop()
        row = self.table.current
        if row is None:
            return
        if row.task is None:
            self._choose(replace(self._wish, folded=self._wish.folded ^ {row.status}))
            return
        self.open(row.task)

    def open(self, task: Task) -> None:
        """Show a task whole."""
        from screens.ledger.task import TaskScreen  # it brings a reader of Markdown with it

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
        self._choose(replace(self._wish, field=sorting.column, reverse=sorting.reverse))

    def _choose(self, wish: Arrangement) -> None:
        self._wish = wish
        self._arranging.request()

    def action_next_wanted(self) -> None:
        """List the next kind of tasks."""
        kinds = list(TaskFilter)
        wanted = kinds[(kinds.index(self._wish.wanted) + 1) % len(kinds)]
        # Whoever asks for one kind wants to see its tasks, not its heading.
        folded = FOLDED if wanted is TaskFilter.ALL else frozenset[TaskStatus]()
        self._choose(replace(self._wish, wanted=wanted, folded=folded))

    def action_group(self) -> None:
        """Headings by status, or one list."""
        self._choose(replace(self._wish, grouped=not self._wish.grouped))

    def action_filter(self) -> None:
        """Ask for words."""
        self._filter_box.open()

    @on(FilterBox.Changed, "#ledger-search")
    def _words_changed(self, event: FilterBox.Changed) -> None:
        event.stop()
        words = event.value.strip()
        if words == self._wish.words:
            return  # whoever chose these words chose what is folded as well
        folded = frozenset[TaskStatus]() if words else FOLDED
        self._choose(replace(self._wish, words=words, folded=folded))

    @on(FilterBox.Closed)
    def _words_closed(self, event: FilterBox.Closed) -> None:
        event.stop()
        self.set_focus(self.table)

    def action_back(self) -> None:
        """Undo the search, then the choice, then leave."""
        box = self._filter_box
        if box.value:
            box.clear_words()
        elif self._wish.wanted is not TaskFilter.ALL:
            self._choose(replace(self._wish, wanted=TaskFilter.ALL, folded=FOLDED))
        else:
            self.dismiss()

    def action_findings(self) -> None:
        """List what does not agree."""
        found: list[LedgerFinding] = []

        def choices() -> Choices:
            view = self._source.view
            found[:] = view.findings[:MAX_FINDINGS]
            return finding_choices(found, len(view.findings))

        def picked(at: int | None) -> None:
            if at is not None and at < len(found):
                self._go_to(found[at])

        self.app.push_screen(PickScreen("Findings", choices), picked)

    def _go_to(self, finding: LedgerFinding) -> None:
        task = next((item for item in self._shown.tasks if item.id == finding.task), None)
        if task is None:
            if self._changes is not None:
                self._changes.offer_for_task(self, None)
            return
        self._wish = replace(self._wish, wanted=TaskFilter.ALL, folded=frozenset(), words="")
        self._filter_box.value = ""
        self.table.cursor_key = str(task.id)
        self._arranging.request()

    def action_statistics(self) -> None:
        """Show how much work is done, how well, and how fast."""
        from screens.ledger.figures import TaskFiguresScreen

        self.app.push_screen(TaskFiguresScreen(self._shown.tasks, self._clock))

    def action_act(self) -> None:
        """List what can be done to the task under the cursor."""
        if self._changes is not None:
            self._changes.offer_for_task(self, self.current)

    def action_new(self) -> None:
        """Queue a task."""
        if self._changes is not None:
            self._changes.queue_task(self)

    def action_reread(self) -> None:
        """Look at the files now."""
        self._source.refresh()
