"""Seeing the jobs of other consoles: those that run, those that have run, those left alone.

It only looks: at one folder a second, at a record when it has changed, and at the lock. What
it does beside that is asked for: settling a job that nobody sees to, and cancelling one.
"""

import logging
import signal
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
from pixel_tui.operations.job import GRACE_SECONDS, JobListener, JobStatus
from pixel_tui.operations.job_folder import JobFolder, Stamp
from pixel_tui.operations.lock import Owner, engine_identity, holder, lock_path
from pixel_tui.operations.settlement import ALONE_WORDS, Hold, hold_of
from pixel_tui.stack.observer import Observer
from pixel_tui.stack.process_mark import ProcessMark
from pixel_tui.text import SafeText, plain

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
FAILED_SECONDS: Final = 15.0
"""Between two looks where the first failed: a full disk is not written to in a hurry."""
RESTED_NANOSECONDS: Final = 1_000_000_000
SHOWN: Final = 50
"""As many jobs are shown at most."""
_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Seen:
    """The jobs of this stack, as the machine knows them."""

    jobs: tuple[JobStatus, ...] = ()
    """Of this user, newest first; some may be this console's own."""
    other: Owner | None = None
    """Another user, who changes the stack at the moment."""
    alone: frozenset[str] = frozenset()
    """Those whose command runs without a console."""


class JobWatch:
    """Looks at the jobs of one stack, on a thread of its own.

    Args:
        folder: Where this user's jobs are.
        locks: Where the locks are.
        observer: Says which stack it is.
        settle: Finds out what became of a job that nobody sees to, and writes it down.
            Returns None where that can't be done yet.
        changed: Called on the thread when something has changed; must return at once.
        found: Called with each job that was settled, or found running alone.
        grace: Seconds between asking a command to stop, insisting, and killing it.
    """

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
    ) -> None:
        self._folder = folder
        self._locks = locks
        self._observer = observer
        self._settle = settle
        self._changed = changed
        self._found = found
        self._grace = grace
        self._host = socket.gethostname()
        self._stamps: Mapping[str, Stamp] = {}
        self._folder_stamp = 0
        self._read: dict[str, JobStatus] = {}
        self._told: set[str] = set()
        self._seen = Seen()
        self._closed = threading.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def seen(self) -> Seen:
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
            _stop(status.command, self._grace)

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
        owner = holder(lock_path(self._locks, engine=engine, project=project))
        other = owner if owner is not None and owner.job not in self._read else None
        self._publish(Seen(tuple(jobs[:SHOWN]), other, frozenset(alone)))

    def _hold(self, job: JobStatus) -> Hold:
        hold = hold_of(job, host=self._host, locks=self._locks)
        if hold is Hold.OVER:
            status = self._settle(job)
            if status is not None:
                self._read[job.id] = status
                self._tell(status, "settled")
        elif hold is Hold.ALONE:
            self._tell(self._as_held(job, hold), "alone")
        return hold

    def _as_held(self, job: JobStatus, hold: Hold | None) -> JobStatus:
        """A job with words for who sees to it."""
        if job.state.ended or hold is None:
            return job
        cancelling = job.cancelling or self._folder.cancel_asked(job.id)
        words = job.message
        if hold is Hold.ALONE:
            words = ALONE_WORDS
        elif hold is Hold.ELSEWHERE and job.by is not None:
            words = plain(f"Run on another machine, {job.by.host}: how it stands is known there.")
        elif hold is Hold.OVER:
            words = SafeText("Its console is gone. What became of it is found out.")
        elif job.by is not None and not words:
            pid = f", process {job.by.process.pid}" if job.by.process else ""
            words = plain(f"Run by another console: {job.by.user} on {job.by.host}{pid}.")
        return replace(job, message=words, cancelling=cancelling)

    def _tell(self, status: JobStatus, what: str) -> None:
        if f"{status.id} {what}" not in self._told:
            self._told.add(f"{status.id} {what}")
            self._found(status)

    def _read_records(self) -> None:
        """Read what has changed; where the folder has not, nothing has."""
        try:
            stamp = self._folder.path.stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._folder_stamp:
            return
        # The kernel's stamps are coarse: what comes in the same moment would have the same.
        rested = time.time_ns() - stamp > RESTED_NANOSECONDS
        self._folder_stamp = stamp if rested else -1
        stamps = dict(list(self._folder.stamps().items())[: SHOWN * 2])
        read = {}
        for job_id, of_record in stamps.items():
            known = self._read.get(job_id)
            if known is None or self._stamps.get(job_id) != of_record:
                known = self._folder.read(job_id) or known
            if known is not None:
                read[job_id] = known
        self._stamps, self._read = stamps, read

    def _publish(self, seen: Seen) -> None:
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


class SeenJob:
    """A job of another console, as a screen watches it.

    Args:
        watch: What sees it.
        status: How it was seen.
    """

    def __init__(self, watch: JobWatch, status: JobStatus) -> None:
        self._watch = watch
        self._last = status

    @property
    def status(self) -> JobStatus:
        """How it stands."""
        self._last = self._watch.status(self._last.id) or self._last
        return self._last

    def subscribe(self, listener: JobListener) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called."""
        return self._watch.subscribe(lambda: listener(self.status))

    def cancel(self) -> None:
        """Ask for its end. Blocks for a moment.

        Raises:
            FileError: It can't be asked for.
        """
        self._watch.cancel(self._last.id)


def _stop(command: ProcessMark, grace: float) -> None:
    """Ask a command to stop, then insist, then kill it, as its console would have done."""

    def insist() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            try:
                if not command.signal_group(number):
                    return
            except PermissionError:
                log.warning("the command %s belongs to another user", command.pid)
                return
            deadline = time.monotonic() + grace
            while command.lives and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)

    threading.Thread(target=insist, name="job-cancel", daemon=True).start()


def merged(own: Sequence[JobStatus], seen: Sequence[JobStatus]) -> Sequence[JobStatus]:
    """This console's jobs and those of others, newest first: what it knows itself is newer."""
    found = {job.id: job for job in (*seen, *own)}
    return [found[job_id] for job_id in sorted(found, reverse=True)][:SHOWN]
