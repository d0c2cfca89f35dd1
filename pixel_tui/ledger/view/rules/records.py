"""Rules about the ledger itself."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pixel_tui.ledger.reading.reading import FORMAT
from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.ledger.view.rules.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import SafeText, plain

MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""
_ROUNDING: Final = timedelta(seconds=2)
"""Writers round times differently."""


def duplicate(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find ids of several tasks."""
    counts = Counter(task.id for task in case.reading.tasks if task.id)
    if len(counts) == len(case.reading.tasks):
        return
    for task_id, count in counts.items():
        if count > 1:
            yield LedgerFinding(
                Rule.DUPLICATE,
                plain(f"{count} tasks have the id {task_id[:8]}"),
                task_id,
                advice=SafeText("remove all but one by hand; a worker changes all of them"),
                severity=LedgerSeverity.ERROR,
            )


def clock(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find times in the wrong order, or in the future."""
    ahead = case.now + MAX_CLOCK_SKEW
    for task in case.reading.tasks:
        created, started, completed = task.created, task.started, task.completed
        problem = ""
        if started and completed and completed < started - _ROUNDING and task.status.ended:
            problem = "was completed before it was started"
        elif created and started and started < created - _ROUNDING:
            problem = "was started before it was created"
        elif (
            (created and created > ahead)
            or (started and started > ahead)
            or (completed and completed > ahead)
        ):
            problem = "has a time that is in the future"
        if problem:
            yield LedgerFinding(
                Rule.CLOCK,
                plain(f"{task.short} {problem}"),
                task.id,
                advice=SafeText("look at the clocks of the machine and of whoever wrote it"),
            )


def attempts(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find tasks with more attempts than allowed."""
    for task in case.reading.tasks:
        is_waiting = task.status is TaskStatus.PENDING and not task.tries_left
        if task.max_attempts and (task.attempts > task.max_attempts or is_waiting):
            message = f"{task.short} has had {task.attempts} of {task.max_attempts} attempts"
            more = " and is to be tried again" if is_waiting else ""
            yield LedgerFinding(
                Rule.ATTEMPTS,
                plain(message + more),
                task.id,
                "task-abort" if is_waiting else "",
                task.id if is_waiting else SafeText(""),
                advice=SafeText("look at why it fails each time"),
            )


def odd(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find tasks that violate the format."""
    for number, task in enumerate(case.reading.tasks, 1):
        if task.odd:
            name = task.short or f"task {number} of the file"
            yield LedgerFinding(
                Rule.ODD,
                plain(f"{name} is odd: {'; '.join(task.odd)}"),
                task.id,
                advice=SafeText("see what wrote it; the console leaves it as it is"),
            )


def version(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find an unsupported format version."""
    if case.reading.present and case.reading.version != FORMAT:
        yield LedgerFinding(
            Rule.VERSION,
            plain(f"the ledger is of version {case.reading.version}: known is {FORMAT}"),
            advice=SafeText("the console shows it, and writes nothing to it"),
        )
