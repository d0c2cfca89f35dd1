"""Checks that the disk has space for a backup."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pixel_tui.backups.copies import CHUNK
from pixel_tui.backups.servers import QueriedServer
from pixel_tui.backups.sizes import file_size
from pixel_tui.backups.source_model import Sources
from pixel_tui.errors import FileError
from pixel_tui.humanize import size

MARGIN: Final = 1.1
"""The space for a backup, relative to the size of its sources."""


def required_bytes(sources: Sources, servers: Iterable[QueriedServer], project: Path) -> int:
    """Return the bytes of everything to copy, with a margin."""
    required = 0
    paths = [project / name for name in (*sources.databases, *sources.files)]
    paths += [*sources.outside, *(item.path for item in sources.in_volumes)]
    for path in paths:
        for part in (path, path.with_name(f"{path.name}-wal")):
            required += file_size(part)
    for queried in servers:
        required += sum(item.size for item in queried.dumpable)
    return int(required * MARGIN)


def require_space(required: int, root: Path) -> None:
    """Check that the disk of the backups, whose folder may not exist yet, has so many bytes.

    Raises:
        FileError: It has fewer.
    """
    place = root
    while not place.exists():
        place = place.parent
    free = _free(place)
    if required > free:
        raise FileError(
            f"Not enough space for a backup: it needs about {size(required)}, and "
            f"{size(free)} are free.",
            on=str(root),
            hint="Free some space, or set another folder under [backup] in the settings.",
        )


def is_full(root: Path) -> bool:
    """Whether the disk of the backups has no space for the next part of a copy."""
    return _free(root) < CHUNK


def _free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
