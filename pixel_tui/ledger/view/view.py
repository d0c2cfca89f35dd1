"""The ledger as shown: its tasks, compared with the stack, and the findings. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pixel_tui.ledger.reading.reading import NO_READING, LedgerReading
from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.reading.workers import Worker, workers_of
from pixel_tui.ledger.view.findings import LedgerFinding, case_of
from pixel_tui.ledger.view.truth import Truth, findings_of, truth_of, truths_of
from pixel_tui.stack.model.snapshot import StackSnapshot, Trouble


@dataclass(frozen=True)
class LedgerView:
    """A ledger compared with the stack at one moment. Compares by value."""

    reading: LedgerReading = NO_READING
    totals: Mapping[TaskStatus, int] = field(default_factory=dict)
    findings: tuple[LedgerFinding, ...] = ()
    """The most severe first."""
    truths: Mapping[str, Truth] = field(default_factory=dict)
    """By the task's id, only for tasks of which the stack shows something."""
    workers: tuple[Worker, ...] = ()
    loaded: bool = False
    """Whether the files have been read."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks in the order of the file, usually the oldest first."""
        return self.reading.tasks

    @property
    def trouble(self) -> Trouble | None:
        """Why the view is not of the current file, and since when; None if it is."""
        return self.reading.trouble

    def truth(self, task: Task) -> Truth:
        """Return what the stack shows of a task."""
        return truth_of(self.truths, task)

    def findings_about(self, task: Task) -> Sequence[LedgerFinding]:
        """Return the findings about a task."""
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
    """Compare a ledger with the stack."""
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
