"""The text of a plan."""

from dataclasses import dataclass
from typing import Final

from textual.content import Content

from pixel_tui.operations.planning.action import Action
from pixel_tui.operations.planning.plan import Plan, Risk
from pixel_tui.stack.compose.command import shown
from pixel_tui.text import plain

_RISK: Final = {
    Risk.SAFE: "$text-success bold",
    Risk.DISRUPTIVE: "$text-warning bold",
    Risk.DESTRUCTIVE: "$text-error bold",
}


def plan_head(plan: Plan, note: str = "") -> Content:
    """The title, the risk, and the host and project, which reveal the wrong terminal."""
    host = f"host {plan.host}   " if plan.host else ""
    parts = [
        Content.assemble((plan.title, "bold"), "   ", (plan.risk.value, _RISK[plan.risk])),
        Content.assemble(
            (host, "bold"),
            (plain(f"project {plan.project}   docker {plan.engine}"), "$foreground-muted"),
        ),
    ]
    if note:
        parts.append(Content.styled(plain(note), "$text-warning bold"))
    return Content("\n").join(parts)


@dataclass(frozen=True, slots=True)
class PlanPart:
    """A title, and lines that are indented below it."""

    title: Content
    body: Content


def plan_costs(plan: Plan) -> list[PlanPart]:
    """Losses and interruptions, which are shown first; empty if there are none."""
    lost = [Content.styled(line, "$text-error bold") for line in plan.irreversible]
    parts = _part("Can't be undone", lost, "$text-error bold")
    return [*parts, *_part("Interruptions", [Content(line) for line in plan.interrupts])]


def plan_content(plan: Plan, action: Action | None = None) -> list[PlanPart]:
    """Commands, changes, checks, verification, and advice."""
    parts = _part(
        "Changes",
        [
            Content.assemble(
                (effect.service, "bold"),
                f" {effect.change}",
                (effect.cause_suffix, "$foreground-muted"),
            )
            for effect in plan.affects
        ],
    )
    parts += _part(
        "Commands", [Content.styled(f"$ {shown(step.command)}", "") for step in plan.steps]
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
        "Verified afterwards", [Content(expectation.sentence) for expectation in plan.checks_after]
    )
    if action is not None:
        parts += _part("When to use it", [Content(plain(action.when))])
        parts += _part("When it fails", [Content(plain(action.failure_hint))])
    return parts


def _part(title: str, lines: list[Content], style: str = "$text-accent bold") -> list[PlanPart]:
    return [PlanPart(Content.styled(title, style), Content("\n").join(lines))] if lines else []
