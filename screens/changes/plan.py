"""A plan, shown before anything changes, and confirmed according to its risk."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from pixel_tui.operations.planning.action import Action
from pixel_tui.operations.planning.confirmation import (
    ConfirmationNeeded,
    ConfirmationReply,
    PlanConfirmation,
    PlanKeys,
)
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.compose.command import shown
from pixel_tui.text import SafeText, plain
from screens.changes.plan_content import PlanPart, plan_content, plan_costs, plan_head
from screens.shared.scrolling import ScrollingDialog
from widgets.bound_key import bound_key
from widgets.copying import CopyRequested
from widgets.key_bar import KeyBar

Seconds = Callable[[], float]


class PlanScreen(ScrollingDialog[bool]):
    """Dismisses with True to run the plan.

    A safe one rests on the button that runs it, a disruptive one on Cancel until it is armed,
    and a word that is typed, only if its line was empty (see `confirmation`).

    Args:
        plan: The plan.
        note: Why it is shown again; empty the first time.
        action: Its action, for the advice below the plan.
        seconds: A monotonic clock.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Run it", id="plan.run", tooltip="Run a safe plan; arm any other"),
        Binding("escape,n,q", "dismiss(False)", "Cancel", id="plan.cancel"),
        Binding("escape,n,q", "disarm", "Disarm", id="plan.disarm",
                tooltip="Enter no longer runs it"),
        Binding("c", "copy", "Copy the commands", id="plan.copy"),
        Binding("pagedown", "page(1)", "More", id="plan.page_down", tooltip="Page down"),
    ]  # fmt: skip

    _dialog = getters.query_one(".dialog", Vertical)

    def __init__(
        self,
        plan: Plan,
        note: str = "",
        action: Action | None = None,
        seconds: Seconds = time.monotonic,
    ) -> None:
        super().__init__()
        self._plan = plan
        self._note = note
        self._action = action
        self.seconds = seconds
        """The clock of the confirmation, in seconds."""
        self._confirmation = PlanConfirmation(plan, seconds())
        self._seen = 0
        """The rows from the top that have been visible, without a gap."""

    def compose(self) -> ComposeResult:
        """The plan, the keys to press, and two buttons."""
        self._confirmation.keys = PlanKeys(
            bound_key(self, "plan.run", "y"),
            bound_key(self, "plan.disarm", "escape"),
            bound_key(self, "plan.page_down", "pagedown"),
        )
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Plan"
            yield Static(plan_head(self._plan, self._note), id="plan-head")
            with VerticalScroll(can_focus=False) as scroll:
                if costs := plan_costs(self._plan):
                    yield Vertical(*_widgets(costs), id="plan-costs")
                # Only what was visible is confirmed: see `_note_visible_costs`.
                self.watch(scroll, "scroll_y", self._note_visible_costs, init=False)
                yield Static(Content.styled(self._plan.reason, "$foreground-muted"))
                yield from _widgets(plan_content(self._plan, self._action))
            with Vertical(id="plan-confirmation"):
                yield Static(id="plan-hint")
                if self._confirmation.kind is ConfirmationNeeded.WORD:
                    box = Input(id="plan-word")
                    box.cursor_blink = False
                    yield box
                with Horizontal(classes="buttons"):
                    yield Button("Cancel", id="cancel", compact=True)
                    yield Button("Run it", id="run", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        """Focus the button or input that is safest."""
        self._show_hint(ConfirmationReply(run=False, message=self._confirmation.hint))
        places = {
            ConfirmationNeeded.KEY: "#run",
            ConfirmationNeeded.TWO_KEYS: "#cancel",
            ConfirmationNeeded.WORD: "#plan-word",
        }
        self.query_one(places[self._confirmation.kind]).focus()
        # A message takes lines from the dialog, and returns them.
        self.screen_layout_refresh_signal.subscribe(self, lambda _: self._note_visible_costs())
        self.call_after_refresh(self._note_visible_costs)

    def on_resize(self) -> None:
        """Start again: the rows have changed."""
        self._seen = 0
        self.call_after_refresh(self._note_visible_costs)

    def _note_visible_costs(self) -> None:
        """Show if there is more below, and note how much of the costs has been visible."""
        scroll = self.query_one(VerticalScroll)
        top, height = round(scroll.scroll_y), scroll.size.height
        mark = f"↓ more: {self._confirmation.keys.more}" if self._more_below else ""
        self._dialog.border_subtitle = Content(mark)
        self.refresh_bindings()
        costs = self.query("#plan-costs")
        if not costs or self._confirmation.shown or top > self._seen:
            return
        self._seen = max(self._seen, top + height)
        if height and self._seen >= costs.first().virtual_region.bottom > 0:
            self._confirmation.mark_shown()
            self._show_hint(ConfirmationReply(run=False, message=self._confirmation.hint))

    @property
    def _more_below(self) -> bool:
        return any(round(it.scroll_y) < it.max_scroll_y for it in self.query(VerticalScroll))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave letters to the input if a word must be typed."""
        if action == "page" and parameters == (1,):
            return self._more_below  # shown in the footer only if it does something
        if action in {"dismiss", "disarm"}:
            return self._confirmation.armed is (action == "disarm")
        typing = self._confirmation.kind is ConfirmationNeeded.WORD
        if action == "yes":
            return not typing
        return not (action == "copy" and isinstance(self.focused, Input))

    def action_yes(self) -> None:
        """Run a safe plan; arm any other."""
        self._apply(self._confirmation.press_y())

    def action_disarm(self) -> None:
        """Disarm the plan."""
        self._confirmation.disarm()
        self._show_hint(ConfirmationReply(run=False, message=self._confirmation.hint))
        self.query_one("#cancel").focus()

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        if self._confirmation.accepts_cancel(self.seconds()):
            self.dismiss(False)

    @on(Button.Pressed, "#run")
    def _run_pressed(self) -> None:
        boxes = self.query(Input)
        if boxes:
            self._apply(self._confirmation.submit_word(boxes.first().value))
        else:
            self._apply(self._confirmation.press_enter(self.seconds()))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._apply(self._confirmation.submit_word(event.value))

    def _apply(self, answer: ConfirmationReply) -> None:
        if answer.run:
            self.dismiss(True)
            return
        self._show_hint(answer)
        if not answer.rejected:
            for box in self.query(Input):
                box.value = ""
        if self._confirmation.armed:
            self.query_one("#run").focus()

    def _show_hint(self, answer: ConfirmationReply) -> None:
        armed = self._confirmation.armed
        style = "$text-warning bold" if armed or answer.rejected else "$text-accent"
        self.query_one("#plan-hint", Static).update(Content.styled(answer.message, style))
        wants_y = self._confirmation.kind is ConfirmationNeeded.TWO_KEYS and not armed
        keys = self._confirmation.keys
        run, cancel = self.query_one("#run", Button), self.query_one("#cancel", Button)
        run.label = Content(f"Run it  {keys.arm if wants_y else 'Enter'}")
        cancel.label = Content("Cancel" if armed else f"Cancel  {self._cancel_key}")
        self.refresh_bindings()
        self._dialog.set_class(armed, "-armed")

    @property
    def _cancel_key(self) -> SafeText:
        return bound_key(self, "plan.cancel", "escape")

    def action_copy(self) -> None:
        """Copy the exact commands."""
        lines = [plain(shown(step.command)) for step in self._plan.steps]
        self.post_message(CopyRequested("\n".join(lines)))


def _widgets(parts: Iterable[PlanPart]) -> Iterator[Static]:
    for part in parts:
        yield Static(part.title, classes="plan-title")
        yield Static(part.body, classes="plan-body")  # a line that is folded stays indented
