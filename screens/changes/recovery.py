"""The recovery screen: every action, when to use it, and if it is possible now."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from pixel_tui.operations.actions import all_actions
from pixel_tui.operations.planning.action import TARGET_NOUNS, Action, Scope
from pixel_tui.stack.compose.command import shown
from pixel_tui.stack.model.target_ref import TargetRef
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.stack.watch.observer import Observer, Topic
from pixel_tui.text import SafeText, plain
from screens.shared.coalescing import CoalescingWorker
from screens.shared.composed import when_composed
from screens.shared.scrolling import TextDialog
from screens.shared.stack_changes import StackChanged, StackChanges
from widgets.bound_key import bound_key
from widgets.key_bar import KeyBar
from widgets.lines.options import Options

CHECK_SECONDS: Final = 5.0
"""The interval at which facts besides the snapshot, such as backups, are read again."""
READ_ONLY: Final = "pixel-tui is read-only."


@dataclass(frozen=True, slots=True)
class TargetSelection:
    """The targets of actions on services, and their names."""

    words: SafeText
    targets: tuple[TargetRef, ...] = ()
    """Empty for all of the project."""
    names: tuple[str, ...] = ()
    """Their names in the shell: services, or containers by name."""


CheckActions = Callable[[Sequence[TargetRef]], Mapping[str, str]]
"""Returns why each action is not possible on these targets; empty if it is. Blocks."""
ShowPlan = Callable[[Action, TargetSelection], None]


class RecoveryScreen(TextDialog[None]):
    """Lists every action, grouped, with advice; Enter shows the plan of one.

    Args:
        observer: The source of snapshots.
        selections: The targets to choose from, the nearest first.
        check: Returns if each action is possible now; None in a read-only console.
        show_plan: Shows a plan; None in a read-only console.
    """

    BINDING_GROUP_TITLE = "Recovery"
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (120, "-beside")]  # noqa: RUF012  as Textual has it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "plan", "Plan", priority=True, id="recovery.plan",
                tooltip="Show the plan; nothing changes yet"),
        Binding("t", "next_target", "Target", id="recovery.target",
                tooltip="The marked or selected services, or the project"),
        Binding("escape,q", "dismiss", "Close", id="recovery.close"),
        Binding("j", "cursor(1)", "Down", show=False, id="recovery.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="recovery.up"),
        Binding("pagedown,right_square_bracket", "scroll(4)", "Advice down", show=False,
                id="recovery.advice_down"),
        Binding("pageup,left_square_bracket", "scroll(-4)", "Advice up", show=False,
                id="recovery.advice_up"),
    ]  # fmt: skip

    _list = getters.query_one(Options)

    def __init__(
        self,
        observer: Observer,
        selections: Sequence[TargetSelection],
        check: CheckActions | None,
        show_plan: ShowPlan | None,
    ) -> None:
        super().__init__()
        self._selections = selections
        self._at = 0
        self._check = check
        self._show_plan = show_plan
        self._actions = {action.name: action for action in all_actions()}
        self._reasons: Mapping[str, str] | None = None
        """Why actions are not possible on the current selection; None until known."""
        self._checking = CoalescingWorker(self, self._find_reasons, "reasons")
        self._observer = observer
        self._changes = StackChanges(self, observer)

    @property
    def selection(self) -> TargetSelection:
        """The current targets."""
        return self._selections[self._at]

    @property
    def chosen(self) -> Action | None:
        """The action under the cursor."""
        options = self._list
        at = options.highlighted
        name = options.get_option_at_index(at).id if at is not None else None
        return self._actions.get(name) if name else None

    def compose(self) -> ComposeResult:
        """The targets, the actions, and the advice beside or below them."""
        with Vertical(classes="dialog -full") as dialog:
            dialog.border_title = "Recovery"
            yield Static(id="recovery-target", markup=False)
            with Container(id="recovery-parts"):
                yield Options(*self._options(), id="recovery-list", markup=False)
                with VerticalScroll(id="recovery-advice", can_focus=False):
                    yield Static(id="recovery-words", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the stack."""
        self._changes.subscribe()
        options = self._list
        options.focus()
        options.highlighted = 1  # the first line is a heading
        self.set_interval(CHECK_SECONDS, self._checking.request)
        self._draw()
        self._checking.request()

    def on_unmount(self) -> None:
        """Unsubscribe."""
        self._changes.unsubscribe()

    # What is possible now.

    @on(StackChanged)
    def _stack_changed(self, message: StackChanged) -> None:
        self._changes.receive(message)
        if message.topic is Topic.SNAPSHOT:
            self._checking.request()

    async def _find_reasons(self) -> None:
        """Check in a thread which actions are possible."""
        selection, before = self.selection, self._reasons
        reasons = await asyncio.to_thread(self._read, selection)
        if selection is self.selection and reasons != before:
            self._reasons = reasons
            self._draw()

    def _read(self, selection: TargetSelection) -> Mapping[str, str]:
        if self._check is None:
            return dict.fromkeys(self._actions, READ_ONLY)
        return self._check(selection.targets)

    # Drawing.

    def _options(self) -> list[Option]:
        options: list[Option] = []
        group = None
        for action in self._actions.values():
            if action.group is not group:
                group = action.group
                heading = Content.styled(group.value, "$text-accent bold")
                options.append(Option(heading, disabled=True))
            options.append(Option(self._line(action), id=action.name))
        return options

    def _line(self, action: Action) -> Content:
        reason = self._reasons.get(action.name) if self._reasons is not None else None
        if reason is None:
            mark, style = "· ", ""
        elif reason:
            mark, style = "– ", "$foreground-muted"
        else:
            mark, style = "✓ ", "bold"
        colour = "$text-success" if reason == "" else "$foreground-muted"
        return Content.assemble((mark, colour), (action.title, style))

    @when_composed
    def _draw(self) -> None:
        key = bound_key(self, "recovery.target", "t")
        others = f"   {key}: another target" if len(self._selections) > 1 else ""
        self.query_one("#recovery-target", Static).update(
            Content.assemble("For ", (self.selection.words, "bold"), (others, "$foreground-muted"))
        )
        options = self._list
        for action in self._actions.values():
            options.replace_option_prompt(action.name, self._line(action))
        self._draw_advice()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._draw_advice()

    def _draw_advice(self) -> None:
        action = self.chosen
        if action is not None:
            reason = self._reasons.get(action.name) if self._reasons is not None else None
            key, typed = bound_key(self, "recovery.plan", "enter"), self._observer.snapshot.typed
            words = advice(action, self.selection, reason, key, typed)
            self.query_one("#recovery-words", Static).update(words)

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys without operations, or without other targets."""
        if action == "plan":
            return self._show_plan is not None
        return not (action == "next_target" and len(self._selections) < 2)

    def action_plan(self) -> None:
        """Show the plan of the action under the cursor."""
        action = self.chosen
        if action is not None and self._show_plan is not None:
            self._show_plan(action, self.selection)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_plan()

    def action_next_target(self) -> None:
        """Select the next targets."""
        self._at = (self._at + 1) % len(self._selections)
        self._reasons = None
        self._draw()
        self._checking.request()

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        self._list.move_cursor(step)


def plan_command(action: Action, selection: TargetSelection, typed: TypedCommands) -> SafeText:
    """The command that shows the same plan in the shell."""
    if action.scope is Scope.SERVICES:
        # A name that starts with a dash must not be read as an option.
        dashed = any(name.startswith("-") for name in selection.names)
        words: tuple[str, ...] = ("--", *selection.names) if dashed else selection.names
    else:
        words = ("ID",) if action.scope in TARGET_NOUNS else ()
    return plain(f"{typed.pixel_tui} {shown(('plan', action.name, *words))}")


def advice(
    action: Action,
    selection: TargetSelection,
    reason: str | None,
    key: SafeText,
    typed: TypedCommands,
) -> Content:
    """The text about one action: if it is possible, when to use it, and its targets.

    Args:
        action: The action.
        selection: The targets, if it is an action on services.
        reason: Why it is not possible; empty if it is, None while that is being checked.
        key: The key that shows its plan.
        typed: The commands to type in a shell.
    """
    if reason is None:
        possible = Content.styled("Checking…", "$foreground-muted")
    elif reason:
        possible = Content.styled(plain(f"No: {reason}"), "$text-warning")
    else:
        possible = Content.styled(
            f"Yes. {key} shows the plan; nothing changes yet.", "$text-success"
        )
    done_to = {
        Scope.SERVICES: selection.words,
        Scope.PROJECT: SafeText("the project"),
        Scope.BACKUP: SafeText("a backup, selected from a list"),
        Scope.TASK: SafeText("a task, selected from a list"),
        Scope.CANDIDATE: SafeText("an unsaved edit, selected from a list"),
        Scope.VERSION: SafeText("a saved version, selected from a list"),
        Scope.HOST: SafeText("this machine and everything that runs on it"),
    }
    parts: list[Content] = [
        Content.assemble(
            (action.title, "bold"),
            "   ",
            (plan_command(action, selection, typed), "$foreground-muted"),
        )
    ]
    for title, words in (
        ("Can it run now?", possible),
        ("When to use it", Content(plain(action.when))),
        ("When it fails", Content(plain(action.failure_hint))),
        ("Applies to", Content(done_to[action.scope])),
    ):
        parts += [Content(""), Content.styled(title, "$text-accent bold"), words]
    return Content("\n").join(parts)
