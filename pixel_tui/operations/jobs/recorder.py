"""Records a running job, and its progress in the lock file for other users."""

import logging
from dataclasses import replace

from pixel_tui.errors import FileError
from pixel_tui.operations.jobs.folder import JobFolder
from pixel_tui.operations.jobs.job import JobState, JobStatus, StepTime
from pixel_tui.operations.jobs.lock import LockOwner, StackLock
from pixel_tui.stack.programs.process_mark import ProcessMark

log = logging.getLogger(__name__)

_Written = tuple[JobState, int, bool, tuple[StepTime, ...], ProcessMark | None]


class JobRecorder:
    """Keeps a job's record and the owner in its lock up to date.

    A failure to write is only logged: it must not stop the job.

    Args:
        folder: The folder of the record.
        lock: The lock that the job holds.
        owner: The owner in the lock file.
    """

    def __init__(self, folder: JobFolder, lock: StackLock, owner: LockOwner) -> None:
        self._folder = folder
        self._lock = lock
        self._owner = owner
        self._written: _Written | None = None

    def write(self, status: JobStatus) -> None:
        """Save the status, unless only its message has changed."""
        now = (
            status.state,
            status.step,
            status.cancel_requested,
            status.step_times,
            status.command,
        )
        if now == self._written or status.state.finished:
            return
        self._written = now
        try:
            self._folder.save(status, durable=False)
            self._lock.write_owner(
                replace(
                    self._owner,
                    job=status.id,
                    step=status.step + 1,
                    steps=len(status.plan.steps),
                )
            )
        except (FileError, OSError) as error:
            log.warning("the progress of job %s can't be written: %s", status.id, error)
