"""Compares each task with the stack, and collects the findings of all rules. Pure."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from pixel_tui.ledger.reading.task import Task, TaskStatus
from pixel_tui.ledger.reading.workers import Worker
from pixel_tui.ledger.view import rules
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity, LedgerState, Rule

_ORDER: Final = (LedgerSeverity.ERROR, LedgerSeverity.WARNING, LedgerSeverity.NOTE)


class TaskVerdict(StrEnum):
    """The result of comparing a task with the stack."""

    AGREES = "agrees"
    """The stack confirms the ledger."""
    UNKNOWN = "unknown"
    """The engine can't be reached, or has not been asked yet."""
    # The others are the names of the rules that find them.
    GONE = "gone"
    ENDED = "ended"
    OVERDUE = "overdue"
    SLOW = "slow"
    SILENT = "silent"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Truth:
    """What the stack shows of a task."""

    verdict: TaskVerdict = TaskVerdict.AGREES
    worker: Worker | None = None
    """Its container, if there is one."""


_NO_TRUTH: Final = Truth()
_VERDICTS: Final = {verdict.value: verdict for verdict in TaskVerdict}
"""By the rule that finds it."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of their findings."""
    modules = pkgutil.iter_modules(rules.__path__)
    found = [importlib.import_module(f"{rules.__name__}.{item.name}").RULE for item in modules]
    return tuple(sorted(found, key=lambda rule: rule.order))


def findings_of(case: LedgerState) -> tuple[LedgerFinding, ...]:
    """Return the findings of all rules, the most severe first."""
    found = [finding for rule in all_rules() for finding in rule.find(case)]
    return tuple(sorted(found, key=lambda item: _ORDER.index(item.severity)))


def truths_of(case: LedgerState, findings: Iterable[LedgerFinding]) -> Mapping[str, Truth]:
    """Return what the stack shows, by the task's id; tasks without anything are left out."""
    verdicts: dict[str, TaskVerdict] = {}
    for finding in findings:
        if finding.task and finding.rule in _VERDICTS:
            verdicts.setdefault(finding.task, _VERDICTS[finding.rule])
    found = {}
    for task in case.reading.tasks:
        if not task.id:
            continue
        worker = case.worker_of(task) if case.workers else None
        verdict = verdicts.get(task.id, TaskVerdict.AGREES)
        if verdict is TaskVerdict.AGREES and _is_unknown(case, task, worker):
            verdict = TaskVerdict.UNKNOWN
        if worker is not None or verdict is not TaskVerdict.AGREES:
            found[str(task.id)] = Truth(verdict, worker)
    return found


def truth_of(truths: Mapping[str, Truth], task: Task) -> Truth:
    """Return what the stack shows of a task."""
    return truths.get(task.id, _NO_TRUTH)


def _is_unknown(case: LedgerState, task: Task, worker: Worker | None) -> bool:
    if task.status is not TaskStatus.RUNNING:
        return False
    return not case.known or worker is None
