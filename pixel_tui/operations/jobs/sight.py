"""Seeing the jobs of other consoles: those that run, and those that have run.

It only looks: at one folder a second, at a record when it has changed, and at the lock.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from pixel_tui.errors import ConsoleError
from pixel_tui.operations.jobs.folder import JobRecords, Stamp
from pixel_tui.operations.jobs.job import JobListener, JobStatus
from pixel_tui.operations.jobs.lock import Owner, engine_identity, lock_path
from pixel_tui.operations.jobs.lock_reading import listed_holder
from pixel_tui.operations.jobs.settlement import ALONE_WORDS, Hold, hold_of
from pixel_tui.stack.watch.observer import Observer
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
FAILED_SECONDS: Final = 15.0
"""Between two looks where the first failed: a full disk is not written to in a hurry."""
RESTED_NANOSECONDS: Final = 1_000_000_000
SHOWN: Final = 50
"""As many jobs are shown at most."""


@dataclass(frozen=True, slots=True)
class SeenJobs:
    """The jobs of this stack, as the machine knows them."""

    jobs: tuple[JobStatus, ...] = ()
    """Of this user, newest first; some may be this console's own."""
    other: Owner | None = None
    """Another user, who changes the stack at the moment."""
    alone: frozenset[str] = frozenset()
    """Those whose command runs without a console."""


class JobReader:
    """Looks at the jobs of one stack, on a thread of its own. It changes nothing.

    Args:
        records: What is written down of this user's jobs.
        locks: Where the locks are.
        observer: Says which stack it is.
        changed: Called on the thread when something has changed; must return at once.
        holder: Finds out who holds a lock.
    """

    over_words: SafeText = SafeText(
        "Its pixel-tui is gone. A pixel-tui that is not read-only will verify it."
    )
    """Of a job that nobody sees to."""

    def __init__(
        self,
        records: JobRecords,
        locks: Path,
        observer: Observer,
        *,
        changed: Callable[[], None],
        holder: Callable[[Path], Owner | None] = listed_holder,
    ) -> None:
        self._records = records
        self._locks = locks
        self._observer = observer
        self._changed = changed
        self._holder = holder
        self._host = socket.gethostname()
        self._stamps: Mapping[str, Stamp] = {}
        self._folder_stamp = 0
        self._read: dict[str, JobStatus] = {}
        self._seen = SeenJobs()
        self._closed = threading.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def seen(self) -> SeenJobs:
        """What was seen last."""
        return self._seen

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="job-watch", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def status(self, job_id: str) -> JobStatus | None:
        """A job as it was seen last."""
        return next((job for job in self._seen.jobs if job.id == job_id), None)

    def look(self) -> None:
        """Look once."""
        self._read_records()
        snapshot = self._observer.snapshot
        identity = cache(engine_identity)
        engine, project = identity(snapshot.engine.address), snapshot.project_name
        jobs: list[JobStatus] = []
        alone: set[str] = set()
        for job in list(self._read.values()):
            if identity(job.plan.engine) == engine and job.plan.project == project:
                hold = None if job.state.ended else self._hold(job)
                jobs.append(self._as_held(self._read[job.id], hold))
                if hold is Hold.ALONE:
                    alone.add(job.id)
        owner = self._holder(lock_path(self._locks, engine=engine, project=project))
        other = owner if owner is not None and owner.job not in self._read else None
        self._publish(SeenJobs(tuple(jobs[:SHOWN]), other, frozenset(alone)))

    def _hold(self, job: JobStatus) -> Hold:
        """Who sees to a job that has not ended."""
        return hold_of(job, host=self._host, locks=self._locks, holder=self._holder)

    def _as_held(self, job: JobStatus, hold: Hold | None) -> JobStatus:
        """A job with words for who sees to it."""
        if job.state.ended or hold is None:
            return job
        cancelling = job.cancelling or self._records.cancel_asked(job.id)
        words = job.message
        if hold is Hold.ALONE:
            words = ALONE_WORDS
        elif hold is Hold.ELSEWHERE and job.by is not None:
            words = plain(f"Run on another machine, {job.by.host}: see its state there.")
        elif hold is Hold.OVER:
            words = self.over_words
        elif job.by is not None and not words:
            pid = f", process {job.by.process.pid}" if job.by.process else ""
            words = plain(f"Run by another pixel-tui: {job.by.user} on {job.by.host}{pid}.")
        return replace(job, message=words, cancelling=cancelling)

    def _read_records(self) -> None:
        """Read what has changed; where the folder has not, nothing has."""
        try:
            stamp = self._records.path.stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._folder_stamp:
            return
        # The kernel's stamps are coarse: what comes in the same moment would have the same.
        rested = time.time_ns() - stamp > RESTED_NANOSECONDS
        self._folder_stamp = stamp if rested else -1
        stamps = dict(list(self._records.stamps().items())[: SHOWN * 2])
        read = {}
        for job_id, of_record in stamps.items():
            known = self._read.get(job_id)
            if known is None or self._stamps.get(job_id) != of_record:
                known = self._records.read(job_id) or known
            if known is not None:
                read[job_id] = known
        self._stamps, self._read = stamps, read

    def _publish(self, seen: SeenJobs) -> None:
        if seen != self._seen:
            self._seen = seen
            self._changed()
            for listener in list(self._listeners):
                listener()

    def _run(self) -> None:
        pause = 0.0
        while not self._closed.wait(pause):
            pause = LOOK_SECONDS
            try:
                if self._observer.snapshot.project_name:
                    self.look()
            except (ConsoleError, OSError):
                log.exception("the jobs of other consoles can't be looked at")
                pause = FAILED_SECONDS


class RemoteJob:
    """A job of another console, as a screen watches it.

    Args:
        sight: What sees it.
        status: How it was seen.
    """

    def __init__(self, sight: JobReader, status: JobStatus) -> None:
        self._sight = sight
        self._last = status

    @property
    def status(self) -> JobStatus:
        """How it stands."""
        self._last = self._sight.status(self._last.id) or self._last
        return self._last

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        return self._sight.subscribe(lambda: listener(self.status))


def merged(own: Sequence[JobStatus], seen: Sequence[JobStatus]) -> Sequence[JobStatus]:
    """This console's jobs and those of others, newest first: what it knows itself is newer."""
    found = {job.id: job for job in (*seen, *own)}
    return [found[job_id] for job_id in sorted(found, reverse=True)][:SHOWN]
