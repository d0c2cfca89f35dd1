"""The result of a job whose pixel-tui died. Pure, except that it checks processes and the lock.

The running command continues without pixel-tui; later steps never start. An exit code that was
not recorded stays unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pixel_tui.environment.apply.confirmation import ROLL_BACK_HINT
from pixel_tui.errors import NOTHING_CHANGED
from pixel_tui.humanize import listed
from pixel_tui.operations.jobs.expectations import (
    ExpectationResult,
    ExpectationState,
    describe_results,
)
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.operations.jobs.lock import LockOwner, lock_holder, lock_path
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import SafeText, plain

ORPHANED_MESSAGE: Final = SafeText(
    "Its pixel-tui is gone. The command runs to its end; no later step starts."
)


class Liveness(StrEnum):
    """Whether an unfinished job still runs, and where."""

    SUPERVISED = "supervised"
    """A pixel-tui on this machine runs it."""
    ORPHANED = "orphaned"
    """Its pixel-tui is gone, and its command still runs."""
    DEAD = "dead"
    """Nothing of it runs any more."""
    REMOTE = "remote"
    """It runs, or ran, on another machine."""


def liveness_of(
    status: JobStatus,
    *,
    host: str,
    locks: Path,
    holder: Callable[[Path], LockOwner | None] = lock_holder,
) -> Liveness:
    """Return whether an unfinished job still runs, and where.

    Args:
        status: The recorded status of the job.
        host: The name of this machine.
        locks: The folder of the locks.
        holder: Returns the owner of a lock.
    """
    if status.runner is not None and status.runner.host != host:
        return Liveness.REMOTE
    if (
        status.runner is not None
        and status.runner.process is not None
        and status.runner.process.is_running
    ):
        return Liveness.SUPERVISED
    if status.command is not None and status.command.is_running:
        return Liveness.ORPHANED
    plan = status.plan
    owner = holder(lock_path(locks, engine=plan.engine, project=plan.project))
    # A child process may outlive the command, and holds the lock too.
    return Liveness.ORPHANED if owner is not None and owner.job == status.id else Liveness.DEAD


def settled_status(
    status: JobStatus,
    results: Sequence[ExpectationResult],
    *,
    code: int | None,
    cancelled: bool,
    ended: datetime,
    last_line: str = "",
    note: str = "",
) -> JobStatus:
    """Return the final status of a job whose pixel-tui died.

    Args:
        status: The last recorded status.
        results: The results of its expectations now.
        code: The exit code of the last started command; None if unknown.
        cancelled: Whether a cancellation was requested.
        ended: When the last of it ended, as far as known.
        last_line: The last output line of its commands.
        note: What it has left unfinished, according to its own records.
    """
    ran = _what_ran(status, code, last_line)
    met = all(result.state is ExpectationState.MET for result in results)
    complete = met and _all_ran(status, code) and not note
    how = f"Now {describe_results(results)}." if results else ""
    if status.changed_nothing:
        how = "" if status.state is JobState.QUEUED else NOTHING_CHANGED
    words = [
        "It was cancelled after its pixel-tui was gone."
        if cancelled
        else "Its pixel-tui was gone.",
        *ran,
        note,
        how,
        "Everything is as planned." if complete else "Run it again if you still need it.",
    ]
    return replace(
        status,
        state=JobState.CANCELLED if cancelled else JobState.ABANDONED,
        finished_at=ended,
        exit_code=code,
        cancel_requested=cancelled,
        message=plain(redact(" ".join(word for word in words if word))),
    )


def can_roll_back(status: JobStatus) -> bool:
    """Whether a finished job left an apply that can be rolled back."""
    return status.state.finished and ROLL_BACK_HINT in status.message


def last_exit_code(status: JobStatus, written: int | None) -> int | None:
    """Return the exit code of the last started step; None if unknown.

    Args:
        status: The last recorded status.
        written: The exit code in the file beside the output. The file of the previous step is
            removed before a step is recorded as started.
    """
    if status.state is not JobState.RUNNING or (
        status.step_times and status.step_times[-1].finished_at
    ):
        return status.exit_code
    return written


def _what_ran(status: JobStatus, code: int | None, last: str) -> list[str]:
    steps = status.plan.steps
    if status.state is JobState.QUEUED:
        return ["Nothing was started."]
    if status.state is JobState.VERIFYING:
        return ["Every step succeeded, but was not verified."]
    title = steps[status.step].title
    known = f"exited with {exit_words(code)}" if code is not None else "exit code unknown"
    sentences = [f"{title} (step {status.step + 1} of {len(steps)}) {known}."]
    if rest := [step.title for step in steps[status.step + 1 :]]:
        sentences.append(f"Never started: {listed(rest)}.")
    if last:
        sentences.append(f"Last output: {last}.")
    return sentences


def _all_ran(status: JobStatus, code: int | None) -> bool:
    last = status.step == len(status.plan.steps) - 1
    return status.state is JobState.VERIFYING or (last and code == 0)
