"""Whether a backup still has what is about to be removed, looked at right before.

A plan was made when it was asked for. Until it is confirmed the backup may be gone or damaged, and
a database may be created, or written to, that is not in it.
"""

from collections.abc import Collection, Sequence
from typing import Final

from pixel_tui.backups.coverage import coverage_of
from pixel_tui.backups.manifest import Manifest
from pixel_tui.backups.store import Backup
from pixel_tui.backups.stored import StoredData
from pixel_tui.backups.verify import item_file
from pixel_tui.errors import OperationError

MOST_NAMED: Final = 3
"""So many items that are not as they were are named."""


def require_intact(backup: Backup, manifest: Manifest) -> None:
    """Look whether a verified backup is complete, by the sizes of its files: none is read.

    Raises:
        OperationError: It is not, or was found damaged since.
    """
    if not backup.verified:
        raise OperationError(
            "The backup does not count as verified any more.",
            on=backup.id,
            remedy="Verify it (`verify-backup`), or make another one.",
        )
    wrong = []
    for item in manifest.items:
        try:
            there = item_file(backup.folder, item).stat().st_size == item.size
        except (OSError, ValueError):
            there = False
        if not there:
            wrong.append(item.title)
    if wrong:
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        raise OperationError(
            f"The backup is not complete any more: {', '.join(wrong[:MOST_NAMED])}{more}.",
            on=backup.id,
            remedy="Make another one, and verify it.",
        )


def require_covered(
    volumes: Sequence[str], manifest: Manifest, stored: StoredData, lost: Collection[str]
) -> None:
    """Look whether a backup has what volumes hold now.

    Args:
        volumes: Those that are about to be removed.
        manifest: The backup.
        stored: What they hold.
        lost: Those of which the plan said that they hold what is in no backup.

    Raises:
        OperationError: Another one holds something that is not in it.
    """
    lacking = []
    for name in volumes:
        if name in lost or name not in stored.volumes:  # it is gone already
            continue
        found = coverage_of(name, manifest, stored)
        if not found.complete and not found.folder:
            lacking.append(f"{name} ({found.words or 'in NO backup'})")
    if lacking:
        raise OperationError(
            f"What volumes hold has changed since the plan was made: {', '.join(lacking)}.",
            remedy="Make and verify another backup, or ask for the plan again: it says what is"
            " lost.",
        )
