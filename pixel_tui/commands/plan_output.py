"""The output of `pixel-tui plan` and `pixel-tui actions`."""

from typing import Final

from pixel_tui.operations.planning.action import Action
from pixel_tui.operations.planning.plan import Plan, Risk
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.compose.command import shown
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.text import plain

VERSION: Final = 1


def as_json(plan: Plan) -> JsonObject:
    """Return a plan as JSON, as documented in `docs/plan.schema.json`."""
    return {
        "version": VERSION,
        "action": plan.action,
        "target": " ".join(plan.targets),
        "risk": plan.risk.value,
        "reason": plan.reason,
        "fingerprint": plan.fingerprint,
        "confirm": plan.confirm,
        "confirm_loss": plan.confirm_loss,
        "confirm_origin": plan.confirm_origin,
        "steps": [
            {"title": step.title, "command": [plain(word) for word in step.command]}
            for step in plan.steps
        ],
        "affects": [
            {"service": effect.service, "change": effect.change, "cause": effect.cause}
            for effect in plan.affects
        ],
        "interrupts": list(plan.interrupts),
        "irreversible": list(plan.irreversible),
        "checks": [
            {"name": check.name, "ok": check.ok, "message": check.message}
            for check in plan.checks_before
        ],
    }


def nothing_as_json(action: str, targets: list[str], reason: str) -> JsonObject:
    """Return an empty plan as JSON, in the same form."""
    return {
        "version": VERSION,
        "action": action,
        "target": " ".join(targets),
        "risk": Risk.SAFE.value,
        "reason": reason,
        "fingerprint": "",
        "confirm": "",
        "confirm_loss": "",
        "confirm_origin": "",
        "steps": [],
        "affects": [],
        "interrupts": [],
        "irreversible": [],
        "checks": [],
    }


def as_text(plan: Plan) -> str:
    """Return a plan as text."""
    host = f"host {plan.host}   " if plan.host else ""
    parts = [
        f"{plan.title}   {plan.risk.value}",
        f"{host}project {plan.project}   docker {plan.engine}",
        f"{plan.reason}",
    ]
    sections = (
        ("Can't be undone", plan.irreversible),
        ("Interruptions", plan.interrupts),
        (
            "Changes",
            [
                f"{effect.service} {effect.change}{effect.cause_suffix}"
                for effect in plan.affects
            ],
        ),
        ("Commands", [f"$ {shown(step.command)}" for step in plan.steps]),
        (
            "Checks",
            [f"{'ok' if item.ok else '! '} {item.name}: {item.message}"
             for item in plan.checks_before],
        ),
        ("Verified afterwards", [item.sentence for item in plan.checks_after]),
    )  # fmt: skip
    for title, lines in sections:
        if lines:
            parts += ["", title, *(f"  {line}" for line in lines)]
    return "\n".join(plain(redact(part)) for part in parts)


def action_as_json(action: Action) -> JsonObject:
    """Return an action as JSON."""
    return {
        "name": action.name,
        "verb": action.verb,
        "group": action.group.value,
        "when": action.when,
        "failing": action.failure_hint,
    }
