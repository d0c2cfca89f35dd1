"""Reads the jobs of other pixel-tui processes, running and finished ones.

Each second it checks one folder, the records that have changed, and the lock. It changes nothing.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from pixel_tui.errors import ConsoleError
from pixel_tui.listeners import Listeners
from pixel_tui.operations.jobs.folder import FileStamp, JobRecords
from pixel_tui.operations.jobs.job import JobListener, JobState, JobStatus
from pixel_tui.operations.jobs.lock import LockOwner, engine_identity, lock_path
from pixel_tui.operations.jobs.proc_locks import holder_from_proc
from pixel_tui.operations.jobs.settlement import ORPHANED_MESSAGE, Liveness, liveness_of
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
FAILED_SECONDS: Final = 15.0
"""The pause after a failure."""
STAMP_RESOLUTION_NS: Final = 1_000_000_000
MAX_SHOWN: Final = 50
"""The maximum number of jobs shown."""


@dataclass(frozen=True, slots=True)
class StackJobs:
    """The jobs of one stack."""

    jobs: tuple[JobStatus, ...] = ()
    """The jobs of this user, newest first, including those of this process."""
    other_owner: LockOwner | None = None
    """Another user who is changing the stack."""
    orphaned: frozenset[str] = frozenset()
    """The ids of jobs whose command runs without pixel-tui."""


class JobReader:
    """Reads the jobs of one stack, on its own thread. It changes nothing.

    Args:
        records: The records of this user's jobs.
        locks: The folder of the locks.
        observer: The observer of the stack.
        changed: Called on the thread after each change; must return at once.
        holder: Returns the owner of a lock.
    """

    dead_message: SafeText = SafeText(
        "Its pixel-tui is gone. A pixel-tui that is not read-only will verify it."
    )
    """The message of a job of which nothing runs any more."""
    settles: bool = False
    """Whether such a job is verified here, and counts as running until then."""

    def __init__(
        self,
        records: JobRecords,
        locks: Path,
        observer: Observer,
        *,
        changed: Callable[[], None],
        holder: Callable[[Path], LockOwner | None] = holder_from_proc,
    ) -> None:
        self._records = records
        self._locks = locks
        self._observer = observer
        self._changed = changed
        self._holder = holder
        self._host = socket.gethostname()
        self._stamps: Mapping[str, FileStamp] = {}
        self._folder_stamp = 0
        self._read: dict[str, JobStatus] = {}
        self._latest = StackJobs()
        self._closed = threading.Event()
        self._listeners = Listeners[[]]()

    @property
    def latest(self) -> StackJobs:
        """The jobs as read last."""
        return self._latest

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="job-watch", daemon=True).start()

    def close(self) -> None:
        """Stop the thread."""
        self._closed.set()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        return self._listeners.subscribe(listener)

    def status(self, job_id: str) -> JobStatus | None:
        """Return the last known status of a job; None if it is unknown."""
        return next((job for job in self._latest.jobs if job.id == job_id), None)

    def refresh(self) -> None:
        """Read the jobs once."""
        self._read_records()
        snapshot = self._observer.snapshot
        identity = cache(engine_identity)
        engine, project = identity(snapshot.engine.address), snapshot.project_name
        jobs: list[JobStatus] = []
        orphaned: set[str] = set()
        for job in list(self._read.values()):
            if identity(job.plan.engine) == engine and job.plan.project == project:
                liveness = None if job.state.finished else self._liveness(job)
                jobs.append(self._with_liveness(self._read[job.id], liveness))
                if liveness is Liveness.ORPHANED:
                    orphaned.add(job.id)
        owner = self._holder(lock_path(self._locks, engine=engine, project=project))
        other = owner if owner is not None and owner.job not in self._read else None
        self._publish(StackJobs(tuple(jobs[:MAX_SHOWN]), other, frozenset(orphaned)))

    def _liveness(self, job: JobStatus) -> Liveness:
        """Return whether an unfinished job still runs, and where."""
        return liveness_of(job, host=self._host, locks=self._locks, holder=self._holder)

    def _with_liveness(self, job: JobStatus, liveness: Liveness | None) -> JobStatus:
        """Return a job with a message about its liveness."""
        if job.state.finished or liveness is None:
            return job
        cancelling = job.cancel_requested or self._records.cancel_requested(job.id)
        words = job.message
        if liveness is Liveness.ORPHANED:
            words = ORPHANED_MESSAGE
        elif liveness is Liveness.REMOTE and job.runner is not None:
            words = plain(f"Run on another machine, {job.runner.host}: see its state there.")
        elif liveness is Liveness.DEAD:
            words = self.dead_message
            if not self.settles:
                job = replace(job, state=JobState.ABANDONED, finished_at=_last_written(job.output))
        elif job.runner is not None and not words:
            pid = f", process {job.runner.process.pid}" if job.runner.process else ""
            words = plain(f"Run by another pixel-tui: {job.runner.user} on {job.runner.host}{pid}.")
        return replace(job, message=words, cancel_requested=cancelling)

    def _read_records(self) -> None:
        """Read the changed records, if the folder has changed."""
        try:
            stamp = self._records.path.stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._folder_stamp:
            return
        # File times are coarse: another change in the same moment would not change the stamp.
        settled = time.time_ns() - stamp > STAMP_RESOLUTION_NS
        self._folder_stamp = stamp if settled else -1
        stamps = dict(list(self._records.stamps().items())[: MAX_SHOWN * 2])
        read = {}
        for job_id, of_record in stamps.items():
            known = self._read.get(job_id)
            if known is None or self._stamps.get(job_id) != of_record:
                known = self._records.read(job_id) or known
            if known is not None:
                read[job_id] = known
        self._stamps, self._read = stamps, read

    def _publish(self, seen: StackJobs) -> None:
        if seen != self._latest:
            self._latest = seen
            self._changed()
            self._listeners.notify()

    def _run(self) -> None:
        pause = 0.0
        while not self._closed.wait(pause):
            pause = LOOK_SECONDS
            try:
                if self._observer.snapshot.project_name:
                    self.refresh()
            except (ConsoleError, OSError):
                log.exception("the jobs of other processes can't be read")
                pause = FAILED_SECONDS


class RemoteJob:
    """A job of another pixel-tui process, for a screen to watch.

    Args:
        reader: Reads its record.
        status: Its last known status.
    """

    def __init__(self, reader: JobReader, status: JobStatus) -> None:
        self._reader = reader
        self._last = status

    @property
    def status(self) -> JobStatus:
        """The current status."""
        self._last = self._reader.status(self._last.id) or self._last
        return self._last

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        return self._reader.subscribe(lambda: listener(self.status))


def merge_jobs(own: Sequence[JobStatus], seen: Sequence[JobStatus]) -> Sequence[JobStatus]:
    """Merge the jobs of this process with those read, newest first; its own status is newer."""
    found = {job.id: job for job in (*seen, *own)}
    return [found[job_id] for job_id in sorted(found, reverse=True)][:MAX_SHOWN]


def _last_written(output: Path) -> datetime | None:
    """When a job last wrote output (UTC); None if unknown."""
    try:
        return datetime.fromtimestamp(output.stat().st_mtime, UTC)
    except OSError:
        return None
