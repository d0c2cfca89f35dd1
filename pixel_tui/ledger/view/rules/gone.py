"""A task is marked running, but its container is gone."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.reading.task import Task, TaskType
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import plain


def find_gone(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks without a container."""
    for task in case.running:
        if case.settled(task.started) and case.worker_of(task) is None:
            yield LedgerFinding(
                "gone",
                plain(f"{task.short} is marked running, but its container is gone"),
                task.id,
                fix_action(task),
                task.id,
                severity=LedgerSeverity.ERROR,
            )


def fix_action(task: Task) -> str:
    """The action for a task that no worker runs any more."""
    can_retry = task.tries_left and task.type is not TaskType.SYNTROPY_REBUILD
    return "task-requeue" if can_retry else "task-abort"


RULE: Final = Rule("gone", order=10, find=find_gone)
