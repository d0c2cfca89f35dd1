"""The jobs pane: what this console has done and is doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from pixel_tui.operations.job import JobState, JobStatus
from widgets.options import Options
from widgets.rows.figures import span

STATE_LOOKS: Final = {
    JobState.QUEUED: ("· queued", "$foreground-muted"),
    JobState.RUNNING: ("▸ running", "$text-primary bold"),
    JobState.VERIFYING: ("◌ verifying", "$text-primary bold"),
    JobState.SUCCEEDED: ("✓ succeeded", "$text-success bold"),
    JobState.FAILED: ("✗ failed", "$text-error bold"),
    JobState.CANCELLED: ("■ cancelled", "$text-warning bold"),
}
"""A word and a style for each state."""


class JobList(Options):
    """One line a job, newest first; Enter opens one."""

    BINDING_GROUP_TITLE = "Jobs"
    DEFAULT_CSS = """
    JobList { border: none; padding: 0 1; background: transparent; height: 1fr; }
    JobList:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="jobs.down"),
        Binding("k", "cursor_up", "Up", show=False, id="jobs.up"),
    ]

    @dataclass
    class Chosen(Message):
        """The operator wants to see a job."""

        job_id: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(Option("No jobs yet.", disabled=True), id=id, markup=False)

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        """Show these jobs."""
        at = self.highlighted
        self.set_options([Option(_line(job, now), id=job.id) for job in jobs])
        if jobs:
            self.highlighted = min(at or 0, len(jobs) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which one."""
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(event.option_id))


def _line(job: JobStatus, now: datetime) -> Content:
    word, style = STATE_LOOKS[job.state]
    end = job.ended or now
    began = job.started or end
    took = span((end - began).total_seconds())
    return Content.assemble(
        (f"{began.astimezone():%H:%M:%S}  ", "$foreground-muted"),
        (f"{word:<12}", style),
        (f"{took:>6}  ", "$foreground-muted"),
        (job.plan.title, ""),
        (f"  {job.message}" if job.message else "", "$foreground-muted"),
    )
