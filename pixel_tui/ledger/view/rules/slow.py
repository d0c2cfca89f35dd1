"""A running task takes long."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.humanize import age
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.ledger.view.rules.overdue import LATE_SECONDS
from pixel_tui.text import SafeText, plain

SLOW_SECONDS: Final = 20 * 60.0


def find_slow(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks that take long."""
    for task in case.running:
        worker, seconds = case.worker_of(task), task.seconds(case.now)
        if worker is None or not worker.up or seconds is None:
            continue
        if SLOW_SECONDS < seconds <= case.timeout + LATE_SECONDS:
            yield LedgerFinding(
                "slow",
                plain(f"{task.short} has been running for {age(seconds)}"),
                task.id,
                advice=SafeText("check its logs"),
                severity=LedgerSeverity.NOTE,
            )


RULE: Final = Rule("slow", order=40, find=find_slow)
