"""The worker of a running task has not written for long."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.humanize import age
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import SafeText, plain

SILENT_SECONDS: Final = 10 * 60.0


def find_silent(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find running tasks whose worker has not written for long."""
    for task in case.running:
        worker = case.worker_of(task)
        last_write = max(
            filter(None, (case.reading.last_writes.get(task.id), task.started)), default=None
        )
        if worker is None or not worker.up or last_write is None:
            continue
        seconds = (case.now - last_write).total_seconds()
        if seconds > SILENT_SECONDS:
            yield LedgerFinding(
                "silent",
                plain(f"the worker of {task.short} has had no output for {age(seconds)}"),
                task.id,
                advice=SafeText("check its logs; stop it with task-stop if it hangs"),
            )


RULE: Final = Rule("silent", order=50, find=find_silent)
