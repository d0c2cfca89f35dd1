"""The worker lock is held without a worker."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import plain


def find_lock(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find a lock that is held without a worker."""
    held = case.reading.lock
    if held is None or not case.settled(held.created) or held.starting(case.now):
        return
    if not any(worker.up for worker in case.workers):
        suffix = f" for {held.task[:8]}" if held.task else ""
        yield LedgerFinding(
            "lock",
            plain(f"the worker lock is held{suffix}, but no worker is running"),
            held.task,
            "task-unlock",
        )


RULE: Final = Rule("lock", order=90, find=find_lock)
