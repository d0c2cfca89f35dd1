"""The screen of one task: its text, its facts, its output and its log."""

import asyncio
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher

from pixel_tui.clock import Clock
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.reading.task import Task, TaskTexts, texts_of
from pixel_tui.ledger.view.timeline import timeline_of
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.ledger.view.watch import LedgerSource
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import NO_TEXT, SafeText, plain
from screens.ledger.ledger_changes import LedgerChanged, LedgerChanges
from screens.ledger.task_changes import TaskChanges
from screens.ledger.task_log import TaskLog
from screens.logs.line import LogLineScreen
from screens.shared.coalescing import CoalescingWorker
from screens.shared.composed import when_composed
from screens.shared.scrolling import TextDialog
from widgets.bound_key import bound_key
from widgets.copying import CopyRequested
from widgets.dashboard.details import Details
from widgets.key_bar import KeyBar
from widgets.lines.status_line import StatusLine
from widgets.logs.pane import LogPane
from widgets.logs.view import LogView
from widgets.rows.task_details import fact_sections, full_text_command, output_sections
from widgets.rows.task_row import STATUSES
from widgets.rows.task_words import TaskWords

CLOCK_SECONDS: Final = 2.0
PARTS: Final = {
    "task-text": "1 Task",
    "task-facts": "2 Timeline",
    "task-output": "3 Outcome",
    "task-log": "4 Log",
}


