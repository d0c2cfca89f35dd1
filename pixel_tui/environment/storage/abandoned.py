"""What killed processes have left of environment files: each is a copy of every secret."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pixel_tui.environment.storage.edited_copies import (
    forget_candidates_in_memory,
    forget_edited_copies,
)
from pixel_tui.environment.storage.staging import every_staged
from pixel_tui.files import LEFTOVER_SECONDS, remove_leftovers


def remove_abandoned(
    state_folder: Path, environment: Mapping[str, str], needed: Callable[[], Collection[str]]
) -> None:
    """Remove them, of every project of this user. What can't be removed stays. Blocks.

    Drafts stay: they are offered to the next console. So does all of an apply that was written
    down, as it can be rolled back.

    Args:
        state_folder: Where this user's state is kept.
        environment: The variables of this process.
        needed: The ids of candidates that something still needs, whoever made them.
    """
    for folder in every_staged(state_folder):
        folder.forget_abandoned(needed)
    _forget_unbegun_applies(state_folder / "environment")
    forget_edited_copies(environment)
    forget_candidates_in_memory()


def _forget_unbegun_applies(folder: Path) -> None:
    """Remove what an apply keeps before it is written down, if it died there an hour ago."""
    remove_leftovers(folder, datetime.now(UTC))
    for before in folder.glob("apply-*.env"):
        with suppress(OSError):
            old = time.time() - before.lstat().st_mtime > LEFTOVER_SECONDS
            if old and not before.with_suffix(".json").exists():
                for ending in (".room", ".confirm", ".env"):
                    before.with_suffix(ending).unlink(missing_ok=True)
