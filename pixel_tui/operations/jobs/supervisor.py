"""Supervises the jobs of other pixel-tui processes: settles dead jobs, and cancels on request."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pixel_tui.operations.jobs.folder import JobFolder
from pixel_tui.operations.jobs.job import GRACE_SECONDS, JobStatus, interrupt_grace
from pixel_tui.operations.jobs.lock import lock_holder
from pixel_tui.operations.jobs.reader import JobReader, RemoteJob
from pixel_tui.operations.jobs.settlement import Liveness, liveness_of
from pixel_tui.stack.programs.left_running import end_left_running
from pixel_tui.stack.programs.process_mark import ProcessMark, signal_group
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText

log = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 0.2
MAINTENANCE_SECONDS: Final = 60.0


class JobSupervisor(JobReader):
    """Reads the jobs of one stack, on its own thread, and settles those that are dead.

    Args:
        folder: The folder of this user's jobs.
        locks: The folder of the locks.
        observer: The observer of the stack.
        settle: Finds out and records the result of a dead job. Returns None if that is not
            possible yet.
        changed: Called on the thread after each change; must return at once.
        notify: Called with each job that was settled, or is orphaned.
        grace: Seconds between SIGINT, SIGTERM and SIGKILL when a command is stopped.
        maintenance: Called on the thread once a minute.
    """

    dead_message = SafeText("Its pixel-tui is gone. Verifying the result.")
    settles = True

    def __init__(
        self,
        folder: JobFolder,
        locks: Path,
        observer: Observer,
        *,
        settle: Callable[[JobStatus], JobStatus | None],
        changed: Callable[[], None],
        notify: Callable[[JobStatus], None],
        grace: float = GRACE_SECONDS,
        maintenance: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(folder, locks, observer, changed=changed, holder=lock_holder)
        self._folder = folder
        self._settle = settle
        self._notify = notify
        self._grace = grace
        self._notified: set[str] = set()
        self._maintenance = maintenance
        self._maintained_at = -MAINTENANCE_SECONDS

    def refresh(self) -> None:
        """Read the jobs once, and settle dead ones."""
        super().refresh()
        if (now := time.monotonic()) - self._maintained_at >= MAINTENANCE_SECONDS:
            self._maintained_at = now
            self._maintenance()

    def cancel(self, job_id: str) -> None:
        """Request the cancellation of a job; stop the command of an orphaned job. Blocks.

        Raises:
            FileError: The request can't be written.
        """
        self._folder.request_cancel(job_id)
        status = self._read.get(job_id)
        if status is None or status.command is None:
            return
        if liveness_of(status, host=self._host, locks=self._locks) is Liveness.ORPHANED:
            _stop(status.command, self._grace, interrupt_grace(status, self._grace))

    def _liveness(self, job: JobStatus) -> Liveness:
        liveness = super()._liveness(job)
        if liveness is Liveness.DEAD:
            status = self._settle(job)
            if status is not None:
                self._read[job.id] = status
                self._notify_once(status, "settled")
        elif liveness is Liveness.ORPHANED:
            self._notify_once(self._with_liveness(job, liveness), "orphaned")
        return liveness

    def _notify_once(self, status: JobStatus, what: str) -> None:
        if f"{status.id} {what}" not in self._notified:
            self._notified.add(f"{status.id} {what}")
            self._notify(status)


class CancellableRemoteJob(RemoteJob):
    """A job of another pixel-tui process that can be cancelled.

    Args:
        supervisor: Reads its record.
        status: Its last known status.
    """

    def __init__(self, supervisor: JobSupervisor, status: JobStatus) -> None:
        super().__init__(supervisor, status)
        self._supervisor = supervisor

    def cancel(self) -> None:
        """Request its cancellation. Blocks briefly.

        Raises:
            FileError: The request can't be written.
        """
        self._supervisor.cancel(self._last.id)


def _stop(command: ProcessMark, grace: float, first: float) -> None:
    """Stop a command with SIGINT, SIGTERM and SIGKILL, as its own pixel-tui would.

    If it has exited already, stop the processes that it left running.
    """

    def send_signals() -> None:
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
            send_signals()
        else:
            end_left_running(command)

    threading.Thread(target=end, name="job-cancel", daemon=True).start()
