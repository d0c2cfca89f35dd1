"""A running task has exceeded its worker's timeout."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.humanize import age, span
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import plain

LATE_SECONDS: Final = 60.0
"""How long a worker has to exit after its timeout, before it is killed."""


def find_overdue(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks that have exceeded their worker's timeout."""
    for task in case.running:
        worker, seconds = case.worker_of(task), task.seconds(case.now)
        if worker is None or not worker.up or seconds is None:
            continue
        if seconds > case.timeout + LATE_SECONDS:
            limit = span(case.timeout)
            words = f"{task.short} has been running for {age(seconds)}: the limit is {limit}"
            yield LedgerFinding(
                "overdue",
                plain(words),
                task.id,
                "task-stop",
                task.id,
                severity=LedgerSeverity.ERROR,
            )


RULE: Final = Rule("overdue", order=30, find=find_overdue)
