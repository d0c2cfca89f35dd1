"""Plans as JSON in the record of a job: enough to show a plan and verify it again. Pure.

A record may be older, newer or damaged: missing members are read as empty. Secrets in commands
are masked, so a plan from a record can be shown but not run.
"""

import shlex
from datetime import datetime

from pixel_tui.operations.planning.plan import (
    ContainerRun,
    Effect,
    Expectation,
    ExpectedState,
    Plan,
    PlanCheck,
    Risk,
    Step,
)
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.compose.command import shown
from pixel_tui.stack.model.json_value import JsonObject, JsonValue, Node
from pixel_tui.text import SafeText, plain


def plan_as_json(plan: Plan) -> JsonObject:
    """Return a plan as JSON, with secrets masked."""
    return {
        "id": plan.id,
        "action": plan.action,
        "title": plan.title,
        "reason": redact(plan.reason),
        "risk": plan.risk.value,
        "engine": plan.engine,
        "project": plan.project,
        "targets": list(plan.targets),
        "steps": [
            {
                "title": step.title,
                "command": redact(shown(step.command)),
                "cancelling": step.cancel_effect,
                "takes_back": step.rolls_back,
                "changes_nothing": step.changes_nothing,
            }
            for step in plan.steps
        ],
        "made_at": plan.created_at.isoformat(),
        "fingerprint": plan.fingerprint,
        "touched": list(plan.touched),
        "affects": [
            {"service": item.service, "change": item.change, "cause": redact(item.cause)}
            for item in plan.affects
        ],
        "interrupts": list(plan.interrupts),
        "irreversible": list(plan.irreversible),
        "checks_before": [
            {"name": item.name, "ok": item.ok, "message": redact(item.message)}
            for item in plan.checks_before
        ],
        "checks_after": [_expectation_as_json(item) for item in plan.checks_after],
        "confirm": plan.confirm,
        "confirm_loss": plan.confirm_loss,
        "confirm_origin": plan.confirm_origin,
        "host": plan.host,
    }


def plan_from_json(node: Node) -> Plan:
    """Return the plan of a record.

    Raises:
        ValueError: The title or the time is missing, or an enum value is unknown.
    """
    if not node["title"]:
        raise ValueError("a plan without a title")
    return Plan(
        id=node["id"].text,
        action=node["action"].text,
        title=node["title"].text,
        reason=node["reason"].text,
        risk=Risk(node["risk"].raw),
        engine=node["engine"].text,
        project=node["project"].text,
        targets=_texts(node["targets"]),
        steps=tuple(
            Step(
                step["title"].text,
                _words(step["command"].text),
                step["cancelling"].text,
                rolls_back=step["takes_back"].flag,
                changes_nothing=step["changes_nothing"].flag,
            )
            for step in node["steps"]
        ),
        created_at=datetime.fromisoformat(node["made_at"].raw),
        fingerprint=node["fingerprint"].text,
        touched=_texts(node["touched"]),
        affects=tuple(
            Effect(item["service"].text, item["change"].text, item["cause"].text)
            for item in node["affects"]
        ),
        interrupts=_texts(node["interrupts"]),
        checks_before=tuple(
            PlanCheck(item["name"].text, ok=item["ok"].flag, message=item["message"].text)
            for item in node["checks_before"]
        ),
        checks_after=tuple(_expectation_from_json(item) for item in node["checks_after"]),
        irreversible=_texts(node["irreversible"]),
        confirm=node["confirm"].text,
        confirm_loss=node["confirm_loss"].text,
        confirm_origin=node["confirm_origin"].text,
        host=node["host"].text,
    )


def _expectation_as_json(item: Expectation) -> JsonValue:
    return {
        "name": item.name,
        "outcome": item.state.value,
        "containers": item.containers,
        "container_id": item.container_id,
        "probed": item.has_health_check,
        "completes": item.may_complete,
        "by_the_way": item.incidental,
        "before": [
            {
                "id": run.container_id,
                "started": run.started_at.isoformat() if run.started_at else None,
            }
            for run in item.previous_runs
        ],
        "keeper": item.proxy,
        "addresses": list(item.addresses),
        "path": item.path,
        "host_name": item.host_name,
        "port": item.port,
        "tls": item.tls,
    }


def _expectation_from_json(node: Node) -> Expectation:
    return Expectation(
        name=node["name"].text,
        state=ExpectedState(node["outcome"].raw),
        containers=node["containers"].integer,
        container_id=node["container_id"].text,
        has_health_check=node["probed"].flag,
        may_complete=node["completes"].flag,
        incidental=node["by_the_way"].flag,
        previous_runs=tuple(
            ContainerRun(item["id"].text, parse_time(item["started"].raw))
            for item in node["before"]
        ),
        proxy=node["keeper"].text,
        addresses=_texts(node["addresses"]),
        path=node["path"].text,
        host_name=node["host_name"].text,
        port=node["port"].integer,
        tls=node["tls"].flag,
    )


def parse_time(text: str) -> datetime | None:
    """Return the time of a record; None if it is empty.

    Raises:
        ValueError: It is not an ISO 8601 time.
    """
    return datetime.fromisoformat(text) if text else None


def _texts(node: Node) -> tuple[SafeText, ...]:
    return tuple(item.text for item in node)


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(plain(word) for word in shlex.split(command))
    except ValueError:  # a quote was masked with the secret beside it
        return (command,)
