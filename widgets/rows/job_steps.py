"""The steps of a job, as lines. Pure."""

from datetime import datetime
from typing import Final

from textual.content import Content

from pixel_tui.humanize import span
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.text import SafeText

LONGEST: Final = 8
"""As many steps are shown at most: those around the one that runs."""
_DONE: Final = ("✓", "$text-success bold")
_RUNS: Final = ("▸", "$text-primary bold")
_ENDED_BADLY: Final = ("✗", "$text-error bold")
_ENDED_EARLY: Final = ("■", "$text-warning bold")
_TO_COME: Final = ("·", "$foreground-muted")


def step_lines(status: JobStatus, now: datetime) -> list[Content]:
    """One line a step, with a mark and a time, and one for the verification."""
    titles = [*(step.title for step in status.plan.steps), SafeText("verify")]
    lines = [
        Content.assemble(
            _mark(status, at, len(titles) - 1),
            f" {title}",
            (f"  {_took(status, at, now)}", "$foreground-muted"),
        )
        for at, title in enumerate(titles)
    ]
    first = max(0, min(len(status.step_times) - LONGEST // 2, len(lines) - LONGEST))
    return lines[first : first + LONGEST]


def _took(status: JobStatus, at: int, now: datetime) -> str:
    if at >= len(status.step_times):
        return ""
    time = status.step_times[at]
    end = time.finished_at or status.finished_at or now
    return span((end - time.started_at).total_seconds())


def _mark(status: JobStatus, at: int, verification: int) -> tuple[str, str]:
    if at >= len(status.step_times):
        return _TO_COME
    last = at == len(status.step_times) - 1
    if not last or status.state is JobState.SUCCEEDED:
        return _DONE
    if not status.state.finished:
        verifies = status.state is JobState.VERIFYING
        return _RUNS if status.step_times[at].finished_at is None or verifies else _DONE
    if status.state is JobState.FAILED:
        return _ENDED_BADLY
    if status.state is JobState.ABANDONED and at != verification:
        return {0: _DONE, None: _ENDED_EARLY}.get(status.exit_code, _ENDED_BADLY)
    return _ENDED_EARLY
