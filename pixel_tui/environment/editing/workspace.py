"""The protocols by which the console reads and changes an environment file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.checks.overview import Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.value_preview import ExamineKey
from pixel_tui.text import SafeText

Stamp = tuple[int, ...]
"""Changes when the file is written; empty if there is no file."""
Examine = Callable[[DotenvDocument], Overview]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """An environment file as it was read, with the functions that check edits of it."""

    data: bytes | None = field(repr=False)
    """None if there is no file."""
    example: bytes | None = field(repr=False)
    """The `.env.example` next to it."""
    stamp: Stamp
    examine: Examine = field(repr=False)
    """Fast, and reads no files: everything needed was read with the file."""
    examine_key: ExamineKey = field(repr=False)
    """The same for one key, for every key press."""
    read_only_reason: SafeText = SafeText("")
    """Why it can't be written, with a hint; empty if it can."""
    unknowns: tuple[SafeText, ...] = ()
    """What is unknown, and so can't be checked."""


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """A saved version of the file."""

    name: str
    saved_at: datetime
    details: SafeText
    """Details to show: its size."""
    sha256: str
    """The hash of its content, in hex."""


class EnvironmentSource(Protocol):
    """Reads the file with its context. Every method blocks."""

    @property
    def path(self) -> Path:
        """The file."""

    def read(self) -> LoadedFile:
        """Read everything.

        Raises:
            FileError: The file exists, but can't be read.
        """

    def stamp(self) -> Stamp:
        """Return the current stamp of the file; fast."""

    def other(self, path: Path) -> bytes:
        """Read another file to compare with.

        Raises:
            FileError: It can't be read.
        """

    def versions(self) -> Sequence[SavedVersion]:
        """Return the saved versions, newest first."""

    def version(self, name: str) -> bytes:
        """Return the content of a saved version.

        Raises:
            FileError: It can't be read.
        """


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """Unsaved edits."""

    base: bytes = field(repr=False)
    """The content that they were made from."""
    data: bytes = field(repr=False)
    saved_at: datetime


class EnvironmentWorkspace(Protocol):
    """Changes the file; only a console that is not read-only has one.

    Every method blocks.
    """

    def saved_draft(self) -> SavedDraft | None:
        """Return the edits of an earlier session that ended without a save."""

    @property
    def has_draft(self) -> bool:
        """Whether this console has unsaved edits in a draft; fast."""

    def save_draft(self, base: bytes, data: bytes) -> None:
        """Write a private draft of unsaved edits.

        Raises:
            FileError: They can't be written.
        """

    def discard_draft(self) -> None:
        """Remove the draft and its candidates, because the edits were saved or discarded."""

    def preview_impact(self, candidate: bytes) -> Impact:
        """Return compose's verdict on a candidate, and what it would change.

        Raises:
            ConsoleError: Compose failed.
        """

    def stage(self, candidate: bytes, base: bytes | None) -> str:
        """Store a candidate for a plan; returns the plan's target.

        Args:
            candidate: The complete new content.
            base: The content that it was made from; None if there was no file.

        Raises:
            FileError: It can't be written.
        """

    def edit_externally(self, data: bytes) -> bytes:
        """Open the user's editor on a private copy; returns the edited content.

        Call it only while the app is suspended.

        Raises:
            ConsoleError: There is no editor, or it failed.
        """


class EnvironmentFiles(Protocol):
    """The environment files that compose reads for a project."""

    @property
    def paths(self) -> Sequence[Path]:
        """In compose's order: a later file overrides an earlier one."""

    def open(self, path: Path) -> "EnvironmentAccess":
        """Return the access to one of them, always the same object. Fast."""


@dataclass(frozen=True, slots=True)
class EnvironmentAccess:
    """The access of a console to an environment file."""

    source: EnvironmentSource
    workspace: EnvironmentWorkspace | None
    """None in a read-only console."""
    reveals: bool
    """Whether secrets may be revealed."""
    files: EnvironmentFiles | None = None
    """This file and the others that compose reads; None if there is no other."""
