"""Where an environment file is read from, and what may change it: the seam to the console."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pixel_tui.environment.apply.impact import Impact
from pixel_tui.environment.checks.overview import Overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.editing.judging import LookAt
from pixel_tui.text import SafeText

Stamp = tuple[int, ...]
"""What tells one state of a file from another; empty where there is none."""
Examine = Callable[[DotenvDocument], Overview]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """An environment file as it was read, and all that is needed to examine any draft of it."""

    data: bytes | None = field(repr=False)
    """None where there is no file."""
    example: bytes | None = field(repr=False)
    """The `.env.example` beside it."""
    stamp: Stamp
    examine: Examine = field(repr=False)
    """Quick, and without files: what is around was read when this was."""
    look: LookAt = field(repr=False)
    """The same of one key, for every letter that is typed."""
    obstacle: SafeText = SafeText("")
    """Why it can't be written, and what to do about it; empty where it can."""
    remarks: tuple[SafeText, ...] = ()
    """What could not be found out, so that nothing is said of it."""


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """A saved version of the file."""

    name: str
    saved_at: datetime
    said: SafeText
    """What is known of it: its size."""
    sha256: str
    """Of its content, in hex."""


class EnvironmentSource(Protocol):
    """Reads the file and what is around it. Every method blocks."""

    @property
    def path(self) -> Path:
        """The file."""

    def read(self) -> LoadedFile:
        """Read everything.

        Raises:
            FileError: The file is there and can't be read.
        """

    def stamp(self) -> Stamp:
        """The state of the file now; quick."""

    def other(self, path: Path) -> bytes:
        """Read another file, to compare with.

        Raises:
            FileError: It can't be read.
        """

    def versions(self) -> Sequence[SavedVersion]:
        """The saved versions, newest first."""

    def version(self, name: str) -> bytes:
        """The content of a saved version.

        Raises:
            FileError: It can't be read.
        """


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """Unsaved edits, kept beside the file."""

    base: bytes = field(repr=False)
    """What they began from."""
    data: bytes = field(repr=False)
    saved_at: datetime


class EnvironmentWorkspace(Protocol):
    """What is needed to change the file; only a console that may change something has one.

    Every method blocks.
    """

    def saved_draft(self) -> SavedDraft | None:
        """The edits of an earlier session that ended without a save."""

    @property
    def has_draft(self) -> bool:
        """Whether this console has left edits that were not saved; quick."""

    def save_draft(self, base: bytes, data: bytes) -> None:
        """Write a draft of unsaved edits, for this user only.

        Raises:
            FileError: They can't be written.
        """

    def discard_draft(self) -> None:
        """Remove the draft and its candidates: the edits were saved, or discarded."""

    def preview_impact(self, candidate: bytes) -> Impact:
        """What compose says of a candidate, and what it would change.

        Raises:
            ConsoleError: Compose could not be asked.
        """

    def stage(self, candidate: bytes, base: bytes | None) -> str:
        """Store a candidate where a plan finds it; returns the plan's target.

        Args:
            candidate: All of the new content.
            base: The file that it was made from; None where there was none.

        Raises:
            FileError: It can't be written.
        """

    def edit_externally(self, data: bytes) -> bytes:
        """Open the user's editor on a private copy, and return what became of it.

        To be called while the console has given the terminal away.

        Raises:
            ConsoleError: There is no editor, or it failed.
        """


class EnvironmentFiles(Protocol):
    """The environment files that compose reads for a project, one over another."""

    @property
    def paths(self) -> Sequence[Path]:
        """In compose's order: a later one overrides an earlier one."""

    def open(self, path: Path) -> "EnvironmentAccess":
        """What a console has of one of them; the same each time. Quick."""


@dataclass(frozen=True, slots=True)
class EnvironmentAccess:
    """What a console has of an environment file."""

    source: EnvironmentSource
    workspace: EnvironmentWorkspace | None
    """None in a read-only console: there is nothing that could change anything."""
    reveals: bool
    """Whether a secret may be shown."""
    files: EnvironmentFiles | None = None
    """This file and those that compose reads beside it; None where there is no other."""
