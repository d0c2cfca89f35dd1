"""The details of a task, in sections of labelled lines. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from pixel_tui.humanize import ago
from pixel_tui.ledger.reading.task import Task, TaskTexts, shown
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity
from pixel_tui.ledger.view.timeline import Moment
from pixel_tui.ledger.view.truth import TaskVerdict
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.stack.model.typed_commands import TypedCommands
from pixel_tui.text import SafeText, plain
from widgets.rows.detail_rows import DetailLine, Section
from widgets.rows.numbers import moment
from widgets.rows.table import Tone
from widgets.rows.task_row import STATUSES, exit_cell

_TONES: Final = {
    LedgerSeverity.ERROR: Tone.BAD,
    LedgerSeverity.WARNING: Tone.WARN,
    LedgerSeverity.NOTE: Tone.NOTE,
}
_TRUE: Final = {
    TaskVerdict.AGREES: ("in sync with the stack", Tone.GOOD),
    TaskVerdict.UNKNOWN: ("not known yet", Tone.MUTED),
    TaskVerdict.GONE: ("no such container", Tone.BAD),
    TaskVerdict.ENDED: ("its container has exited", Tone.BAD),
    TaskVerdict.OVERDUE: ("it exceeds the worker's time limit", Tone.BAD),
    TaskVerdict.SLOW: ("it has been running for a long time", Tone.WARN),
    TaskVerdict.SILENT: ("no output for a long time", Tone.WARN),
    TaskVerdict.FINISHED: ("a worker is still running", Tone.WARN),
}
MAX_LINES: Final = 1000
MAX_CHARACTERS: Final = 30_000
"""The characters of a text that are shown: wrapping them takes some milliseconds."""
MAX_FIELDS: Final = 100
MAX_VALUE: Final = 1000
"""The characters of an unknown field that are shown."""


def preview_sections(
    task: Task, view: LedgerView, now: datetime, key: SafeText
) -> Sequence[Section]:
    """The preview: findings, the task, and its last events.

    Args:
        task: The task.
        view: The view of the ledger.
        now: The time, for ages.
        key: The key that lists the actions; empty if there is none.
    """
    return _full(
        _section("Out of sync", finding_lines(view.findings_about(task), key, task)),
        _section("Task", _summary_lines(task, view, now)),
    )


def fact_sections(
    task: Task,
    texts: TaskTexts,
    view: LedgerView,
    moments: Sequence[Moment],
    now: datetime,
    command: SafeText,
    key: SafeText,
) -> Sequence[Section]:
    """The facts of a task, without its long texts.

    Args:
        task: The task.
        texts: Its texts, with unknown fields.
        view: The view of the ledger.
        moments: Its timeline.
        now: The time, for ages.
        command: The command that prints the complete texts.
        key: The key that lists the actions; empty if there is none.
    """
    return _full(
        _section("Out of sync", finding_lines(view.findings_about(task), key, task)),
        _section("Timeline", _moment_lines(moments, now)),
        _section("Task", _fact_lines(task, view, now)),
        _section(
            "Error of the previous attempt", _text_lines(texts.last_error, command, Tone.WARN)
        ),
        _section("Other fields", _other_lines(texts.others, command)),
    )


def output_sections(texts: TaskTexts, command: SafeText) -> Sequence[Section]:
    """The output of a task: summary, error, output.

    Args:
        texts: The texts of the task.
        command: The command that prints the complete texts.
    """
    return _full(
        _section("Summary", _text_lines(texts.summary, command)),
        _section("Error", _text_lines(texts.error, command, Tone.BAD)),
        _section("End of the output", _end_lines(texts.output, command)),
    )


def truncated(lines: Sequence[SafeText], *, end: bool = False) -> tuple[Sequence[SafeText], int]:
    """A text cut to what is shown, and the number of characters that are left out.

    A text in the ledger can be long enough to block the console.

    Args:
        lines: The lines of the text.
        end: Whether to keep its last lines, not its first.
    """
    kept: list[SafeText] = []
    room = MAX_CHARACTERS
    for line in islice(reversed(lines) if end else lines, MAX_LINES):
        if room <= 0:
            break
        kept.append(SafeText(line[-room:] if end else line[:room]))
        room -= len(line) + 1
    return (kept[::-1] if end else kept), _size(lines) - _size(kept)


def _size(lines: Sequence[SafeText]) -> int:
    return sum(len(line) + 1 for line in lines)


def truncation_note(characters: int, command: SafeText) -> SafeText:
    """The note about characters that are left out."""
    return plain(f"… {characters:,} more characters. Complete: {command}")


def full_text_command(task: Task, typed: TypedCommands) -> SafeText:
    """The command that prints the complete texts of a task."""
    return plain(f"{typed.pixel_tui} ledger show {task.id}" if task.id else "the ledger's file")


def finding_lines(
    findings: Sequence[LedgerFinding], key: SafeText, task: Task | None = None
) -> Iterator[DetailLine]:
    """Each finding with its hint.

    Args:
        findings: The findings.
        key: The key that lists the actions; empty if there is none.
        task: The task they are about.
    """
    for finding in findings:
        yield DetailLine("", finding.message, _TONES[finding.severity])
        if finding.hint:
            yield DetailLine("", plain(f"→ {_hint(finding, key, task)}"), Tone.PLAIN)


def _hint(finding: LedgerFinding, key: SafeText, task: Task | None) -> str:
    if not (finding.action and key):
        return finding.hint
    target = task.short if task is not None and finding.target == task.id else finding.target
    return f"{finding.action} {target}".strip() + f" ({key}: actions)"


def _summary_lines(task: Task, view: LedgerView, now: datetime) -> Iterator[DetailLine]:
    word, tone = STATUSES[task.status]
    took = task.duration_text(now)
    for_long = f" for {took}" if took else ""
    queued = f", queued {ago(task.created, now)}" if task.created else ""
    yield DetailLine("status", plain(f"{word}{for_long}{queued}"), tone)
    yield from _worker_lines(task, view)
    yield DetailLine("task", shown(task.headline))
    if task.summary:
        yield DetailLine("summary", shown(task.summary))
    if task.error:
        yield DetailLine("error", shown(task.error), Tone.BAD)


def _worker_lines(task: Task, view: LedgerView) -> Iterator[DetailLine]:
    truth = view.truth(task)
    words, tone = _TRUE[truth.verdict]
    if truth.worker is not None:
        worker = truth.worker
        yield DetailLine("worker", plain(f"{worker.container.name}, {worker.words}: {words}"), tone)
    elif truth.verdict is not TaskVerdict.AGREES:
        yield DetailLine("worker", plain(f"{task.worker_id or 'none named'}: {words}"), tone)
    elif task.worker_id:
        yield DetailLine("worker", plain(f"{task.worker_id} (removed)"), Tone.MUTED)


def _moment_lines(moments: Sequence[Moment], now: datetime) -> Iterator[DetailLine]:
    for item in moments:
        clock = f"{item.at.astimezone():%b %d %H:%M:%S}"
        detail = f", {item.detail}" if item.detail else ""
        yield DetailLine(
            clock, plain(f"{item.words}{detail}  · {item.source.value}, {ago(item.at, now)}")
        )


def _fact_lines(task: Task, view: LedgerView, now: datetime) -> Iterator[DetailLine]:
    word, tone = STATUSES[task.status]
    yield DetailLine("id", task.id)
    yield DetailLine("status", plain(word), tone)
    yield DetailLine("type", task.type_text)
    yield DetailLine("attempts", plain(f"{task.attempts} of {task.max_attempts or '?'}"))
    yield from _worker_lines(task, view)
    if task.exit_code is not None:
        cell = exit_cell(task.exit_code)
        yield DetailLine("exit code", cell.text, cell.tone)
    for name, at in (
        ("queued", task.created),
        ("started", task.started),
        ("ended", task.completed),
    ):
        if at is not None:
            yield DetailLine(name, plain(f"{moment(at)}, {ago(at, now)}"))
    for words in task.odd:
        yield DetailLine("odd", words, Tone.WARN)


def _text_lines(
    lines: Sequence[SafeText], command: SafeText, tone: Tone = Tone.PLAIN
) -> Iterator[DetailLine]:
    kept, more = truncated(lines)
    yield from (DetailLine("", line, tone) for line in kept)
    if more:
        yield DetailLine("", truncation_note(more, command), Tone.WARN)


def _end_lines(lines: Sequence[SafeText], command: SafeText) -> Iterator[DetailLine]:
    kept, more = truncated(lines, end=True)
    if more:
        yield DetailLine("", truncation_note(more, command), Tone.WARN)
    yield from (DetailLine("", line) for line in kept)


def _other_lines(
    others: Sequence[tuple[SafeText, SafeText]], command: SafeText
) -> Iterator[DetailLine]:
    for name, value in others[:MAX_FIELDS]:
        more = "…" if len(value) > MAX_VALUE else ""
        yield DetailLine(name[:MAX_VALUE], plain(f"{value[:MAX_VALUE]}{more}"))
    if len(others) > MAX_FIELDS:
        words = f"… {len(others) - MAX_FIELDS:,} more fields. Complete: {command} --json"
        yield DetailLine("", plain(words), Tone.WARN)


def _section(title: str, lines: Iterator[DetailLine]) -> Section:
    return Section(plain(title), tuple(lines))


def _full(*sections: Section) -> Sequence[Section]:
    return tuple(section for section in sections if section.lines)
