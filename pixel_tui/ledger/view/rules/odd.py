"""A task violates the format."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import SafeText, plain


def find_odd(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find tasks that violate the format."""
    for number, task in enumerate(case.reading.tasks, 1):
        if task.odd:
            name = task.short or f"task {number} of the file"
            yield LedgerFinding(
                "odd",
                plain(f"{name} is invalid: {'; '.join(task.odd)}"),
                task.id,
                advice=SafeText("find the program that wrote it; pixel-tui does not change it"),
            )


RULE: Final = Rule("odd", order=130, find=find_odd)
