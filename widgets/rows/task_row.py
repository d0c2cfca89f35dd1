"""From a task to a row of the ledger's table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pixel_tui.ledger.reading.task import Task, TaskStatus, shown
from pixel_tui.ledger.view.arrangement import LedgerLine, TaskField
from pixel_tui.ledger.view.findings import LedgerSeverity
from pixel_tui.ledger.view.truth import TaskVerdict, Truth
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.plurals import counted
from pixel_tui.stack.model.words import code_words
from pixel_tui.text import SafeText, plain
from widgets.rows.numbers import NOTHING, since
from widgets.rows.table import Cell, ColumnFormat, Tone

FORMATS: Final[Mapping[TaskField, ColumnFormat]] = {
    TaskField.STATUS: ColumnFormat("STATUS", 13),
    TaskField.ID: ColumnFormat("ID", 8),
    TaskField.TASK: ColumnFormat("TASK", 24),
    TaskField.AGE: ColumnFormat("AGE", 7, right=True),
    TaskField.TOOK: ColumnFormat("TOOK", 7, right=True),
    TaskField.TRIES: ColumnFormat("TRIES", 5, right=True),
    TaskField.WORKER: ColumnFormat("WORKER", 20),
    TaskField.EXIT: ColumnFormat("EXIT", 14),
    TaskField.TYPE: ColumnFormat("TYPE", 16),
    TaskField.SUMMARY: ColumnFormat("SUMMARY", 24),
}
"""The columns by priority: a narrow table shows the first ones."""

STATUSES: Final[Mapping[TaskStatus, tuple[str, Tone]]] = {
    TaskStatus.PENDING: ("○ pending", Tone.NOTE),
    TaskStatus.RUNNING: ("● running", Tone.GOOD),
    TaskStatus.COMPLETED: ("✓ completed", Tone.MUTED),
    TaskStatus.FAILED: ("✗ failed", Tone.BAD),
    TaskStatus.ABORTED: ("■ aborted", Tone.WARN),
    TaskStatus.UNKNOWN: ("? unknown", Tone.WARN),
}
_BLANK: Final = Cell(SafeText(""))
_TRUTHS: Final[Mapping[TaskVerdict, tuple[str, Tone]]] = {
    TaskVerdict.GONE: ("no container", Tone.BAD),
    TaskVerdict.UNKNOWN: ("not seen yet", Tone.MUTED),
}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A row of the table: a task, or the heading of a group."""

    key: str
    task: Task | None
    status: TaskStatus
    cells: Mapping[TaskField, Cell]


def task_row(line: LedgerLine, view: LedgerView, now: datetime) -> TaskRow:
    """The row of one line.

    Args:
        line: The task or the heading.
        view: The view of the ledger.
        now: The time, for ages.
    """
    task = line.task
    cells = _heading(line) if task is None else _cells(task, view, now)
    return TaskRow(line.key, task, line.status, cells)


def _heading(line: LedgerLine) -> Mapping[TaskField, Cell]:
    words = STATUSES[line.status][0].partition(" ")[2]
    cells = dict.fromkeys(TaskField, _BLANK)
    cells[TaskField.STATUS] = Cell(SafeText(f"{'▸' if line.folded else '▾'} {words}"), Tone.NOTE)
    tasks = counted(line.count, "task")
    cells[TaskField.TASK] = Cell(SafeText(tasks), Tone.MUTED)
    return cells


def _cells(task: Task, view: LedgerView, now: datetime) -> Mapping[TaskField, Cell]:
    truth = view.truth(task)
    return {
        TaskField.STATUS: _status(task, view),
        TaskField.ID: Cell(plain(task.short) or NOTHING, Tone.MUTED),
        TaskField.TASK: Cell(shown(SafeText(task.headline.lstrip("# "))) or NOTHING),
        TaskField.AGE: Cell(since(task.created, now)),
        TaskField.TOOK: Cell(task.duration_text(now) or NOTHING, _took_tone(truth)),
        TaskField.TRIES: _tries(task),
        TaskField.WORKER: _worker(task, truth),
        TaskField.EXIT: exit_cell(task.exit_code),
        TaskField.TYPE: Cell(task.type_text or NOTHING, Tone.MUTED),
        TaskField.SUMMARY: Cell(shown(task.summary or task.error), Tone.MUTED),
    }


def _status(task: Task, view: LedgerView) -> Cell:
    """The status in the ledger, with a mark if there is a finding."""
    words, tone = STATUSES[task.status]
    found = view.findings_about(task)
    if any(item.severity is LedgerSeverity.ERROR for item in found):
        return Cell(SafeText(f"{words} !"), Tone.BAD)
    if task.odd or any(item.severity is LedgerSeverity.WARNING for item in found):
        return Cell(SafeText(f"{words} !"), Tone.WARN)
    return Cell(SafeText(words), tone)


def _took_tone(truth: Truth) -> Tone:
    if truth.verdict is TaskVerdict.OVERDUE:
        return Tone.BAD
    return Tone.WARN if truth.verdict is TaskVerdict.SLOW else Tone.PLAIN


def _tries(task: Task) -> Cell:
    if not task.attempts and not task.max_attempts:
        return Cell(NOTHING, Tone.MUTED)
    most = f"/{task.max_attempts}" if task.max_attempts else ""
    return Cell(SafeText(f"{task.attempts}{most}"), Tone.PLAIN if task.tries_left else Tone.WARN)


def _worker(task: Task, truth: Truth) -> Cell:
    """The container of the worker, as the stack shows it."""
    if truth.verdict in _TRUTHS:
        words, tone = _TRUTHS[truth.verdict]
        return Cell(SafeText(words), tone)
    if truth.worker is None:
        return Cell(NOTHING, Tone.MUTED)
    if truth.verdict is TaskVerdict.SILENT:
        return Cell(plain(f"{truth.worker.words}, silent"), Tone.WARN)
    claimed = task.status is TaskStatus.RUNNING
    return Cell(truth.worker.words, Tone.PLAIN if truth.worker.up == claimed else Tone.WARN)


def exit_cell(code: int | None) -> Cell:
    """The exit code of a worker, in words."""
    if code is None:
        return Cell(NOTHING, Tone.MUTED)
    if code == -1:
        return Cell(SafeText("container gone"), Tone.BAD)
    return Cell(code_words(code), Tone.BAD if code else Tone.MUTED)
