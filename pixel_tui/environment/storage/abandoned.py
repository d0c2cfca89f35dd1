"""Removes leftovers of killed processes: each is a copy of an environment file with its secrets."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pixel_tui.environment.storage.edited_copies import (
    remove_candidates_in_memory,
    remove_edited_copies,
)
from pixel_tui.environment.storage.staging import staged_folders
from pixel_tui.files import LEFTOVER_SECONDS, remove_leftovers


def remove_abandoned(
    state_folder: Path, environment: Mapping[str, str], needed: Callable[[], Collection[str]]
) -> None:
    """Remove the leftovers of all projects of this user; failures are ignored. Blocks.

    Drafts are kept for the next console, and so are the files of a recorded apply, which can be
    rolled back.

    Args:
        state_folder: The state folder of this user.
        environment: The environment variables of this process.
        needed: Returns the ids of candidates that are still needed.
    """
    for folder in staged_folders(state_folder):
        folder.remove_abandoned_candidates(needed)
    _remove_unrecorded_applies(state_folder / "environment")
    remove_edited_copies(environment)
    remove_candidates_in_memory()


def _remove_unrecorded_applies(folder: Path) -> None:
    """Remove the files of an apply that died an hour ago, before it was recorded."""
    remove_leftovers(folder, datetime.now(UTC))
    for previous in folder.glob("apply-*.env"):
        with suppress(OSError):
            old = time.time() - previous.lstat().st_mtime > LEFTOVER_SECONDS
            if old and not previous.with_suffix(".json").exists():
                for suffix in (".room", ".confirm", ".env"):
                    previous.with_suffix(suffix).unlink(missing_ok=True)
