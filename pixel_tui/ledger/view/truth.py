"""The truth beside the claim: every task against the stack, and all that does not agree. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.reading.workers import Worker
from pixel_tui.ledger.view.rules import records, running_tasks, worker_containers
from pixel_tui.ledger.view.rules.findings import Case, Finding, Rule, Severity

RULES: Final[tuple[Callable[[Case], Iterable[Finding]], ...]] = (
    running_tasks.gone,
    running_tasks.ended,
    running_tasks.overdue,
    running_tasks.slow,
    running_tasks.silent,
    worker_containers.stranger,
    worker_containers.finished,
    worker_containers.crowd,
    worker_containers.lock,
    records.duplicate,
    records.clock,
    records.attempts,
    records.odd,
    records.version,
)
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


class Verdict(StrEnum):
    """What is true of a task."""

    AGREES = "agrees"
    """The stack shows what the ledger claims."""
    UNKNOWN = "unknown"
    """The engine can't be asked, or has yet to be."""
    GONE = "gone"
    ENDED = "ended"
    OVERDUE = "overdue"
    SLOW = "slow"
    SILENT = "silent"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Truth:
    """What the stack shows of one task."""

    verdict: Verdict = Verdict.AGREES
    worker: Worker | None = None
    """Its container, if there is one."""


_PLAIN: Final = Truth()


def findings_of(case: Case) -> tuple[Finding, ...]:
    """What does not agree, the worst first."""
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda item: _ORDER.index(item.severity)))


def truths_of(case: Case, findings: Iterable[Finding]) -> Mapping[str, Truth]:
    """What the stack shows, by the task's id; tasks that it shows nothing of are left out."""
    verdicts: dict[str, Verdict] = {}
    for finding in findings:
        if finding.task and finding.rule in _VERDICTS:
            verdicts.setdefault(finding.task, _VERDICTS[finding.rule])
    found = {}
    for task in case.reading.tasks:
        if not task.id:
            continue
        worker = case.worker_of(task) if case.workers else None
        verdict = verdicts.get(task.id, Verdict.AGREES)
        if verdict is Verdict.AGREES and _unseen(case, task, worker):
            verdict = Verdict.UNKNOWN
        if worker is not None or verdict is not Verdict.AGREES:
            found[str(task.id)] = Truth(verdict, worker)
    return found


def truth_of(truths: Mapping[str, Truth], task: Task) -> Truth:
    """What the stack shows of a task."""
    return truths.get(task.id, _PLAIN)


def _unseen(case: Case, task: Task, worker: Worker | None) -> bool:
    if task.status is not TaskStatus.RUNNING:
        return False
    return not case.known or worker is None


_VERDICTS: Final = {
    Rule.GONE: Verdict.GONE,
    Rule.ENDED: Verdict.ENDED,
    Rule.OVERDUE: Verdict.OVERDUE,
    Rule.SLOW: Verdict.SLOW,
    Rule.SILENT: Verdict.SILENT,
    Rule.FINISHED: Verdict.FINISHED,
}
