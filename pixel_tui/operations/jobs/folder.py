"""The folder of the jobs: each one's output, its record, and the wish that it be cancelled."""

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

KEPT_NUMBER: Final = 200
KEPT_DAYS: Final = 90
LONGEST_BYTES: Final = 1024 * 1024
RECORD: Final = ".json"
OUTPUT: Final = ".log"
CANCEL: Final = ".cancel"
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{1,16}", re.ASCII)

Stamp = tuple[int, int, int]
"""What tells one content of a file from another: inode, size, time."""


def jobs_path(state_folder: Path) -> Path:
    """Where the jobs are."""
    return state_folder / "jobs"


class JobRecords:
    """What is written down of the jobs of one user, whichever console ran them. It only reads.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, job_id: str) -> JobStatus | None:
        """A job that was written down; None where it was not, or can't be read."""
        path = self._beside(job_id, RECORD)
        try:
            return from_record(_content(path), self._beside(job_id, OUTPUT))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("the record of job %s can't be read: %s", job_id, error)
            return None

    def stamps(self) -> Mapping[str, Stamp]:
        """The records that there are, newest first, and what tells whether one has changed."""
        found: dict[str, Stamp] = {}
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

    def jobs(self, at_most: int = KEPT_NUMBER) -> Iterable[JobStatus]:
        """The jobs that were written down, newest first; those that can't be read are left out."""
        names = list(self.stamps())[:at_most]
        return (job for job in map(self.read, names) if job is not None)

    def cancel_asked(self, job_id: str) -> bool:
        """Whether somebody wishes that it be cancelled."""
        return self._beside(job_id, CANCEL).exists()

    def _beside(self, job_id: str, ending: str) -> Path:
        return self.path / f"{job_id}{ending}"


class JobFolder(JobRecords):
    """The folder of the jobs, to write to as well. Everything in here blocks.

    The folder is made, for its owner only, when the first job is.
    """

    def new_output(self, now: datetime) -> Path:
        """Make the output of a new job; its name without the ending is the job's id.

        Raises:
            FileError: It can't be written.
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
        """Write a job down.

        Raises:
            FileError: It can't be written; what was written before stays.
        """
        replace_file(self._beside(status.id, RECORD), as_record(status), durable=durable)

    def ask_to_cancel(self, job_id: str) -> None:
        """Ask for a job to be cancelled; whoever runs it looks for that.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self._beside(job_id, CANCEL), b"", durable=False)

    def forget_old(self, now: datetime) -> None:
        """Remove what is too old, or too much; never a job that is not known to have ended."""
        oldest = f"{now - timedelta(days=KEPT_DAYS):%Y%m%d-%H%M%S}"
        for place, name in enumerate(self._ids()):
            if place < KEPT_NUMBER and name >= oldest:
                continue
            job = self.read(name)
            if job is not None and not job.state.ended:
                continue
            self.forget(name)

    def forget(self, job_id: str) -> None:
        """Remove all that there is of a job."""
        output = self._beside(job_id, OUTPUT)
        # The record last: as long as it is there, the rest is found again.
        for path in (
            self._beside(job_id, CANCEL),
            exit_path(output),
            output,
            self._beside(job_id, RECORD),
        ):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("an old job can't be removed: %s", error)

    def _ids(self) -> list[str]:
        """Every job of which there is anything, newest first."""
        try:
            names = {os.path.splitext(name)[0] for name in os.listdir(self.path)}  # noqa: PTH122, PTH208  of many names
        except OSError:
            return []
        return sorted(filter(_ID.fullmatch, names), reverse=True)


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > LONGEST_BYTES:
            raise ValueError("not a record")
        return file.read(LONGEST_BYTES)
