"""Seeing to the jobs of other consoles, beside seeing them.

It settles a job that nobody sees to, or has it settled, and cancels one where that is asked for.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pixel_tui.operations.jobs.folder import JobFolder
from pixel_tui.operations.jobs.job import GRACE_SECONDS, JobStatus, first_grace
from pixel_tui.operations.jobs.lock import holder
from pixel_tui.operations.jobs.settlement import Hold, hold_of
from pixel_tui.operations.jobs.sight import JobReader, RemoteJob
from pixel_tui.stack.programs.left_running import end_left_running
from pixel_tui.stack.programs.process_mark import ProcessMark, signal_group
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText

log = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 0.2
UPKEEP_SECONDS: Final = 60.0


class JobSupervisor(JobReader):
    """Looks at the jobs of one stack, on a thread of its own, and sees to those left alone.

    Args:
        folder: Where this user's jobs are.
        locks: Where the locks are.
        observer: Says which stack it is.
        settle: Finds out what became of a job that nobody sees to, and writes it down.
            Returns None where that can't be done yet.
        changed: Called on the thread when something has changed; must return at once.
        found: Called with each job that was settled, or found running alone.
        grace: Seconds between asking a command to stop, insisting, and killing it.
        upkeep: Called on the thread once a minute.
    """

    over_words = SafeText("Its pixel-tui is gone. Verifying the result.")

    def __init__(
        self,
        folder: JobFolder,
        locks: Path,
        observer: Observer,
        *,
        settle: Callable[[JobStatus], JobStatus | None],
        changed: Callable[[], None],
        found: Callable[[JobStatus], None],
        grace: float = GRACE_SECONDS,
        upkeep: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(folder, locks, observer, changed=changed, holder=holder)
        self._folder = folder
        self._settle = settle
        self._found = found
        self._grace = grace
        self._told: set[str] = set()
        self._upkeep = upkeep
        self._kept_up = -UPKEEP_SECONDS

    def look(self) -> None:
        """Look once."""
        super().look()
        if (now := time.monotonic()) - self._kept_up >= UPKEEP_SECONDS:
            self._kept_up = now
            self._upkeep()

    def cancel(self, job_id: str) -> None:
        """Ask whoever sees to a job to cancel it; where nobody does, stop its command. Blocks.

        Raises:
            FileError: It can't be asked for.
        """
        self._folder.ask_to_cancel(job_id)
        status = self._read.get(job_id)
        if status is None or status.command is None:
            return
        if hold_of(status, host=self._host, locks=self._locks) is Hold.ALONE:
            _stop(status.command, self._grace, first_grace(status, self._grace))

    def _hold(self, job: JobStatus) -> Hold:
        hold = super()._hold(job)
        if hold is Hold.OVER:
            status = self._settle(job)
            if status is not None:
                self._read[job.id] = status
                self._tell(status, "settled")
        elif hold is Hold.ALONE:
            self._tell(self._as_held(job, hold), "alone")
        return hold

    def _tell(self, status: JobStatus, what: str) -> None:
        if f"{status.id} {what}" not in self._told:
            self._told.add(f"{status.id} {what}")
            self._found(status)


class CancellableRemoteJob(RemoteJob):
    """A job of another console that can be cancelled.

    Args:
        watch: What sees it.
        status: How it was seen.
    """

    def __init__(self, watch: JobSupervisor, status: JobStatus) -> None:
        super().__init__(watch, status)
        self._watch = watch

    def cancel(self) -> None:
        """Ask for its end. Blocks for a moment.

        Raises:
            FileError: It can't be asked for.
        """
        self._watch.cancel(self._last.id)


def _stop(command: ProcessMark, grace: float, first: float) -> None:
    """Ask a command to stop, then insist, then kill it, as its console would have done.

    If it has ended, what it left running is ended.
    """

    def insist() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            try:
                if not signal_group(command, number):
                    return
            except PermissionError:
                log.warning("the command %s belongs to another user", command.pid)
                return
            deadline = time.monotonic() + (first if number is signal.SIGINT else grace)
            while command.is_running and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)

    def end() -> None:
        if command.is_running:
            insist()
        else:
            end_left_running(command)

    threading.Thread(target=end, name="job-cancel", daemon=True).start()
