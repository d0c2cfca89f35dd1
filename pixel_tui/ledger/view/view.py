"""The ledger as it is shown: tasks, what is true of them, and what is wrong. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pixel_tui.ledger.reading.reading import NO_READING, LedgerReading
from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.reading.workers import Worker, workers_of
from pixel_tui.ledger.view.rules.findings import LedgerFinding, case_of
from pixel_tui.ledger.view.truth import Truth, findings_of, truth_of, truths_of
from pixel_tui.stack.model.snapshot import StackSnapshot, Trouble


@dataclass(frozen=True)
class LedgerView:
    """Everything at one moment. Equal moments are equal."""

    reading: LedgerReading = NO_READING
    totals: Mapping[TaskStatus, int] = field(default_factory=dict)
    findings: tuple[LedgerFinding, ...] = ()
    """The worst first."""
    truths: Mapping[str, Truth] = field(default_factory=dict)
    """By the task's id, of those tasks only that the stack shows something of."""
    workers: tuple[Worker, ...] = ()
    loaded: bool = False
    """Whether the files have been looked at."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """In the order of the file: as a rule the oldest first."""
        return self.reading.tasks

    @property
    def trouble(self) -> Trouble | None:
        """Why this is not the file as it is now, and since when; None where it is."""
        return self.reading.trouble

    def truth(self, task: Task) -> Truth:
        """What the stack shows of a task."""
        return truth_of(self.truths, task)

    def findings_about(self, task: Task) -> Sequence[LedgerFinding]:
        """What does not agree about a task."""
        return self._by_task.get(task.id, ())

    @cached_property
    def _by_task(self) -> Mapping[str, Sequence[LedgerFinding]]:
        found: dict[str, list[LedgerFinding]] = defaultdict(list)
        for finding in self.findings:
            if finding.task:
                found[finding.task].append(finding)
        return found


NO_VIEW = LedgerView()


def view_of(reading: LedgerReading, snapshot: StackSnapshot, now: datetime) -> LedgerView:
    """The ledger beside the stack."""
    case = case_of(reading, snapshot, now)
    findings = findings_of(case)
    return LedgerView(
        reading=reading,
        totals=reading.totals,
        findings=findings,
        truths=truths_of(case, findings),
        workers=workers_of(snapshot),
        loaded=True,
    )
