"""The output of `pixel-tui ledger` as text and JSON."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pixel_tui.errors import UsageError
from pixel_tui.ledger.file.json_edit import decoder
from pixel_tui.ledger.reading.task import Task, TaskStatus, shown, texts_of
from pixel_tui.ledger.view.findings import LedgerFinding
from pixel_tui.ledger.view.search import TaskSearch
from pixel_tui.ledger.view.truth import Truth
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.plurals import counted
from pixel_tui.stack.model.json_value import JsonObject, JsonValue
from pixel_tui.stack.model.words import code_words
from pixel_tui.text import SafeText, plain

VERSION: Final = 1


def filter_tasks(tasks: Sequence[Task], status: str | None, words: str | None) -> tuple[Task, ...]:
    """Return the tasks with a status and a text.

    Raises:
        UsageError: The status is unknown.
    """
    known = [item.value for item in TaskStatus]
    if status is not None and status not in known:
        raise UsageError("No such status", on=status, hint=f"Statuses: {', '.join(known)}.")
    search = TaskSearch(words or "")
    return tuple(
        task
        for task in tasks
        if (status is None or task.status.value == status) and search.matches(task)
    )


def as_json(view: LedgerView, tasks: Sequence[Task]) -> JsonObject:
    """Return tasks as JSON: as in the file, with their container and verdict."""
    ids = {task.id for task in tasks}
    complete = len(tasks) == len(view.tasks)
    return {
        "version": VERSION,
        "tasks": [_task_json(task, view.truth(task)) for task in tasks],
        "findings": [_finding_json(item) for item in view.findings if complete or item.task in ids],
    }


def as_table(view: LedgerView, tasks: Sequence[Task]) -> str:
    """Return tasks as a table in file order, with the totals."""
    lines = ["id        status     type              tries  took         container         task"]
    for task in tasks:
        truth = view.truth(task)
        line = shown(task.headline)
        tries = f"{task.attempts}/{task.max_attempts or '?'}"
        lines.append(
            plain(
                f"{task.short:<8}  {task.status_text:<9}  {task.type_text:<16}  {tries:<5}  "
                f"{_took(task, view.reading.changed):<11}  {_state(truth):<16}  {line}"
            )
        )
    totals = ", ".join(f"{count} {status.value}" for status, count in view.totals.items())
    count = counted(len(view.tasks), "task")
    return "\n".join([*lines, f"{len(tasks)} of {count}; {totals or 'none'}"])


def as_text(view: LedgerView, task: Task) -> str:
    """Return all details of a task as text."""
    truth, texts = view.truth(task), texts_of(task)
    worker = f"{truth.worker.container.name}, {truth.worker.words}" if truth.worker else "none"
    facts: list[tuple[str, str]] = [
        ("id", task.id),
        ("status", f"{task.status_text} ({truth.verdict.value})"),
        ("type", task.type_text),
        ("attempts", f"{task.attempts} of {task.max_attempts or '?'}"),
        ("created", _time(task.created)),
        ("started", _time(task.started)),
        ("completed", _time(task.completed)),
        ("container", worker),
        ("exit code", "" if task.exit_code is None else _exit(task.exit_code)),
    ]
    lines = [f"{name:<10} {value}" for name, value in facts if value]
    for title, words in (
        ("task", texts.task),
        ("context", texts.context),
        ("summary", texts.summary),
        ("error", texts.error),
        ("error of the previous attempt", texts.last_error),
        ("output", texts.output),
    ):
        if words:
            lines += ["", f"{title}:", *(f"  {line}" for line in words)]
    if task.odd:
        lines += ["", f"odd: {'; '.join(task.odd)}"]
    lines += ["", *_finding_lines(view.findings_about(task))] if view.findings_about(task) else []
    return "\n".join(lines)


def findings_text(view: LedgerView) -> str:
    """Return the findings as text."""
    if not view.findings:
        return f"{counted(len(view.tasks), 'task')}, all in sync with the stack."
    return "\n".join(_finding_lines(view.findings))


def _finding_lines(findings: Iterable[LedgerFinding]) -> list[str]:
    return [
        plain(f"{item.severity.value:<7}  {item.rule:<9}  {item.message}: {item.hint}")
        for item in findings
    ]


def _task_json(task: Task, truth: Truth) -> JsonObject:
    value: JsonValue
    try:
        value = decoder.decode(task.raw.decode("utf-8", "replace"))
    except ValueError:
        value = None
    # A value that is not an object is put into one.
    shown: JsonObject = value if isinstance(value, dict) else {"odd": value}
    worker = truth.worker
    container: JsonObject | None = None
    if worker is not None:
        container = {
            "id": worker.container.id,
            "name": worker.container.name,
            "state": worker.container.state.value,
            "exit_code": worker.container.exit_code,
            "oom_killed": worker.container.oom_killed,
        }
    return {**shown, "container": container, "truth": truth.verdict.value}


def _finding_json(finding: LedgerFinding) -> JsonObject:
    return {
        "rule": finding.rule,
        "task": finding.task or None,
        "message": finding.message,
        "remedy": finding.hint,
    }


def _took(task: Task, now: datetime | None) -> str:
    return task.duration_text(now) if now is not None else ""


def _state(truth: Truth) -> str:
    if truth.worker is None:
        return truth.verdict.value if truth.verdict.value in {"gone", "unknown"} else ""
    return truth.worker.words


def _exit(code: int) -> SafeText:
    return SafeText("-1 (its container was gone)") if code < 0 else code_words(code)


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else ""
