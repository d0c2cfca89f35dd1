"""The jobs that this console started, and those of other consoles that it settles.

A read-only console has no object of this class: `Watching` is in its place.
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
from screens.changes.watching import on_this_loop

# What a change needs is imported with the first one: the table is shown before that.
if TYPE_CHECKING:
    from pixel_tui.environment.apply.confirmation import Confirmation, Waiting
    from pixel_tui.operations.jobs.job import Job, JobStatus, WatchedJob
    from pixel_tui.operations.jobs.lock import LockOwner
    from pixel_tui.operations.jobs.supervisor import JobSupervisor
    from pixel_tui.operations.operator import Operator
    from pixel_tui.operations.planning.plan import Plan

log = logging.getLogger(__name__)

APPLY: Final = "environment-apply"
"""The action whose job waits to be confirmed."""


class ConsoleJobs:
    """Runs plans as jobs, keeps these jobs, and shows them.

    Args:
        make_operator: Makes the operator when the first job needs it.
        command: How compose is called.
        clock: The time.
        state_folder: Where an apply of this stack is confirmed.
        confirm_keys: With which keys.
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
        """Jobs of other consoles that were settled, or that run without one."""
        self._running: set[str] = set()
        """Jobs of this console whose end has not been reported."""
        self._waiting: Waiting | None = None

    @property
    def _operator(self) -> "Operator":
        with self._making:
            if self._made is None:
                self._made = self._make_operator()
            return self._made

    def watch_jobs(self) -> None:
        """See the jobs of other consoles from now on, and settle what was left. Blocks."""

        def found(status: "JobStatus") -> None:
            self._found.append(status)
            self._changed()

        # Known before it looks: what it sees at once is asked for at once, and told once only.
        self._watch = self._operator.supervise(self._tell_changed, found)
        self._watch.start()

    def _tell_changed(self) -> None:
        self._changed()

    @property
    def running(self) -> int:
        """How many jobs are under way."""
        return len(self.under_way)

    @property
    def under_way(self) -> "Sequence[Job]":
        """The jobs that have not ended."""
        jobs = self._made.jobs if self._made else ()
        return [job for job in jobs if not job.status.state.finished]

    def statuses(self) -> "Sequence[JobStatus]":
        """Every job that is known, of this console and of others, newest first."""
        own = [job.status for job in self._made.jobs] if self._made else []
        if self._watch is None:
            return own
        from pixel_tui.operations.jobs.reader import merge_jobs

        return merge_jobs(own, self._watch.latest.jobs)

    @property
    def other(self) -> "LockOwner | None":
        """Another user, who changes the stack at the moment."""
        return self._watch.latest.other_owner if self._watch is not None else None

    def news(self, watched: str) -> "Sequence[JobStatus]":
        """What has to be told: jobs that have ended, or that were found, since it was asked last.

        Args:
            watched: The job whose end is seen anyway.
        """
        told = [self._found.popleft() for _ in range(len(self._found))]
        for job in self._made.jobs if self._made else ():
            status = job.status
            if not status.state.finished:
                self._running.add(status.id)
            elif status.id in self._running:
                self._running.discard(status.id)
                if status.id != watched:
                    told.append(status)
        return told

    @property
    def cancelling(self) -> SafeText:
        """What it means to cancel the job that runs."""
        for job in self.under_way:
            status = job.status
            return status.plan.steps[status.step].cancel_effect
        return SafeText("")

    @property
    def seconds_to_confirm(self) -> float | None:
        """Before an apply is rolled back that waits to be confirmed; None where none waits."""
        waiting = self._waiting
        return waiting.seconds if waiting is not None and self.applies else None

    @property
    def applies(self) -> bool:
        """Whether a new environment is being applied, by this console or another."""
        return bool(self.waiting_job)

    @property
    def waiting_job(self) -> str:
        """The id of the job that applies an environment; empty where none does."""
        return next((status.id for status in self._applying), "")

    @property
    def _applying(self) -> "Iterator[JobStatus]":
        return (
            status
            for status in self.statuses()
            if status.plan.action == APPLY and not status.state.finished
        )

    def open_waiting(self, screen: Screen[None]) -> None:
        """Show the job that waits to be confirmed, where it is not shown already."""
        job_id = self.waiting_job
        if not job_id:
            screen.notify("Nothing to confirm.", timeout=3)
        elif getattr(screen.app.screen, "watched_job", "") != job_id:
            self.open(screen, job_id)

    def look_whether_one_waits(self) -> None:
        """Find out whether an apply waits to be confirmed, and how long. Blocks."""
        try:
            self._waiting = self._confirmation.waiting()
        except FileError:  # the job's output says what is wrong with it
            self._waiting = None

    def cancel_all(self) -> None:
        """Ask every job of this console to stop."""
        for job in self.under_way:
            job.cancel()

    def close(self) -> None:
        """The console ends: begin nothing more, and record what still runs."""
        if self._watch is not None:
            self._watch.close()
        try:
            if self._made is not None:
                self._made.close()
        except FileError:
            log.exception("what still runs is not in the audit")

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this, on the event loop, whenever a job moves."""
        self._changed = on_this_loop(listener)

    def run(self, plan: "Plan") -> "Job":
        """Start a plan. Blocks: it takes the lock and writes the audit record.

        Raises:
            PlanOutdated: The stack has changed since the plan was made.
            ConsoleError: It can't be started.
        """
        return self._operator.run(plan)

    def follow(self, screen: Screen[None], job: "Job") -> None:
        """Show a job that was just started, and report its end."""
        self._running.add(job.status.id)
        job.subscribe(lambda _status: self._changed())
        self._changed()
        self._show(screen, job)

    def open(self, screen: Screen[None], job_id: str) -> None:
        """Show a job again."""
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
        """What asks for the confirmation that an apply may wait for."""
        from pixel_tui.environment.apply.confirmation import Confirmation

        marks = (each.env_mark for each in self._command.each_edited)
        return Confirmation(self._state_folder, *marks)
