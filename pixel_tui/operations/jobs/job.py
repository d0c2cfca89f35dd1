"""A plan that is being run, or was."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.programs.process import RunningCommand
from pixel_tui.stack.programs.process_mark import ProcessMark
from pixel_tui.text import NO_TEXT, SafeText

log = logging.getLogger(__name__)

GRACE_SECONDS: Final = 10.0
UNDOING_SECONDS: Final = 1800.0
"""What takes back what it did, once it is cancelled, may build and start for as long."""


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    VERIFYING = "verifying"
    """Every command has ended well; the stack has to agree."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    """Its console died: the command that ran went on to its end, and no other was begun."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in {JobState.QUEUED, JobState.RUNNING, JobState.VERIFYING}


@dataclass(frozen=True, slots=True)
class StepTime:
    """When a step ran."""

    began: datetime
    ended: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None before its end."""
        return None if self.ended is None else (self.ended - self.began).total_seconds()


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs a job."""

    user: str
    host: str
    process: ProcessMark | None = None
    """The console; None where that can't be told."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """How long a service was not there while a job ran."""

    service: SafeText
    seconds: float


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job at one moment."""

    id: str
    plan: Plan
    output: Path
    """What the commands say, as they say it: neither harmless nor redacted."""
    state: JobState = JobState.QUEUED
    step: int = 0
    """The index of the step that runs, or ran last."""
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    """Of the command that ended last."""
    cancelling: bool = False
    """Somebody asked it to stop."""
    message: SafeText = NO_TEXT
    """What was found: how the touched services are, and what to do about it."""
    times: tuple[StepTime, ...] = ()
    """Of the steps that were begun; behind the last step the time of the verification."""
    command: ProcessMark | None = None
    """The command that runs, or ran last, where it is a process."""
    by: Runner | None = None
    away: tuple[Downtime, ...] = ()
    """How long services were not there."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None before its end."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    @property
    def changed_nothing(self) -> bool:
        """Whether no step was begun, or none but such as change nothing."""
        if self.state is JobState.QUEUED:
            return True
        return all(step.changes_nothing for step in self.plan.steps[: self.step + 1])


def first_grace(status: JobStatus, grace: float) -> float:
    """Seconds between asking the command of a job to stop, and insisting."""
    steps = status.plan.steps
    undoes = status.step < len(steps) and steps[status.step].rolls_back
    return max(grace, UNDOING_SECONDS) if undoes else grace


NOTHING_CHANGED: Final = SafeText("Nothing was changed.")
"""Of a job whose check refused: how the services are, which it left alone, is no news."""
JobListener = Callable[[JobStatus], None]


class WatchedJob(Protocol):
    """A job as a screen watches it: this console's own, or another's."""

    @property
    def status(self) -> JobStatus:
        """How it stands."""
        ...

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, on any thread, until the result is called."""
        ...


@runtime_checkable
class CancellableJob(WatchedJob, Protocol):
    """One that whoever watches it may end."""

    def cancel(self) -> None:
        """Ask it to stop. May block for a moment.

        Raises:
            FileError: It can't be asked.
        """
        ...


class Job:
    """A running plan, seen from outside. Every method may be called from any thread.

    Args:
        status: How it begins.
        grace: Seconds between asking a command to stop, insisting, and killing it.
    """

    def __init__(self, status: JobStatus, *, grace: float = GRACE_SECONDS) -> None:
        self._status = status
        self._grace = grace
        self._lock = threading.Lock()
        self._listeners: list[JobListener] = []
        self._command: RunningCommand | None = None
        self._over = threading.Event()
        self.wake = threading.Event()
        """Set when the job's thread has something new to look at."""

    @property
    def status(self) -> JobStatus:
        """How it stands."""
        with self._lock:
            return self._status

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called.

        It is called on a thread of the job, and must return at once.
        """
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Block until it has ended, or until `timeout` seconds have passed."""
        self._over.wait(timeout)
        return self.status

    def cancel(self) -> None:
        """Ask it to stop: the command that runs is interrupted, and no other is begun.

        Returns at once. What it means is in the step's `cancelling`.
        """
        with self._lock:
            if self._status.state.ended or self._status.cancelling:
                return
            self._status = replace(self._status, cancelling=True)
            command = self._command
        self._tell()
        self.wake.set()
        if command is not None:
            self._stop(command)

    # For the thread that runs the job.

    def update(self, change: Callable[[JobStatus], JobStatus]) -> None:
        """Change the status and tell the listeners."""
        with self._lock:
            self._status = change(self._status)
        self._tell()

    def attend(self, command: RunningCommand) -> int:
        """Wait for a command, which `cancel` stops meanwhile.

        Returns:
            Its exit code.
        """
        with self._lock:
            self._command = command
            cancelling = self._status.cancelling
        if cancelling:  # it was asked for while the command was being started
            self._stop(command)
        code = command.wait()
        with self._lock:
            self._command = None
        return code if code is not None else -1

    def finish(self, change: Callable[[JobStatus], JobStatus]) -> None:
        """The last change of the status."""
        self.update(change)
        self._over.set()

    def _tell(self) -> None:
        with self._lock:
            status, listeners = self._status, list(self._listeners)
        for listener in listeners:
            try:
                listener(status)
            except Exception:  # a screen that fails must not leave a change half done
                log.exception("a listener of job %s failed", status.id)

    def _stop(self, command: RunningCommand) -> None:
        patience = first_grace(self.status, self._grace)

        def insist() -> None:
            command.interrupt()
            if command.wait(patience) is None:
                command.terminate()
                if command.wait(self._grace) is None:
                    command.kill()

        threading.Thread(target=insist, name="job-cancel", daemon=True).start()
