"""Facts about an environment file: its permissions, git, the Docker socket, the shell."""

import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pixel_tui.text import SafeText

SOCKET_SCHEME: Final = "unix://"


class GitState(StrEnum):
    """Whether git has the file."""

    UNKNOWN = "unknown"
    """There is no git, or it failed."""
    OUTSIDE = "outside"
    """The file is not in a repository."""
    IGNORED = "ignored"
    UNTRACKED = "untracked"
    """The next `git add .` would add it."""
    COMMITTED_ONCE = "committed once"
    """It is not tracked now, but is in the history."""
    TRACKED = "tracked"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts that checks need in addition to the file. Unknown ones are None or empty."""

    path: str = ""
    """The absolute path of the file, as compose uses it."""
    mode: int | None = None
    """Its permission bits."""
    owner: int | None = None
    group: int | None = None
    user: int | None = None
    """The user of this process."""
    git: GitState = GitState.UNKNOWN
    socket_group: int | None = None
    """The group id of the Docker socket on the host."""
    exported: frozenset[str] = frozenset()
    """Names in this process's environment, which override the file for compose."""
    set_elsewhere: frozenset[str] = frozenset()
    """Keys of the compose file that are not in this file, but that compose does not miss."""
    refusal: SafeText = SafeText("")
    """Compose's own message if it refuses the project with this file."""


NO_FACTS: Final = FileFacts()


def stat_or_none(path: Path) -> os.stat_result | None:
    """Return the file's owner and mode; None if it is missing or not accessible."""
    try:
        return path.stat()
    except OSError:
        return None


def socket_group(address: str) -> int | None:
    """Return the group id of a local Docker socket; None for any other connection."""
    if not address.startswith(SOCKET_SCHEME):
        return None
    found = stat_or_none(Path(address.removeprefix(SOCKET_SCHEME)))
    return found.st_gid if found is not None and stat.S_ISSOCK(found.st_mode) else None
