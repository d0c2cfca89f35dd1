"""Checks right before data is removed that a backup still has it.

Between plan and confirmation, the backup may be removed or damaged, and databases may be created or
written to.
"""

from collections.abc import Collection, Sequence
from typing import Final

from pixel_tui.backups.coverage import coverage_of
from pixel_tui.backups.manifest import Manifest
from pixel_tui.backups.store import Backup
from pixel_tui.backups.stored import StoredData
from pixel_tui.backups.verify import item_file
from pixel_tui.errors import OperationError

MAX_NAMED: Final = 3
"""How many missing or changed items are named."""


def require_intact(backup: Backup, manifest: Manifest) -> None:
    """Check that a verified backup is complete, by the sizes of its files.

    Raises:
        OperationError: It is not, or was found damaged since.
    """
    if not backup.verified:
        raise OperationError(
            "The backup does not count as verified any more.",
            on=backup.id,
            hint="Verify it (`verify-backup`), or make another one.",
        )
    wrong = []
    for item in manifest.items:
        try:
            is_complete = item_file(backup.folder, item).stat().st_size == item.size
        except (OSError, ValueError):
            is_complete = False
        if not is_complete:
            wrong.append(item.title)
    if wrong:
        more = f" and {len(wrong) - MAX_NAMED} more" if len(wrong) > MAX_NAMED else ""
        raise OperationError(
            f"The backup is not complete any more: {', '.join(wrong[:MAX_NAMED])}{more}.",
            on=backup.id,
            hint="Make another one, and verify it.",
        )


def require_covered(
    volumes: Sequence[str], manifest: Manifest, stored: StoredData, lost: Collection[str]
) -> None:
    """Check that a backup has what volumes hold now.

    Args:
        volumes: The volumes that are about to be removed.
        manifest: The backup.
        stored: Their current content.
        lost: Those whose content is in no backup, as the plan said.

    Raises:
        OperationError: Another one has something that is not in the backup.
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
            hint="Make and verify another backup, or ask for the plan again: it says what is lost.",
        )
