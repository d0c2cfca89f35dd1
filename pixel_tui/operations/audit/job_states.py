"""The states of jobs whose end is not in the audit trail."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pixel_tui.operations.audit.entries import UNKNOWN, AuditEntry
from pixel_tui.operations.jobs.folder import JobRecords
from pixel_tui.operations.jobs.job import JobState
from pixel_tui.operations.jobs.lock import LockOwner
from pixel_tui.operations.jobs.proc_locks import holder_from_proc
from pixel_tui.operations.jobs.settlement import Liveness, liveness_of
from pixel_tui.text import SafeText


class JobStates:
    """Finds out whether jobs still run, in any console of this user and for any stack. Only reads.

    Args:
        records: The records of this user's jobs.
        locks: The folder of the stacks' locks.
        holder: Returns the owner of a lock.
    """

    def __init__(
        self,
        records: JobRecords,
        locks: Path,
        *,
        holder: Callable[[Path], LockOwner | None] = holder_from_proc,
    ) -> None:
        self._records = records
        self._locks = locks
        self._holder = holder
        self._host = socket.gethostname()

    def completed(self, entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
        """Entries with the current state of each job that has no recorded end. Blocks."""
        return tuple(
            entry if entry.is_finished else replace(entry, state=self._state(entry.job))
            for entry in entries
        )

    def _state(self, job_id: str) -> SafeText:
        status = self._records.read(job_id)
        if status is None:
            return UNKNOWN
        if status.state.finished:
            return SafeText(status.state.value)
        liveness = liveness_of(status, host=self._host, locks=self._locks, holder=self._holder)
        if liveness is Liveness.REMOTE:
            return UNKNOWN
        state = JobState.ABANDONED if liveness is Liveness.DEAD else status.state
        return SafeText(state.value)
