"""The jobs pane: running and finished jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from pixel_tui.clock import Clock
from screens.changes.flow import Operations
from screens.changes.read_only_jobs import ReadOnlyJobs
from screens.shared.composed import when_composed
from screens.shared.pane_title import pane_title
from widgets.bound_key import bound_key
from widgets.dashboard.job_list import OTHER, JobList

# Imported with the first job, so that the table is shown sooner.
if TYPE_CHECKING:
    from pixel_tui.operations.jobs.job import JobStatus


class JobsPane(Vertical):
    """Lists the jobs of all consoles of this user; Enter opens one.

    Args:
        operations: Starts jobs; None in a read-only console.
        read_only_jobs: Sees the jobs of other consoles if there are no operations.
        clock: The time.
    """

    @dataclass
    class Changed(Message):
        """A job has started, progressed or finished."""

        statuses: "Sequence[JobStatus]"
        running: int

    def __init__(
        self,
        operations: Operations | None,
        read_only_jobs: ReadOnlyJobs | None,
        clock: Clock,
        *,
        id: str,  # noqa: A002  Textual's own name for it
        classes: str,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._operations = operations
        self._jobs = operations.jobs if operations is not None else read_only_jobs
        self._clock = clock
        self._any_running = False
        """Whether a listed job has not finished."""

    def compose(self) -> ComposeResult:
        """The list."""
        self.border_title = Content(pane_title(self, "jobs", "5"))
        yield JobList()

    def on_mount(self) -> None:
        """Follow the jobs."""
        if self._jobs is not None:
            self._jobs.on_change(self._jobs_changed)

    @on(JobList.Selected)
    def _selected(self, event: JobList.Selected) -> None:
        if self._jobs is None:
            return
        other = self._jobs.other
        if event.job_id != OTHER:
            self._jobs.open(self.app.screen_stack[0], event.job_id)
        elif other is not None:
            words = f"{other.title}: {other.description}. Only that user can read its output."
            self.notify(words, timeout=10, markup=False)

    def tick(self) -> None:
        """Update the durations of running jobs."""
        if self._jobs is not None and self._any_running:
            self.query_one(JobList).show(self._jobs.statuses(), self._clock.now(), self._jobs.other)

    @when_composed
    def _jobs_changed(self) -> None:
        if self._jobs is None:
            return
        statuses, other = self._jobs.statuses(), self._jobs.other
        self.query_one(JobList).show(statuses, self._clock.now(), other)
        self._any_running = any(not status.state.finished for status in statuses)
        running = sum(not status.state.finished for status in statuses) + (other is not None)
        self.post_message(self.Changed(statuses, running))
        if self._operations is not None:
            self._notify_finished(self._operations)

    def _notify_finished(self, operations: Operations) -> None:
        """Notify of finished jobs that are not shown, and of jobs found of other consoles."""
        watched = getattr(self.app.screen, "watched_job", "")
        for status in operations.jobs.newly_finished(watched):
            jobs = bound_key(self.screen, "pane.jobs", "5")
            words = f"{status.plan.title} {status.state.value}. {status.message} ({jobs}: the jobs)"
            well = status.state.value == "succeeded"
            severity: Literal["information", "warning"] = "information" if well else "warning"
            self.notify(words, severity=severity, timeout=10, markup=False)
            if not well:
                operations.offer_roll_back(self.app.screen_stack[0], status)
