"""Candidates that wait to be saved: private files, each named by what is in it.

Each project has its own, so that none is ever offered for another's file.

A plan, a command line and an audit record name the candidate by its id. Its bytes are in
this file only.
"""

import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.files import replace_file

ID_LENGTH: Final = 16
KEPT_SECONDS: Final = 24 * 3600.0
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)


def project_mark(directory: Path) -> str:
    """What tells the files of one project from those of another."""
    return hashlib.sha256(os.path.normpath(directory.absolute()).encode()).hexdigest()[:12]


def digest(content: bytes | None) -> str:
    """The SHA-256 of a file's content; empty where there is no file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


class Staging:
    """The candidates of one user for one project. Everything in here blocks.

    Args:
        state_folder: Where this user's state is kept.
        directory: The project's folder.
    """

    def __init__(self, state_folder: Path, directory: Path) -> None:
        self._folder = state_folder / "environment" / "staged" / project_mark(directory)

    def stage(self, content: bytes) -> str:
        """Put a candidate down; returns its id.

        Raises:
            FileError: It can't be written.
        """
        candidate_id = digest(content)[:ID_LENGTH]
        replace_file(self.path(candidate_id), content, durable=False)
        return candidate_id

    def ids(self) -> tuple[str, ...]:
        """The candidates that wait, newest first."""
        found: list[tuple[float, str]] = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                if _ID.fullmatch(path.stem) and path.suffix == ".env":
                    with suppress(FileNotFoundError):
                        found.append((path.stat().st_mtime, path.stem))
        return tuple(name for _, name in sorted(found, reverse=True))

    def read(self, candidate_id: str) -> bytes:
        """A candidate.

        Raises:
            FileError: There is none of this id, it can't be read, or is not what it was.
        """
        if not _ID.fullmatch(candidate_id):
            raise _gone(candidate_id)
        try:
            content = self.path(candidate_id).read_bytes()
        except FileNotFoundError as error:
            raise _gone(candidate_id) from error
        except OSError as error:
            raise FileError(
                f"The candidate can't be read: {error.strerror or error}.",
                on=str(self.path(candidate_id)),
            ) from error
        if not digest(content).startswith(candidate_id):
            raise FileError(
                "The candidate was changed by somebody.",
                on=str(self.path(candidate_id)),
                remedy="Save from the editor again.",
            )
        return content

    def forget(self, candidate_id: str) -> None:
        """Remove a candidate that is done with."""
        if _ID.fullmatch(candidate_id):
            with suppress(OSError):
                self.path(candidate_id).unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Remove what nobody has saved within a day."""
        for candidate_id in self.ids():
            with suppress(OSError):
                if time.time() - self.path(candidate_id).stat().st_mtime > KEPT_SECONDS:
                    self.forget(candidate_id)

    def path(self, candidate_id: str) -> Path:
        """Where a candidate is, if it is there."""
        return self._folder / f"{candidate_id}.env"


def _gone(candidate_id: str) -> FileError:
    return FileError(
        "There is no such candidate.", on=candidate_id, remedy="Save from the editor again."
    )
