"""A plan, shown before anything happens."""

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from pixel_tui.operations.plan import Plan, Risk
from pixel_tui.stack.compose_command import shown
from pixel_tui.text import plain
from screens.dialog import Dialog
from widgets.key_bar import KeyBar

_RISK: Final = {
    Risk.SAFE: ("safe", "$text-success bold"),
    Risk.DISRUPTIVE: ("disruptive", "$text-warning bold"),
    Risk.DESTRUCTIVE: ("destructive", "$text-error bold"),
}


class PlanScreen(Dialog[bool]):
    """Dismisses with True to run the plan. It rests on Cancel.

    The key that confirms is never one that asks for a plan, so that a key pressed
    twice changes nothing.

    Args:
        plan: What would be done.
        note: Why it is shown, where it is not the first time.
    """

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Run it", id="plan.run"),
        Binding("escape,n", "dismiss(False)", "Cancel", id="plan.cancel"),
        Binding("c", "copy", "Copy the commands", id="plan.copy"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="plan.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="plan.up"),
    ]

    def __init__(self, plan: Plan, note: str = "") -> None:
        super().__init__()
        self._plan = plan
        self._note = note

    def compose(self) -> ComposeResult:
        """The plan, and two buttons."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Plan"
            with VerticalScroll(can_focus=False):
                yield Static(plan_content(self._plan, self._note))
            with Horizontal(classes="buttons"):
                yield Button("Cancel  Esc", id="cancel", compact=True)
                yield Button("Run it  y", id="run", compact=True)
        yield KeyBar()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run, or not."""
        self.dismiss(event.button.id == "run")

    def action_copy(self) -> None:
        """Copy the exact commands."""
        self.app.copy_to_clipboard("\n".join(shown(step.command) for step in self._plan.steps))
        self.notify("Sent to the terminal's clipboard.", timeout=2)

    def action_scroll(self, lines: int) -> None:
        """Scroll a plan that is longer than the screen."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def plan_content(plan: Plan, note: str = "") -> Content:
    """All that a plan says."""
    word, style = _RISK[plan.risk]
    parts = [
        Content.assemble((plan.title, "bold"), "   ", (f"{word}", style)),
        Content.styled(plan.reason, "$foreground-muted"),
    ]
    if note:
        parts.insert(0, Content.styled(plain(note), "$text-warning bold"))
    parts += _part(
        "Commands", [Content.styled(f"$ {shown(step.command)}", "") for step in plan.steps]
    )
    parts += _part(
        "What changes",
        [
            Content.assemble(
                (effect.service, "bold"),
                f" {effect.change}",
                (f" ({effect.cause})" if effect.cause else "", "$foreground-muted"),
            )
            for effect in plan.affects
        ],
    )
    parts += _part("What is interrupted", [Content(line) for line in plan.interrupts])
    parts += _part(
        "Can't be undone", [Content.styled(line, "$text-error") for line in plan.irreversible]
    )
    parts += _part(
        "Checks",
        [
            Content.assemble(
                ("✓ " if check.ok else "! ", "$text-success" if check.ok else "$text-warning bold"),
                f"{check.name}: {check.message}",
            )
            for check in plan.checks_before
        ],
    )
    parts += _part(
        "Verified afterwards", [Content(expectation.words) for expectation in plan.checks_after]
    )
    return Content("\n").join(parts)


def _part(title: str, lines: list[Content]) -> list[Content]:
    if not lines:
        return []
    return [
        Content(""),
        Content.styled(title, "$text-accent bold"),
        *(Content("  ") + line for line in lines),
    ]
