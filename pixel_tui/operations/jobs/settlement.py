"""What became of a job whose console died. Pure, but for a look at processes and the lock.

A command goes on to its end without its console; the steps behind it are never begun. Nothing
is claimed that is not known: an exit code that nobody wrote down stays unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pixel_tui.operations.jobs.job import NOTHING_CHANGED, JobState, JobStatus
from pixel_tui.operations.jobs.lock import Owner, holder, lock_path
from pixel_tui.operations.jobs.outcomes import ExpectationResult, ExpectationState, sentence
from pixel_tui.operations.planning.words import listed
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import SafeText, plain

ALONE_WORDS: Final = SafeText(
    "Its pixel-tui is gone. The command runs to its end; no later step starts."
)


TAKE_BACK: Final = SafeText("`environment-roll-back` restores the previous state.")


class Hold(StrEnum):
    """Who sees to a job that was not written down as ended."""

    RUN = "run"
    """A console of this machine."""
    ALONE = "alone"
    """Nobody: its console is gone, and its command still runs."""
    OVER = "over"
    """Nobody, and nothing of it runs any more."""
    ELSEWHERE = "elsewhere"
    """Another machine knows."""


def hold_of(
    status: JobStatus,
    *,
    host: str,
    locks: Path,
    holder: Callable[[Path], Owner | None] = holder,
) -> Hold:
    """Who sees to a job.

    Args:
        status: A job that was not written down as ended.
        host: The name of this machine.
        locks: Where the locks are.
        holder: Finds out who holds a lock.
    """
    if status.by is not None and status.by.host != host:
        return Hold.ELSEWHERE
    if status.by is not None and status.by.process is not None and status.by.process.is_running:
        return Hold.RUN
    if status.command is not None and status.command.is_running:
        return Hold.ALONE
    plan = status.plan
    owner = holder(lock_path(locks, engine=plan.engine, project=plan.project))
    # What a command started may outlive it, and holds the lock as well.
    return Hold.ALONE if owner is not None and owner.job == status.id else Hold.OVER


def settled(
    status: JobStatus,
    findings: Sequence[ExpectationResult],
    *,
    code: int | None,
    cancelled: bool,
    ended: datetime,
    said: str = "",
    note: str = "",
) -> JobStatus:
    """How a job ended that nobody saw to.

    Args:
        status: As it was written down last.
        findings: How its expectations stand now.
        code: The exit code of the command that was started last; None if not known.
        cancelled: Somebody asked for it to be cancelled.
        ended: When the last of it ended, as far as that is known.
        said: The last that its commands said.
        note: What it has written down itself of what is left undone.
    """
    ran = _what_ran(status, code, said)
    met = all(finding.standing is ExpectationState.MET for finding in findings)
    complete = met and _all_ran(status, code) and not note
    how = f"Now {sentence(findings)}." if findings else ""
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
        ended=ended,
        exit_code=code,
        cancelling=cancelled,
        message=plain(redact(" ".join(word for word in words if word))),
    )


def can_be_taken_back(status: JobStatus) -> bool:
    """Whether a job that was settled left something half done that can be put back."""
    return status.state.ended and TAKE_BACK in status.message


def last_code(status: JobStatus, written: int | None) -> int | None:
    """The exit code of the step that was begun last; None if not known.

    Args:
        status: As it was written down last.
        written: What lies beside the output. What was of the step before is removed before
            this one is written down as begun.
    """
    if status.state is not JobState.RUNNING or (status.times and status.times[-1].ended):
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
    said = [f"{title} (step {status.step + 1} of {len(steps)}) {known}."]
    if rest := [step.title for step in steps[status.step + 1 :]]:
        said.append(f"Never started: {listed(rest)}.")
    if last:
        said.append(f"Last output: {last}.")
    return said


def _all_ran(status: JobStatus, code: int | None) -> bool:
    last = status.step == len(status.plan.steps) - 1
    return status.state is JobState.VERIFYING or (last and code == 0)
