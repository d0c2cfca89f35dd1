"""A finding of a rule: a contradiction between the ledger and the stack. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pixel_tui.ledger.reading.reading import LedgerReading
from pixel_tui.ledger.reading.task import Task
from pixel_tui.ledger.reading.workers import Worker, worker_timeout, workers_of
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText

GRACE_SECONDS: Final = 5.0
"""How long after a change in the ledger the snapshot of the stack may still be older."""


class LedgerSeverity(StrEnum):
    """The severity of a finding."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """A finding and its fix."""

    rule: str
    """The name of the rule that found it."""
    message: SafeText
    task: SafeText = NO_TEXT
    """The task's id; empty if it is about none."""
    action: str = ""
    """The action that fixes it; empty if there is none."""
    target: SafeText = NO_TEXT
    """The argument of that action; may be empty."""
    advice: SafeText = NO_TEXT
    """What to do if there is no action."""
    severity: LedgerSeverity = LedgerSeverity.WARNING

    @property
    def hint(self) -> str:
        """The fix: `task-requeue 1f0c9a2e-...`, or a sentence."""
        return f"{self.action} {self.target}".strip() or self.advice


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The input of the rules."""

    reading: LedgerReading
    workers: tuple[Worker, ...]
    known: bool
    """Whether the engine is connected, so that the snapshot is current."""
    now: datetime
    timeout: float
    """Seconds after which a worker is killed."""
    running: tuple[Task, ...]
    """The tasks marked running, computed once for all rules."""

    def worker_of(self, task: Task) -> Worker | None:
        """Return the container of a task: the running one, else the newest."""
        return next((item for item in self.workers if task.id and item.works_on(task.id)), None)

    def settled(self, at: datetime | None) -> bool:
        """Whether the snapshot must show what was true at this time."""
        return self.known and (at is None or (self.now - at).total_seconds() > GRACE_SECONDS)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about the ledger; one file of `rules/` each."""

    name: str
    """What the JSON output calls it: the name of its file."""
    order: int
    """Of findings of the same severity, those of the lowest order are listed first."""
    find: Callable[[LedgerState], Iterable[LedgerFinding]]


def case_of(reading: LedgerReading, snapshot: StackSnapshot, now: datetime) -> LedgerState:
    """Return the rules' input for a ledger and a stack."""
    return LedgerState(
        reading=reading,
        workers=workers_of(snapshot),
        known=not snapshot.stale and snapshot.taken_at is not None,
        now=now,
        timeout=worker_timeout(snapshot),
        running=reading.running,
    )
