"""The jobs of this console, and those of other consoles that it settles.

A read-only console has `ReadOnlyJobs` instead.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.screen import Screen

from pixel_tui.clock import Clock
from pixel_tui.confirm_keys import DEFAULT_KEYS, ConfirmKeys
from pixel_tui.errors import FileError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.text import SafeText
from screens.changes.read_only_jobs import call_on_loop

# Imported with the first change, so that the table is shown sooner.
if TYPE_CHECKING:
    from pixel_tui.environment.apply.confirmation import Confirmation, Waiting
    from pixel_tui.operations.jobs.job import Job, JobStatus, WatchedJob
    from pixel_tui.operations.jobs.lock import LockOwner
    from pixel_tui.operations.jobs.supervisor import JobSupervisor
    from pixel_tui.operations.operator import Operator
    from pixel_tui.operations.planning.plan import Plan

log = logging.getLogger(__name__)

APPLY: Final = "environment-apply"
"""The action whose job waits for confirmation."""


class ConsoleJobs:
    """Runs plans as jobs, and keeps and shows these jobs.

    Args:
        make_operator: Makes the operator, when the first job needs it.
        command: The compose command.
        clock: The time.
        state_folder: The folder in which an apply is confirmed.
        confirm_keys: The keys that confirm an apply.
    """

    def __init__(
        self,
        make_operator: "Callable[[], Operator]",
        command: ComposeCommand,
        clock: Clock,
        state_folder: Path,
        confirm_keys: ConfirmKeys = DEFAULT_KEYS,
    ) -> None:
        self.confirm_keys = confirm_keys
        self._make_operator = make_operator
        self._made: Operator | None = None
        self._command = command
        self._clock = clock
        self._state_folder = state_folder
        self._changed: Callable[[], None] = lambda: None
        self._making = threading.Lock()
        self._watch: JobSupervisor | None = None
        self._found: deque[JobStatus] = deque()
        """Jobs of other consoles that were settled, or that run without a console."""
        self._running: set[str] = set()
        """The ids of jobs of this console whose result has not been reported."""
        self._waiting: Waiting | None = None

    @property
    def _operator(self) -> "Operator":
        with self._making:
            if self._made is None:
                self._made = self._make_operator()
            return self._made

    def watch_jobs(self) -> None:
        """Start to watch the jobs of other consoles, and settle abandoned ones. Blocks."""

        def found(status: "JobStatus") -> None:
            self._found.append(status)
            self._changed()

        # Assigned before it starts: it may notify immediately, and its jobs are read then.
        self._watch = self._operator.supervise(self._notify, found)
        self._watch.start()

    def _notify(self) -> None:
        self._changed()

    @property
    def running(self) -> int:
        """The number of unfinished jobs of this console."""
        return len(self.unfinished)

    @property
    def unfinished(self) -> "Sequence[Job]":
        """The unfinished jobs of this console."""
        jobs = self._made.jobs if self._made else ()
        return [job for job in jobs if not job.status.state.finished]

    def statuses(self) -> "Sequence[JobStatus]":
        """All known jobs, of this console and of others, newest first."""
        own = [job.status for job in self._made.jobs] if self._made else []
        if self._watch is None:
            return own
        from pixel_tui.operations.jobs.reader import merge_jobs

        return merge_jobs(own, self._watch.latest.jobs)

    @property
    def other(self) -> "LockOwner | None":
        """The owner of another user's running job; None if there is none."""
        return self._watch.latest.other_owner if self._watch is not None else None

    def newly_finished(self, watched: str) -> "Sequence[JobStatus]":
        """The jobs to report: those finished or found since the last call.

        Args:
            watched: The job on the screen, which needs no report.
        """
        finished = [self._found.popleft() for _ in range(len(self._found))]
        for job in self._made.jobs if self._made else ():
            status = job.status
            if not status.state.finished:
                self._running.add(status.id)
            elif status.id in self._running:
                self._running.discard(status.id)
                if status.id != watched:
                    finished.append(status)
        return finished

    @property
    def cancelling(self) -> SafeText:
        """The consequences of cancelling the running job."""
        for job in self.unfinished:
            status = job.status
            return status.plan.steps[status.step].cancel_effect
        return SafeText("")

    @property
    def seconds_to_confirm(self) -> float | None:
        """Seconds until the waiting apply is rolled back; None if none waits for confirmation."""
        waiting = self._waiting
        return waiting.seconds if waiting is not None and self.applying else None

    @property
    def applying(self) -> bool:
        """Whether an environment is being applied, by this console or another."""
        return bool(self.applying_job)

    @property
    def applying_job(self) -> str:
        """The id of the job that applies an environment; empty if there is none."""
        return next((status.id for status in self._apply_statuses), "")

    @property
    def _apply_statuses(self) -> "Iterator[JobStatus]":
        return (
            status
            for status in self.statuses()
            if status.plan.action == APPLY and not status.state.finished
        )

    def open_waiting(self, screen: Screen[None]) -> None:
        """Show the job that applies an environment, unless it is shown already."""
        job_id = self.applying_job
        if not job_id:
            screen.notify("Nothing to confirm.", timeout=3)
        elif getattr(screen.app.screen, "watched_job", "") != job_id:
            self.open(screen, job_id)

    def check_waiting(self) -> None:
        """Check if an apply waits for confirmation, and how long. Blocks."""
        try:
            self._waiting = self._confirmation.waiting()
        except FileError:  # the job's output has the error
            self._waiting = None

    def cancel_all(self) -> None:
        """Cancel all unfinished jobs of this console."""
        for job in self.unfinished:
            job.cancel()

    def close(self) -> None:
        """Start no more steps, and record the jobs that still run."""
        if self._watch is not None:
            self._watch.close()
        try:
            if self._made is not None:
                self._made.close()
        except FileError:
            log.exception("the running jobs can't be written to the audit trail")

    def on_change(self, listener: Callable[[], None]) -> None:
        """Set the listener that is called on the event loop whenever a job changes."""
        self._changed = call_on_loop(listener)

    def run(self, plan: "Plan") -> "Job":
        """Start a plan. Blocks: it takes the lock and writes the audit record.

        Raises:
            PlanOutdated: The stack has changed since the plan was made.
            ConsoleError: It can't be started.
        """
        return self._operator.run(plan)

    def follow(self, screen: Screen[None], job: "Job") -> None:
        """Show a new job, and report its result."""
        self._running.add(job.status.id)
        job.subscribe(lambda _status: self._changed())
        self._changed()
        self._show(screen, job)

    def open(self, screen: Screen[None], job_id: str) -> None:
        """Show a job by its id."""
        from pixel_tui.operations.jobs.supervisor import CancellableRemoteJob

        for job in self._operator.jobs:
            if job.status.id == job_id:
                self._show(screen, job)
                return
        status = self._watch.status(job_id) if self._watch is not None else None
        if self._watch is not None and status is not None:
            self._show(screen, CancellableRemoteJob(self._watch, status))

    def _show(self, screen: Screen[None], job: "WatchedJob") -> None:
        from screens.changes.job import JobScreen

        waits = job.status.plan.action == APPLY
        confirmation = self._confirmation if waits else None
        screen.app.push_screen(JobScreen(job, self._clock, confirmation, self.confirm_keys))

    @property
    def _confirmation(self) -> "Confirmation":
        """The confirmation of the edited environment files."""
        from pixel_tui.environment.apply.confirmation import Confirmation

        marks = (each.env_mark for each in self._command.each_edited)
        return Confirmation(self._state_folder, *marks)
