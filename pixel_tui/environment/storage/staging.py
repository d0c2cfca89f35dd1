"""Candidates that wait to be saved: private files, named by the hash of their content.

Each project has its own folder, so that a candidate is never offered for another project's file.

Plans, command lines and audit records refer to a candidate by its id; its content is in this file
only. A note next to it has the digest of the file that it was made from, so that it never replaces
another content, and the process that made it, so that it is removed when it is discarded.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError
from pixel_tui.files import read_regular, remove_leftovers, replace_file
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.stack.programs.process_mark import ProcessMark, mark_of

ID_LENGTH: Final = 16
MAX_CANDIDATE_BYTES: Final = 4 * 1024 * 1024
MAX_AGE_SECONDS: Final = 24 * 3600.0
UNKNOWN_BASE: Final = "unknown"
"""Used instead of a digest if it is unknown what a candidate was made from."""
CONTENT: Final = ".env"
NOTE: Final = ".json"
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
_OPEN_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_NOTE_BYTES: Final = 4096


def project_key(directory: Path) -> str:
    """Return the part of file names that identifies a project."""
    return hashlib.sha256(os.path.normpath(directory.absolute()).encode()).hexdigest()[:12]


def digest(content: bytes | None) -> str:
    """Return the SHA-256 of a file's content; empty if there is no file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class _Note:
    """The note about a candidate."""

    base: str = UNKNOWN_BASE
    maker: ProcessMark | None = None


class CandidateGone(FileError):
    """The candidate was saved or discarded meanwhile.

    Args:
        candidate_id: Its id.
    """

    def __init__(self, candidate_id: str) -> None:
        super().__init__("No such candidate.", on=candidate_id, hint="Save from the editor again.")


class StagedFolder:
    """Lists and removes the candidates in one folder.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the waiting candidates, newest first."""
        found: list[tuple[float, str]] = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                if _ID.fullmatch(path.stem) and path.suffix == CONTENT:
                    with suppress(FileNotFoundError):
                        found.append((path.stat().st_mtime, path.stem))
        return tuple(name for _, name in sorted(found, reverse=True))

    def base(self, candidate_id: str) -> str:
        """Return the digest of the file that a candidate was made from; empty if there was none.

        `UNKNOWN_BASE` if it can't be read.
        """
        return self._note(candidate_id).base

    def forget(self, candidate_id: str) -> None:
        """Remove a candidate."""
        if _ID.fullmatch(candidate_id):
            for path in (self.path(candidate_id), self._note_path(candidate_id)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def remove_discarded(self) -> None:
        """Remove the candidates of this process, and of processes that have exited."""
        for candidate_id in self.ids():
            maker = self._note(candidate_id).maker
            if maker is None or not maker.is_running or maker.pid == os.getpid():
                self.forget(candidate_id)

    def remove_abandoned_candidates(self, needed: Callable[[], Collection[str]]) -> None:
        """Remove candidates of processes that have exited, and old ones.

        Args:
            needed: Returns the ids that are still needed; called only if there is one to remove.
        """
        for candidate_id in self._all_ids():
            maker = self._note(candidate_id).maker
            if maker is not None and not maker.is_running and candidate_id not in needed():
                self.forget(candidate_id)
        self.remove_old()

    def remove_old(self) -> None:
        """Remove candidates that are older than a day, and leftovers of killed writers."""
        for candidate_id in self._all_ids():
            with suppress(OSError):
                if time.time() - self._changed_at(candidate_id) > MAX_AGE_SECONDS:
                    self.forget(candidate_id)
        remove_leftovers(self._folder, datetime.now(UTC))

    def path(self, candidate_id: str) -> Path:
        """Return the path of a candidate."""
        return self._folder / f"{candidate_id}{CONTENT}"

    def _all_ids(self) -> set[str]:
        """Return all ids that have any file: a writer may die between the note and the content."""
        with suppress(OSError):
            names = {path.stem for path in self._folder.iterdir() if path.suffix in {CONTENT, NOTE}}
            return set(filter(_ID.fullmatch, names))
        return set()

    def _changed_at(self, candidate_id: str) -> float:
        try:
            return self.path(candidate_id).stat().st_mtime
        except FileNotFoundError:
            return self._note_path(candidate_id).stat().st_mtime

    def _note_path(self, candidate_id: str) -> Path:
        return self._folder / f"{candidate_id}{NOTE}"

    def _note(self, candidate_id: str) -> _Note:
        if not _ID.fullmatch(candidate_id):
            return _Note()
        try:
            descriptor = os.open(self._note_path(candidate_id), _OPEN_FLAGS)
            with os.fdopen(descriptor, "rb") as file:
                node = Node(load_object(file.read(_MAX_NOTE_BYTES)))
        except (OSError, ValueError):
            return _Note()
        base, maker = node["base"].value, node["maker"]
        if not isinstance(base, str) or not isinstance(maker.value, dict | None):
            return _Note()
        mark = ProcessMark(maker["pid"].integer, maker["started"].integer, maker["boot"].raw)
        return _Note(base, mark if maker else None)


def staged_folders(state_folder: Path) -> tuple[StagedFolder, ...]:
    """Return the folders with candidates of this user, one per project."""
    with suppress(OSError):
        return tuple(map(StagedFolder, _staged_root(state_folder).iterdir()))
    return ()


def _staged_root(state_folder: Path) -> Path:
    return state_folder / "environment" / "staged"


class Staging(StagedFolder):
    """The candidates of one user for one project. Every method blocks.

    Args:
        state_folder: The state folder of this user.
        directory: The project's folder.
        edited: The file that they are for, if there are several, so that the same content for
            two files has two ids; empty for the last one.
    """

    def __init__(self, state_folder: Path, directory: Path, edited: str = "") -> None:
        super().__init__(_staged_root(state_folder) / project_key(directory))
        self._edited = edited

    def stage(self, content: bytes, *, base: str) -> str:
        """Store a candidate; returns its id.

        Args:
            content: The complete content.
            base: The digest of the file that it was made from; empty if there was none.

        Raises:
            FileError: It can't be written.
        """
        candidate_id = self._id_of(content)
        me = mark_of(os.getpid())
        maker = {"pid": me.pid, "started": me.started, "boot": me.boot} if me else None
        note = json.dumps({"base": base, "maker": maker}).encode()
        # The note first, so that every candidate has one.
        replace_file(self._note_path(candidate_id), note, durable=False)
        try:
            replace_file(self.path(candidate_id), content, durable=False)
        except FileError:
            self.forget(candidate_id)
            raise
        return candidate_id

    def read(self, candidate_id: str) -> bytes:
        """Return the content of a candidate.

        Raises:
            CandidateGone: There is none with this id.
            FileError: It can't be read, or was changed.
        """
        if not _ID.fullmatch(candidate_id):
            raise CandidateGone(candidate_id)
        try:
            content = read_regular(self.path(candidate_id), MAX_CANDIDATE_BYTES)
        except FileNotFoundError as error:
            raise CandidateGone(candidate_id) from error
        except OSError as error:
            raise FileError(
                f"The candidate can't be read: {error.strerror or error}.",
                on=str(self.path(candidate_id)),
            ) from error
        if candidate_id != self._id_of(content):
            raise FileError(
                "The candidate was changed by another program.",
                on=str(self.path(candidate_id)),
                hint="Save from the editor again.",
            )
        return content

    def _id_of(self, content: bytes) -> str:
        edited = f"{self._edited}\0".encode("utf-8", "surrogateescape") if self._edited else b""
        return digest(edited + content)[:ID_LENGTH]
