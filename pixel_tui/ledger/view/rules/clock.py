"""A task has impossible times."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import SafeText, plain

MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""
_ROUNDING: Final = timedelta(seconds=2)
"""Writers round times differently."""


def find_clock(case: LedgerState) -> Iterator[LedgerFinding]:
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
                "clock",
                plain(f"{task.short} {problem}"),
                task.id,
                advice=SafeText("check the clocks of the machine and of the writer"),
            )


RULE: Final = Rule("clock", order=110, find=find_clock)
