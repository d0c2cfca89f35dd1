"""Where the ledger says one thing and the stack another: what a rule finds. Pure."""

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
"""What the ledger has said for less is contradicted by no picture of the stack."""


class Rule(StrEnum):
    """What was looked at."""

    GONE = "gone"
    """A running task has no container."""
    ENDED = "ended"
    """The container of a running task has ended."""
    OVERDUE = "overdue"
    """A running task runs for longer than its worker lives."""
    SLOW = "slow"
    """A running task is worth a look."""
    SILENT = "silent"
    """The worker of a running task has written nothing for long."""
    STRANGER = "stranger"
    """A worker is at work on no task of the ledger."""
    FINISHED = "finished"
    """A worker is at work on a task that has ended."""
    CROWD = "crowd"
    """More than one worker is at work."""
    LOCK = "lock"
    """The lock is held for a worker that is not there."""
    DUPLICATE = "duplicate"
    """Several tasks have one id."""
    CLOCK = "clock"
    """Times that can't be."""
    ATTEMPTS = "attempts"
    """More attempts than there may be."""
    ODD = "odd"
    """A task is not as the format says."""
    VERSION = "version"
    """The ledger is of a format that this program does not know."""


class LedgerSeverity(StrEnum):
    """How much it matters."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """One disagreement, and what to do about it."""

    rule: Rule
    message: SafeText
    task: SafeText = NO_TEXT
    """The task's id; empty where it is about none."""
    action: str = ""
    """The action that repairs it; empty where there is none."""
    target: SafeText = NO_TEXT
    """What that action is given; empty where it is given nothing."""
    advice: SafeText = NO_TEXT
    """What to do where no action does it."""
    severity: LedgerSeverity = LedgerSeverity.WARNING

    @property
    def remedy(self) -> str:
        """What to do: `task-requeue 1f0c9a2e-...`, or a sentence."""
        return f"{self.action} {self.target}".strip() or self.advice


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the rules look at."""

    reading: LedgerReading
    workers: tuple[Worker, ...]
    known: bool
    """Whether the engine tells of its containers: its events keep the picture as it is now."""
    now: datetime
    timeout: float
    """Seconds that a worker lives."""
    running: tuple[Task, ...]
    """The tasks that are said to run: found once, for all rules."""

    def worker_of(self, task: Task) -> Worker | None:
        """The container of a task: the one at work, else the newest."""
        return next((item for item in self.workers if task.id and item.works_on(task.id)), None)

    def settled(self, at: datetime | None) -> bool:
        """Whether the stack has had the time to show what was so at this moment."""
        return self.known and (at is None or (self.now - at).total_seconds() > GRACE_SECONDS)


def case_of(reading: LedgerReading, snapshot: StackSnapshot, now: datetime) -> LedgerState:
    """The case of a ledger and a stack."""
    return LedgerState(
        reading=reading,
        workers=workers_of(snapshot),
        known=not snapshot.stale and snapshot.taken_at is not None,
        now=now,
        timeout=worker_timeout(snapshot),
        running=reading.running,
    )
