"""Searches folders outside of the project that its services mount; they are never copied."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pixel_tui.backups.manifest import Gap
from pixel_tui.backups.search import search

PREFIX: Final = "bind mount "
SYSTEM_FOLDERS: Final = (
    "/var/run",
    "/run",
    "/etc/localtime",
    "/etc/timezone",
    "/sys",
    "/proc",
    "/dev",
)
"""Folders of the machine itself, which have no data of the project."""
MAX_SEARCHED: Final = 20_000
"""The most files and folders that are searched, because a mount may be a complete disk."""
OUTSIDE: Final = "it is outside the project's folder"


@dataclass(frozen=True, slots=True)
class OutsideResult:
    """The result of a search outside of the project."""

    gap: Gap
    is_missing: bool
    """Whether it has, or may have, data that should be in a backup."""
    why: str


def is_system(source: str) -> bool:
    """Whether a path is in a system folder, by complete names: `/devops` is not in `/dev`."""
    return any(PurePosixPath(source).is_relative_to(folder) for folder in SYSTEM_FOLDERS)


def search_outside(source: str, others: Iterable[Path], *, here: bool) -> OutsideResult:
    """Return whether there is a database in a folder or file outside of the project.

    Args:
        source: Its path, as the engine names it.
        others: Folders to skip, because they are backed up otherwise or have backups.
        here: Whether the engine's paths are valid for this process.
    """
    if not here:
        return _unknown("Docker is on another machine, or pixel-tui runs in a container")
    if not os.path.lexists(source):
        return _unknown("not found")
    start = Path(source)
    real = Path(os.path.realpath(start))
    if is_system(str(real)):
        return OutsideResult(Gap.UNKNOWN, False, f"{OUTSIDE}, and belongs to the machine")
    kept = [Path(os.path.realpath(path)) for path in others]
    if any(real.is_relative_to(path) for path in kept):
        return OutsideResult(Gap.NOT_COPIED, False, OUTSIDE)
    found = search([start], [*kept, *map(Path, SYSTEM_FOLDERS)], most=MAX_SEARCHED)
    if found.databases:
        count = len(found.databases)
        words = "a SQLite database" if count == 1 else f"{count} SQLite databases"
        why = f"{OUTSIDE}, which is not copied; it has {words}: {found.databases[0]}"
        return OutsideResult(Gap.NOT_COPIED, True, why)
    if found.server_data:
        return _unknown(found.server_data[0].words)
    if found.unread:
        path, reason = found.unread[0]
        return _unknown(f"{path} could not be read: {reason}")
    return OutsideResult(Gap.NOT_COPIED, False, f"{OUTSIDE}; it has no SQLite database")


def _unknown(why: str) -> OutsideResult:
    return OutsideResult(Gap.UNKNOWN, True, f"{OUTSIDE}, and its content is unknown: {why}")
