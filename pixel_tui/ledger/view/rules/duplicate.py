"""Several tasks have the same id."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import SafeText, plain


def find_duplicate(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find ids of several tasks."""
    counts = Counter(task.id for task in case.reading.tasks if task.id)
    if len(counts) == len(case.reading.tasks):
        return
    for task_id, count in counts.items():
        if count > 1:
            yield LedgerFinding(
                "duplicate",
                plain(f"{count} tasks have the id {task_id[:8]}"),
                task_id,
                advice=SafeText("remove all but one by hand; a worker would change all of them"),
                severity=LedgerSeverity.ERROR,
            )


RULE: Final = Rule("duplicate", order=100, find=find_duplicate)
