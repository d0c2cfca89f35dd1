"""Candidates that wait to be saved: private files, each named by what is in it.

Each project has its own, so that none is ever offered for another's file.

A plan, a command line and an audit record name the candidate by its id. Its bytes are in
this file only. A note beside it has the digest of the file that it was made from, so that it
never replaces another content, and which process made it, so that what is discarded goes.
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
LONGEST_CANDIDATE: Final = 4 * 1024 * 1024
KEPT_SECONDS: Final = 24 * 3600.0
UNKNOWN_BASE: Final = "unknown"
"""In place of a digest, where nobody knows what a candidate was made from."""
CONTENT: Final = ".env"
NOTE: Final = ".json"
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)
_CAREFULLY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LONGEST_NOTE: Final = 4096


def project_mark(directory: Path) -> str:
    """What tells the files of one project from those of another."""
    return hashlib.sha256(os.path.normpath(directory.absolute()).encode()).hexdigest()[:12]


def digest(content: bytes | None) -> str:
    """The SHA-256 of a file's content; empty where there is no file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class _Note:
    """What is known of a candidate beside its content."""

    base: str = UNKNOWN_BASE
    maker: ProcessMark | None = None


class CandidateGone(FileError):
    """A candidate that was saved or discarded meanwhile.

    Args:
        candidate_id: Its id.
    """

    def __init__(self, candidate_id: str) -> None:
        super().__init__("No such candidate.", on=candidate_id, hint="Save from the editor again.")


class StagedFolder:
    """The candidates in one folder, whoever made them: to see which wait, and to remove them.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path

    def ids(self) -> tuple[str, ...]:
        """The candidates that wait, newest first."""
        found: list[tuple[float, str]] = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                if _ID.fullmatch(path.stem) and path.suffix == CONTENT:
                    with suppress(FileNotFoundError):
                        found.append((path.stat().st_mtime, path.stem))
        return tuple(name for _, name in sorted(found, reverse=True))

    def base(self, candidate_id: str) -> str:
        """The digest of the file that a candidate was made from; empty where there was none.

        `UNKNOWN_BASE` where that can't be read: it is no file's digest.
        """
        return self._note(candidate_id).base

    def forget(self, candidate_id: str) -> None:
        """Remove a candidate that is done with."""
        if _ID.fullmatch(candidate_id):
            for path in (self.path(candidate_id), self._note_path(candidate_id)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def forget_discarded(self) -> None:
        """Remove the candidates of this process, and of those that run no more."""
        for candidate_id in self.ids():
            maker = self._note(candidate_id).maker
            if maker is None or not maker.is_running or maker.pid == os.getpid():
                self.forget(candidate_id)

    def forget_abandoned(self, needed: Callable[[], Collection[str]]) -> None:
        """Remove what was made by a process that runs no more, with all that is too old.

        Args:
            needed: The ids that something still needs; asked only if there is one to remove.
        """
        for candidate_id in self._named():
            maker = self._note(candidate_id).maker
            if maker is not None and not maker.is_running and candidate_id not in needed():
                self.forget(candidate_id)
        self.forget_old()

    def forget_old(self) -> None:
        """Remove what nobody has saved within a day, and what killed writers have left."""
        for candidate_id in self._named():
            with suppress(OSError):
                if time.time() - self._changed(candidate_id) > KEPT_SECONDS:
                    self.forget(candidate_id)
        remove_leftovers(self._folder, datetime.now(UTC))

    def path(self, candidate_id: str) -> Path:
        """Where a candidate is, if it is there."""
        return self._folder / f"{candidate_id}{CONTENT}"

    def _named(self) -> set[str]:
        """Every id of which there is anything: a maker may die between the note and the content."""
        with suppress(OSError):
            names = {path.stem for path in self._folder.iterdir() if path.suffix in {CONTENT, NOTE}}
            return set(filter(_ID.fullmatch, names))
        return set()

    def _changed(self, candidate_id: str) -> float:
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
            descriptor = os.open(self._note_path(candidate_id), _CAREFULLY)
            with os.fdopen(descriptor, "rb") as file:
                node = Node(load_object(file.read(_LONGEST_NOTE)))
        except (OSError, ValueError):
            return _Note()
        base, maker = node["base"].value, node["maker"]
        if not isinstance(base, str) or not isinstance(maker.value, dict | None):
            return _Note()
        mark = ProcessMark(maker["pid"].integer, maker["started"].integer, maker["boot"].raw)
        return _Note(base, mark if maker else None)


def every_staged(state_folder: Path) -> tuple[StagedFolder, ...]:
    """The candidates of this user, by project."""
    with suppress(OSError):
        return tuple(map(StagedFolder, _staged(state_folder).iterdir()))
    return ()


def _staged(state_folder: Path) -> Path:
    return state_folder / "environment" / "staged"


class Staging(StagedFolder):
    """The candidates of one user for one project. Everything in here blocks.

    Args:
        state_folder: Where this user's state is kept.
        directory: The project's folder.
        edited: Which of several files they are for, so that the same content waiting for two of
            them has two ids; empty for the one whose values win.
    """

    def __init__(self, state_folder: Path, directory: Path, edited: str = "") -> None:
        super().__init__(_staged(state_folder) / project_mark(directory))
        self._edited = edited

    def stage(self, content: bytes, *, base: str) -> str:
        """Put a candidate down; returns its id.

        Args:
            content: All of it.
            base: The digest of the file that it was made from; empty where there was none.

        Raises:
            FileError: It can't be written.
        """
        candidate_id = self._id_of(content)
        me = mark_of(os.getpid())
        maker = {"pid": me.pid, "started": me.started, "boot": me.boot} if me else None
        note = json.dumps({"base": base, "maker": maker}).encode()
        # First, so that no candidate is ever without one.
        replace_file(self._note_path(candidate_id), note, durable=False)
        try:
            replace_file(self.path(candidate_id), content, durable=False)
        except FileError:
            self.forget(candidate_id)
            raise
        return candidate_id

    def read(self, candidate_id: str) -> bytes:
        """A candidate.

        Raises:
            CandidateGone: There is none of this id.
            FileError: It can't be read, or is not what it was.
        """
        if not _ID.fullmatch(candidate_id):
            raise CandidateGone(candidate_id)
        try:
            content = read_regular(self.path(candidate_id), LONGEST_CANDIDATE)
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
