"""What git says of one file. Git is asked, never told to do anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.errors import OperationError
from pixel_tui.stack.git import open_checkout

SECONDS: Final = 2.0
"""A question may take; a history of many years on a slow disk stays unasked."""


@dataclass(frozen=True, slots=True)
class GitFile:
    """A file of a repository."""

    tracked: bool
    ignored: bool
    committed: bool
    """It is in the history of a branch."""


def git_file(path: Path, environment: Mapping[str, str]) -> GitFile | None:
    """How git stands to a file; None where it is in no repository, or git can't be asked."""
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
