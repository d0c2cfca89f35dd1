"""The steps of a job, as lines. Pure."""

from datetime import datetime
from typing import Final

from textual.content import Content

from pixel_tui.humanize import span
from pixel_tui.operations.jobs.job import JobState, JobStatus
from pixel_tui.text import SafeText

MAX_STEPS: Final = 8
"""The number of steps that are shown, around the running one."""
_DONE: Final = ("✓", "$text-success bold")
_RUNNING: Final = ("▸", "$text-primary bold")
_FAILED: Final = ("✗", "$text-error bold")
_CANCELLED: Final = ("■", "$text-warning bold")
_PENDING: Final = ("·", "$foreground-muted")


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
    first = max(0, min(len(status.step_times) - MAX_STEPS // 2, len(lines) - MAX_STEPS))
    return lines[first : first + MAX_STEPS]


def _took(status: JobStatus, at: int, now: datetime) -> str:
    if at >= len(status.step_times):
        return ""
    time = status.step_times[at]
    end = time.finished_at or status.finished_at or now
    return span((end - time.started_at).total_seconds())


def _mark(status: JobStatus, at: int, verification: int) -> tuple[str, str]:
    if at >= len(status.step_times):
        return _PENDING
    last = at == len(status.step_times) - 1
    if not last or status.state is JobState.SUCCEEDED:
        return _DONE
    if not status.state.finished:
        verifies = status.state is JobState.VERIFYING
        return _RUNNING if status.step_times[at].finished_at is None or verifies else _DONE
    if status.state is JobState.FAILED:
        return _FAILED
    if status.state is JobState.ABANDONED and at != verification:
        return {0: _DONE, None: _CANCELLED}.get(status.exit_code, _FAILED)
    return _CANCELLED
