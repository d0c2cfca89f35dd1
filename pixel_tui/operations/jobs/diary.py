"""Writing a job down while it runs, and telling other users how far it is."""

import logging
from dataclasses import replace

from pixel_tui.errors import FileError
from pixel_tui.operations.jobs.folder import JobFolder
from pixel_tui.operations.jobs.job import JobState, JobStatus, StepTime
from pixel_tui.operations.jobs.lock import Owner, StackLock
from pixel_tui.stack.programs.process_mark import ProcessMark

log = logging.getLogger(__name__)

_Written = tuple[JobState, int, bool, tuple[StepTime, ...], ProcessMark | None]


class JobRecorder:
    """Keeps a job's record, and what its lock says, up to date.

    What can't be written is in the log: it must not keep a change from its end.

    Args:
        folder: Where the record is.
        lock: What the job holds.
        owner: What the lock says so far.
    """

    def __init__(self, folder: JobFolder, lock: StackLock, owner: Owner) -> None:
        self._folder = folder
        self._lock = lock
        self._owner = owner
        self._written: _Written | None = None

    def write(self, status: JobStatus) -> None:
        """Write down what has changed; words alone are not worth it."""
        now = (status.state, status.step, status.cancelling, status.times, status.command)
        if now == self._written or status.state.ended:
            return
        self._written = now
        try:
            self._folder.save(status, durable=False)
            self._lock.tell(
                replace(
                    self._owner,
                    job=status.id,
                    step=status.step + 1,
                    steps=len(status.plan.steps),
                )
            )
        except (FileError, OSError) as error:
            log.warning("how far job %s is can't be written down: %s", status.id, error)
