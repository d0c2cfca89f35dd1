"""What is around an environment file: its rights, git, the engine's socket, the shell."""

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pixel_tui.text import SafeText

SOCKET_SCHEME: Final = "unix://"


class GitState(StrEnum):
    """How git stands to the file."""

    UNKNOWN = "unknown"
    """There is no git, or it can't be asked."""
    OUTSIDE = "outside"
    """The file is in no repository."""
    IGNORED = "ignored"
    UNTRACKED = "untracked"
    """Nothing keeps the next `git add .` from taking it."""
    COMMITTED_ONCE = "committed once"
    """It is not tracked now, but is in the history."""
    TRACKED = "tracked"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Facts that a check may need beside the file. What is not known is None, or empty."""

    path: str = ""
    """The file's, absolute, as compose would name it."""
    mode: int | None = None
    """Its permission bits."""
    owner: int | None = None
    group: int | None = None
    user: int | None = None
    """Of this process."""
    git: GitState = GitState.UNKNOWN
    socket_group: int | None = None
    """The group of the engine's socket, as the host counts."""
    exported: frozenset[str] = frozenset()
    """Names in this process's environment: for compose they count before the file."""
    set_elsewhere: frozenset[str] = frozenset()
    """Keys that the compose file names, the file has not, and compose misses nothing of."""
    refusal: SafeText = SafeText("")
    """Compose's own message where it refuses the project with this file."""


NOT_LOOKED: Final = Surroundings()


def look_at_file(path: Path) -> os.stat_result | None:
    """The file's owner and mode; None where there is no such file or it may not be looked at."""
    try:
        return path.stat()
    except OSError:
        return None


def socket_group(address: str) -> int | None:
    """The group of a local engine's socket; None where the engine is reached otherwise."""
    if not address.startswith(SOCKET_SCHEME):
        return None
    found = look_at_file(Path(address.removeprefix(SOCKET_SCHEME)))
    return found.st_gid if found is not None and stat.S_ISSOCK(found.st_mode) else None
