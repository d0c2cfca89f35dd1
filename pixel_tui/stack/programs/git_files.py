"""Reads the state of files and folders in git. Changes nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.stack.programs.git import open_checkout

SECONDS: Final = 2.0
"""Timeout of a command; a long history on a slow disk is given up."""


@dataclass(frozen=True, slots=True)
class GitFile:
    """A file of a repository."""

    tracked: bool
    ignored: bool
    committed: bool
    """Whether it is in the history of a branch."""


def git_file(path: Path, environment: Mapping[str, str]) -> GitFile | None:
    """Return the state of a file in git; None if it is in no repository, or git can't be run."""
    name = f":(literal){path.name}"
    try:
        with open_checkout(path.parent, environment, SECONDS) as checkout:
            tracked = bool(checkout.ask("ls-files", "--", name).output)
            ignored = not checkout.ask("check-ignore", "--quiet", "--", path.name).code
            committed = tracked or bool(
                checkout.ask("rev-list", "--all", "--max-count=1", "--", name).output
            )
    except OperationError:
        return None
    return GitFile(tracked, ignored, committed)


def is_ignored(path: Path, environment: Mapping[str, str]) -> bool | None:
    """Return whether git ignores a file; also True outside a repository; None if unknown."""
    if not any(os.path.lexists(folder / ".git") for folder in path.absolute().parents):
        return True
    try:
        with open_checkout(path.parent, environment, SECONDS) as checkout:
            code = checkout.ask("check-ignore", "--quiet", "--", path.name).code
    except OperationError:
        return None
    return {0: True, 1: False}.get(code)


def last_commit(folder: Path, environment: Mapping[str, str]) -> datetime | None:
    """Return the time of the last commit in a folder's history, of the checked-out branch.

    None if the folder is in no repository, nothing in it is committed, or git can't be run.
    """
    try:
        with open_checkout(folder, environment, SECONDS) as checkout:
            log_output = checkout.ask("log", "--max-count=1", "--format=%ct", "--", ".")
        return datetime.fromtimestamp(int(log_output.output), UTC)
    except (OperationError, ValueError, OverflowError, OSError):  # the commit may have any time
        return None
