"""Checks that the disks have space for the files of a restore."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.backups.differences import MAX_HASHED_BYTES
from pixel_tui.backups.manifest import Item, ItemKind, Manifest
from pixel_tui.errors import FileError
from pixel_tui.humanize import size
from pixel_tui.reserve import reserved


@dataclass(frozen=True, slots=True)
class Shortage:
    """A disk without enough space."""

    folder: Path
    needed: int
    """Bytes, in complete blocks."""
    free: int

    @property
    def error(self) -> FileError:
        """The problem and how to fix it."""
        return FileError(
            f"Not enough space: it needs {size(self.needed)} ({self.needed:,} bytes), and "
            f"{size(self.free)} are free.",
            on=str(self.folder),
            hint="Remove older backups, or files named NAME.before-TIME",
        )


def shortages(needs: Sequence[tuple[Path, int]], state_folder: Path) -> tuple[Shortage, ...]:
    """Return the disks without enough space; the reserve counts as free.

    Args:
        needs: Paths and bytes; current files stay beside the new ones.
        state_folder: The folder with this user's state, and so with the reserve.

    Raises:
        OSError: A disk can't be accessed.
    """
    disks: dict[int, Shortage] = {}
    for target, count in needs:
        folder = target.parent
        while not folder.is_dir():
            folder = folder.parent
        device, found = folder.stat().st_dev, os.statvfs(folder)
        block = found.f_frsize
        free = (found.f_bfree if os.geteuid() == 0 else found.f_bavail) * block
        free += reserved(state_folder, device=device) // block * block
        shortage = disks[device] if device in disks else Shortage(folder, 0, free)
        needed = shortage.needed + -(-count // block) * block
        disks[device] = Shortage(shortage.folder, needed, shortage.free)
    return tuple(disk for disk in disks.values() if disk.needed > disk.free)


def require_space(needs: Sequence[tuple[Path, int]], state_folder: Path) -> None:
    """Raise `FileError` if a disk has not enough space.

    Args:
        needs: Paths and bytes; current files stay beside the new ones.
        state_folder: The folder with this user's state.
    """
    for found in shortages(needs, state_folder):
        raise found.error


def restore_space_shortages(
    manifest: Manifest, places: Mapping[str, str], unchanged: Collection[str], state_folder: Path
) -> tuple[Shortage, ...]:
    """Return the disks on which a restore would fail, as far as a plan can tell quickly.

    Args:
        manifest: The backup's manifest.
        places: The real paths of the files to replace, by source.
        unchanged: Files that a restore leaves alone, by source. Others that are too large to be
            compared for a plan count as such if they have the same size.
        state_folder: The folder with this user's state.
    """
    files = [(item, Path(places[item.source])) for item in manifest.items if item.source in places]
    try:
        if not shortages([(place, item.size) for item, place in files], state_folder):
            return ()
        changed = [
            (place, item.size)
            for item, place in files
            if item.source not in unchanged and not _may_be_same(item, place)
        ]
        return shortages(changed, state_folder)
    except OSError:
        return ()  # the restore itself checks again and reports the error


def _may_be_same(item: Item, place: Path) -> bool:
    if item.kind is not ItemKind.FILE or item.size <= MAX_HASHED_BYTES or not place.is_file():
        return False
    return place.stat().st_size == item.size
