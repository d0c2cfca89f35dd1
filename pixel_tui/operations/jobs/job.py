"""Jobs: plans that are running or have run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from pixel_tui.listeners import Listeners
from pixel_tui.operations.planning.plan import Plan
from pixel_tui.stack.programs.process import RunningCommand
from pixel_tui.stack.programs.process_mark import ProcessMark
from pixel_tui.text import NO_TEXT, SafeText

GRACE_SECONDS: Final = 10.0
ROLL_BACK_SECONDS: Final = 1800.0
"""The time for a cancelled step to roll back, which may include builds."""


class JobState(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    VERIFYING = "verifying"
    """Every command succeeded; the result is being verified."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    """Its pixel-tui died: the running command continued, and no further one was started."""

    @property
    def finished(self) -> bool:
        """Whether it is over, in any way."""
        return self not in {JobState.QUEUED, JobState.RUNNING, JobState.VERIFYING}


@dataclass(frozen=True, slots=True)
class StepTime:
    """When a step or the verification ran, UTC."""

    started_at: datetime
    finished_at: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """The duration; None until it has finished."""
        return (
            None
            if self.finished_at is None
            else (self.finished_at - self.started_at).total_seconds()
        )


@dataclass(frozen=True, slots=True)
class Runner:
    """The user, host and process that run a job."""

    user: str
    host: str
    process: ProcessMark | None = None
    """The pixel-tui process; None if unknown."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """How long a service was down during a job."""

    service: SafeText
    seconds: float


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The status of a job at one moment."""

    id: str
    plan: Plan
    output: Path
    """The raw output of the commands, neither cleaned nor redacted."""
    state: JobState = JobState.QUEUED
    step: int = 0
    """The index of the current or last step."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    """The exit code of the last finished command."""
    cancel_requested: bool = False
    """Whether a cancellation was requested."""
    message: SafeText = NO_TEXT
    """The state of the services, and what to do about it."""
    step_times: tuple[StepTime, ...] = ()
    """The times of the started steps, and after the last step that of the verification."""
    command: ProcessMark | None = None
    """The process of the current or last command, if there is one."""
    runner: Runner | None = None
    downtimes: tuple[Downtime, ...] = ()
    """The downtimes of services during the job."""

    @property
    def seconds(self) -> float | None:
        """The duration; None until it has finished."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def changed_nothing(self) -> bool:
        """Whether no step that changes something was started."""
        if self.state is JobState.QUEUED:
            return True
        return all(step.changes_nothing for step in self.plan.steps[: self.step + 1])


def interrupt_grace(status: JobStatus, grace: float) -> float:
    """Return the seconds between SIGINT and SIGTERM when a job is cancelled."""
    steps = status.plan.steps
    rolls_back = status.step < len(steps) and steps[status.step].rolls_back
    return max(grace, ROLL_BACK_SECONDS) if rolls_back else grace


JobListener = Callable[[JobStatus], None]


class WatchedJob(Protocol):
    """A job that a screen watches: of this process or of another."""

    @property
    def status(self) -> JobStatus:
        """The current status."""
        ...

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, on any thread, until the result is called."""
        ...


@runtime_checkable
class CancellableJob(WatchedJob, Protocol):
    """A watched job that can be cancelled."""

    def cancel(self) -> None:
        """Request its cancellation. May block briefly.

        Raises:
            FileError: The request can't be written.
        """
        ...


class Job:
    """A job of this process. Every method may be called from any thread.

    Args:
        status: The initial status.
        grace: Seconds between SIGINT, SIGTERM and SIGKILL when it is cancelled.
    """

    def __init__(self, status: JobStatus, *, grace: float = GRACE_SECONDS) -> None:
        self._status = status
        self._grace = grace
        self._lock = threading.Lock()
        self._listeners = Listeners[[JobStatus]]()
        self._command: RunningCommand | None = None
        self._finished = threading.Event()
        self.wake = threading.Event()
        """Set when the job's thread must check the job again."""

    @property
    def status(self) -> JobStatus:
        """The current status."""
        with self._lock:
            return self._status

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called.

        It is called on a thread of the job, and must return at once.
        """
        return self._listeners.subscribe(listener)

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Block until it has finished, or for `timeout` seconds."""
        self._finished.wait(timeout)
        return self.status

    def cancel(self) -> None:
        """Interrupt the running command and start no further one. Returns at once.

        The step's `cancel_effect` says what that leaves behind.
        """
        with self._lock:
            if self._status.state.finished or self._status.cancel_requested:
                return
            self._status = replace(self._status, cancel_requested=True)
            command = self._command
        self._listeners.notify(self.status)
        self.wake.set()
        if command is not None:
            self._stop(command)

    # For the thread that runs the job.

    def update(self, change: Callable[[JobStatus], JobStatus]) -> None:
        """Change the status and notify the listeners."""
        with self._lock:
            self._status = change(self._status)
        self._listeners.notify(self.status)

    def wait_for(self, command: RunningCommand) -> int:
        """Wait for a command, which `cancel` may stop; returns its exit code."""
        with self._lock:
            self._command = command
            cancelling = self._status.cancel_requested
        if cancelling:  # requested while the command was being started
            self._stop(command)
        code = command.wait()
        with self._lock:
            self._command = None
        return code if code is not None else -1

    def finish(self, change: Callable[[JobStatus], JobStatus]) -> None:
        """Make the final change of the status."""
        self.update(change)
        self._finished.set()

    def _stop(self, command: RunningCommand) -> None:
        interrupt_seconds = interrupt_grace(self.status, self._grace)

        def insist() -> None:
            command.interrupt()
            if command.wait(interrupt_seconds) is None:
                command.terminate()
                if command.wait(self._grace) is None:
                    command.kill()

        threading.Thread(target=insist, name="job-cancel", daemon=True).start()
