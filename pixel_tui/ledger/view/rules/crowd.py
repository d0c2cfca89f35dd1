"""More than one worker runs."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule
from pixel_tui.text import SafeText, plain


def find_crowd(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find more than one running worker."""
    running = [worker for worker in case.workers if worker.up]
    if len(running) > 1:
        names = ", ".join(worker.container.name for worker in running[:5])
        yield LedgerFinding(
            "crowd",
            plain(f"{len(running)} workers are running at the same time: {names}"),
            advice=SafeText("stop all but one: they overwrite each other's files"),
            severity=LedgerSeverity.ERROR,
        )


RULE: Final = Rule("crowd", order=80, find=find_crowd)