class TaskScreen(TextDialog[None]):
    """Shows a task, live.

    Args:
        task: The task as it was opened.
        source: The view of the ledger.
        place: The paths of the ledger's files.
        observer: The source of containers and logs.
        clock: The time.
        changes: Plans changes of tasks; None in a read-only console.
        reveals: Whether a key may show secrets in its log.
    """

    BINDING_GROUP_TITLE = "Task"
    AUTO_FOCUS = SCROLLED = "#task-words"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "part('task-text')", "Task", id="task.text",
                tooltip="The text of the task"),
        Binding("2", "part('task-facts')", "Timeline", id="task.facts",
                tooltip="What happened, and what is out of sync"),
        Binding("3", "part('task-output')", "Outcome", id="task.output",
                tooltip="Summary, error and the end of the output"),
        Binding("4", "part('task-log')", "Log", id="task.log",
                tooltip="Its container's log, or the part that is left"),
        Binding("a", "act", "Actions", id="task.actions",
                tooltip="Actions on it; the plan is shown first"),
        Binding("Y", "copy_id", "Copy id", show=False, id="task.copy"),
        Binding("j", "scroll(1)", "Down", show=False, id="task.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="task.up"),
        Binding("escape,q", "close", "Close", id="task.close"),
    ]  # fmt: skip

    _log_pane = getters.query_one("#task-log", LogPane)
    _parts = getters.query_one(ContentSwitcher)

    def __init__(
        self,
        task: Task,
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
        self._shown_task = task
        self._source = source
        self._observer = observer
        self._clock = clock
        self._changes = changes
        self._log = TaskLog(observer, place)
        self._texts = TaskTexts()
        self._raw: bytes | None = None
        """The JSON of the task whose texts are shown; None before the first."""
        self._gone = False
        # One run after the other, so that every text is set completely.
        self._reloading = CoalescingWorker(self, self._reload, "task")
        self._ledger_changes = LedgerChanges(self, source)

    def compose(self) -> ComposeResult:
        """The state, and one part: text, facts, output or log."""
        with Vertical(classes="dialog -full") as dialog:
            dialog.border_title = Content(f"Task {plain(self._shown_task.short)}").markup
            yield StatusLine(id="task-state")
            yield StatusLine(id="task-parts")
            with ContentSwitcher(initial="task-text", id="task-switch"):
                with Vertical(id="task-text"):
                    yield TaskWords(id="task-words")
                yield Details(id="task-facts")
                yield Details(id="task-output")
                yield LogPane(reveals=self._reveals, id="task-log")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the ledger while it is shown."""
        self._ledger_changes.subscribe()
        self.set_interval(CLOCK_SECONDS, self._tick)
        self._reloading.request()

    def on_unmount(self) -> None:
        """Unsubscribe, and close the log."""
        self._ledger_changes.unsubscribe()
        self._log.close()

    # Reading.

    @on(LedgerChanged)
    def _ledger_changed(self) -> None:
        self._ledger_changes.receive()
        self._reloading.request()

    @when_composed
    def _tick(self) -> None:
        if self.is_current:
            self._log_pane.tick(self._clock.now())
            self._draw()

    async def _reload(self) -> None:
        """Find the task in the current ledger, and parse it in a thread."""
        view, task_id = self._source.view, self._shown_task.id
        found = next((item for item in view.tasks if item.id and item.id == task_id), None)
        self._gone = found is None and view.loaded and bool(task_id)
        self._shown_task = found or self._shown_task
        if self._shown_task.raw != self._raw:
            self._texts = await asyncio.to_thread(texts_of, self._shown_task)
            await self._draw_texts()
            self._raw = self._shown_task.raw
        await self._draw_and_follow(view)

    # Drawing.

    @when_composed
    async def _draw_texts(self) -> None:
        outcome = output_sections(self._texts, self._full_text_command)
        self.query_one("#task-output", Details).show(outcome, other=False)
        await self.query_one(TaskWords).show(self._texts, self._full_text_command)

    @property
    def _full_text_command(self) -> SafeText:
        return full_text_command(self._shown_task, self._observer.snapshot.typed)

    @when_composed
    async def _draw_and_follow(self, view: LedgerView) -> None:
        self._draw()
        await self._log.follow(self._shown_task, view, self._log_pane)

    def _draw(self) -> None:
        view, now = self._source.view, self._clock.now()
        state = _state(self._shown_task, view, self._clock, gone=self._gone)
        self.query_one("#task-state", StatusLine).set_text(state)
        shown = self._parts.current
        self.query_one("#task-parts", StatusLine).set_text(
            Content("   ").join(
                Content.styled(words, "$text-accent bold reverse" if name == shown else "")
                for name, words in PARTS.items()
            )
        )
        moments = timeline_of(self._shown_task, view, self._observer.events)
        key = bound_key(self, "task.actions", "a") if self._changes is not None else NO_TEXT
        self.query_one("#task-facts", Details).show(
            fact_sections(
                self._shown_task, self._texts, view, moments, now, self._full_text_command, key
            ),
            other=False,
        )

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the key of actions in a read-only console."""
        return self._changes is not None or action != "act"

    def action_part(self, name: str) -> None:
        """Show another part."""
        self._parts.current = name
        part = self.query_one(f"#{name}")
        inner = (item for item in part.query("*") if item.can_focus)
        self.set_focus(part if part.can_focus else next(inner, part))
        self._draw()

    def action_act(self) -> None:
        """List the actions on the task."""
        if self._changes is not None:
            self._changes.list_actions(self, self._shown_task)

    def action_copy_id(self) -> None:
        """Copy the id of the task."""
        self.post_message(CopyRequested(self._shown_task.id))

    def action_close(self) -> None:
        """Clear the selection in the log, else close."""
        if self._parts.current == "task-log":
            pane = self._log_pane
            if pane.log_view.clear_selection():
                return
        self.dismiss()

    @on(LogPane.DialogRequested)
    @on(LogPane.SearchAllRequested)
    def _dialog_requested(self, event: Message) -> None:
        event.stop()
        search, only = (
            bound_key(self, "log.search", "slash"),
            bound_key(self, "log.filter", "ampersand"),
        )
        words = f"The complete log is loaded: {search} searches it, {only} filters it."
        self.notify(words, markup=False)

    @on(LogView.Opened)
    def _line_opened(self, event: LogView.Opened) -> None:
        event.stop()
        self.app.push_screen(
            LogLineScreen(event.line, event.group, None, self._clock.now(), event.mask)
        )


def _state(task: Task, view: LedgerView, clock: Clock, *, gone: bool) -> Content:
    word, tone = STATUSES[task.status]
    styles = {"good": "$text-success", "bad": "$text-error bold", "warn": "$text-warning"}
    took = task.duration_text(clock.now())
    tries = f", attempt {task.attempts} of {task.max_attempts or '?'}" if task.attempts else ""
    parts = [
        Content.styled(word, styles.get(tone.value, "")),
        Content(f"{f'  {took}' if took else ''}{tries}"),
        Content.styled(f"  {task.type_text}  {task.id}", "$foreground-muted"),
    ]
    if gone:
        parts.append(Content.styled("  gone from the ledger", "$text-warning bold"))
    found = view.findings_about(task)
    if found:
        parts.append(Content.styled(f"\n! {found[0].message}", "$text-warning"))
    return Content("").join(parts)
