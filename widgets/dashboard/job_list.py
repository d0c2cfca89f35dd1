"""The list of jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from pixel_tui.humanize import span
from widgets.lines.options import Options

# Imported with the first job, so that the table is shown sooner.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus
    from pixel_tui.operations.jobs.lock import LockOwner

STATE_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "queued": ("· queued", "$foreground-muted"),
    "running": ("▸ running", "$text-primary bold"),
    "verifying": ("◌ verifying", "$text-primary bold"),
    "succeeded": ("✓ succeeded", "$text-success bold"),
    "failed": ("✗ failed", "$text-error bold"),
    "cancelled": ("■ cancelled", "$text-warning bold"),
    "abandoned": ("▪ abandoned", "$text-warning bold"),
}
"""A word and a style for each `JobState`, by its value."""
OTHER: Final = "other"
"""The id of the line for another user's job, whose own id is unknown."""


class JobList(Options):
    """Shows one line a job, newest first; Enter opens one."""

    BINDING_GROUP_TITLE = "Jobs"
    DEFAULT_CSS = """
    JobList { border: none; background: transparent; height: 1fr; }
    JobList:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="jobs.down"),
        Binding("k", "cursor_up", "Up", show=False, id="jobs.up"),
    ]

    @dataclass
    class Selected(Message):
        """A job was selected with Enter or a click."""

        job_id: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(Option("No jobs yet.", disabled=True), id=id, markup=False)

    def show(
        self, jobs: "Sequence[JobStatus]", now: datetime, other: "LockOwner | None" = None
    ) -> None:
        """Show these jobs.

        Args:
            jobs: The jobs, newest first.
            now: The time, for durations.
            other: The owner of another user's job; None if there is none.
        """
        shown, before = self.options, self.highlighted_option
        lines = [Option(_line(job, now), id=job.id) for job in jobs]
        if other is not None:
            lines.insert(0, Option(_other_line(other), id=OTHER))
        ids = [line.id for line in lines]
        if ids == [option.id for option in shown]:  # keeps the scroll position
            for at, line in enumerate(lines):
                if line.prompt != shown[at].prompt:
                    self.replace_option_prompt_at_index(at, line.prompt)
            return
        self.set_options(lines)
        if lines:
            # A new job is added at the top: a user who is in the list stays on the same job, any
            # other finds the newest selected.
            kept = self.screen.focused is self and before is not None and before.id in ids
            self.highlighted = ids.index(before.id) if before is not None and kept else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Post the selected job."""
        event.stop()
        if event.option_id:
            self.post_message(self.Selected(event.option_id))


def _other_line(owner: "LockOwner") -> Content:
    word, style = STATE_LOOKS["running"]
    return Content.assemble(
        (f"{word:<12}", style),
        f"  {owner.title}",
        (f"  {owner.description}", "$foreground-muted"),
    )


def _line(job: "JobStatus", now: datetime) -> Content:
    word, style = STATE_LOOKS[job.state]
    end = job.finished_at or now
    began = job.started_at or end
    took = span((end - began).total_seconds())
    return Content.assemble(
        (f"{began.astimezone():%H:%M:%S}  ", "$foreground-muted"),
        (f"{word:<12}", style),
        (f"{took:>7}  ", "$foreground-muted"),
        (job.plan.title, ""),
        (f"  {job.message}" if job.message else "", "$foreground-muted"),
    )
