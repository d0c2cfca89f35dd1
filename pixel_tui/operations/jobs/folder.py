"""The folder of the jobs: their output, their records, and requests to cancel them."""

import logging
import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER, cannot_write, replace_file
from pixel_tui.operations.jobs.job import JobStatus
from pixel_tui.operations.jobs.record import as_record, from_record
from pixel_tui.reserve import with_reserve
from pixel_tui.stack.programs.process import exit_path

log = logging.getLogger(__name__)

MAX_JOBS: Final = 200
MAX_AGE_DAYS: Final = 90
MAX_BYTES: Final = 1024 * 1024
RECORD: Final = ".json"
OUTPUT: Final = ".log"
CANCEL: Final = ".cancel"
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{1,16}", re.ASCII)

FileStamp = tuple[int, int, int]
"""Inode, size and modification time of a file in nanoseconds: differs if the content does."""


def jobs_path(state_folder: Path) -> Path:
    """Return the folder of the jobs."""
    return state_folder / "jobs"


class JobRecords:
    """Reads the records of all jobs of one user.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, job_id: str) -> JobStatus | None:
        """Return a recorded job; None if there is no readable record."""
        path = self._path(job_id, RECORD)
        try:
            return from_record(_content(path), self._path(job_id, OUTPUT))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("the record of job %s can't be read: %s", job_id, error)
            return None

    def stamps(self) -> Mapping[str, FileStamp]:
        """Return the stamps of all records by job id, newest first."""
        found: dict[str, FileStamp] = {}
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    name, ending = os.path.splitext(entry.name)  # noqa: PTH122  of many names
                    if ending == RECORD and _ID.fullmatch(name):
                        with suppress(FileNotFoundError):
                            about = entry.stat(follow_symlinks=False)
                            found[name] = (about.st_ino, about.st_size, about.st_mtime_ns)
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("the jobs can't be listed: %s", error)
            return {}
        return dict(sorted(found.items(), reverse=True))

    def jobs(self, at_most: int = MAX_JOBS) -> Iterable[JobStatus]:
        """Return the recorded jobs, newest first; unreadable ones are left out."""
        names = list(self.stamps())[:at_most]
        return (job for job in map(self.read, names) if job is not None)

    def cancel_requested(self, job_id: str) -> bool:
        """Whether a cancellation was requested."""
        return self._path(job_id, CANCEL).exists()

    def _path(self, job_id: str, ending: str) -> Path:
        return self.path / f"{job_id}{ending}"


class JobFolder(JobRecords):
    """Reads and writes the folder of the jobs. Every method blocks.

    The folder is created with the first job, for its owner only.
    """

    def new_output(self, now: datetime) -> Path:
        """Create the output file of a new job; its name without the suffix is the job's id.

        Raises:
            FileError: It can't be created.
        """
        output = self.path / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}{OUTPUT}"

        def make() -> None:
            self.path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            output.touch(mode=PRIVATE_FILE, exist_ok=False)

        try:
            with_reserve(output, make)
        except OSError as error:
            what = "The job's output can't be written"
            raise cannot_write(output, error, what=what) from error
        return output

    def save(self, status: JobStatus, *, durable: bool) -> None:
        """Save the record of a job.

        Raises:
            FileError: It can't be written; the previous record stays.
        """
        replace_file(self._path(status.id, RECORD), as_record(status), durable=durable)

    def request_cancel(self, job_id: str) -> None:
        """Request the cancellation of a job from the pixel-tui that runs it.

        Raises:
            FileError: The request can't be written.
        """
        replace_file(self._path(job_id, CANCEL), b"", durable=False)

    def remove_old(self, now: datetime) -> None:
        """Remove jobs that are too old or too many, except unfinished ones."""
        oldest = f"{now - timedelta(days=MAX_AGE_DAYS):%Y%m%d-%H%M%S}"
        for place, name in enumerate(self._ids()):
            if place < MAX_JOBS and name >= oldest:
                continue
            job = self.read(name)
            if job is not None and not job.state.finished:
                continue
            self.remove(name)

    def remove(self, job_id: str) -> None:
        """Remove all files of a job."""
        output = self._path(job_id, OUTPUT)
        # The record last: without it, the other files would not be found again.
        for path in (
            self._path(job_id, CANCEL),
            exit_path(output),
            output,
            self._path(job_id, RECORD),
        ):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("an old job can't be removed: %s", error)

    def _ids(self) -> list[str]:
        """Return the ids of all jobs with any file, newest first."""
        try:
            names = {os.path.splitext(name)[0] for name in os.listdir(self.path)}  # noqa: PTH122, PTH208  of many names
        except OSError:
            return []
        return sorted(filter(_ID.fullmatch, names), reverse=True)


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > MAX_BYTES:
            raise ValueError("not a record")
        return file.read(MAX_BYTES)
