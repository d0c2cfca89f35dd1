"""A task has had more attempts than allowed."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.reading.task import TaskStatus
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import SafeText, plain


def find_attempts(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find tasks with more attempts than allowed."""
    for task in case.reading.tasks:
        is_waiting = task.status is TaskStatus.PENDING and not task.tries_left
        if task.max_attempts and (task.attempts > task.max_attempts or is_waiting):
            message = f"{task.short} has had {task.attempts} of {task.max_attempts} attempts"
            more = " and is pending again" if is_waiting else ""
            yield LedgerFinding(
                "attempts",
                plain(message + more),
                task.id,
                "task-abort" if is_waiting else "",
                task.id if is_waiting else SafeText(""),
                advice=SafeText("check why it fails each time"),
            )


RULE: Final = Rule("attempts", order=120, find=find_attempts)
