"""Which backups this user has made: the digests of their manifests, among the user's own state.

A backup lies where the settings say, or is copied there from elsewhere, and what is in it is run:
SQL by a database's superuser, compose files by the engine. That one is ours only a record tells
that nobody else can write to: a folder with a file named like the digest of each.
"""

import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.files import replace_file

_DIGEST: Final = re.compile("[0-9a-f]{64}", re.ASCII)


class MadeHere:
    """The record of this user's backups.

    Args:
        state_folder: Where this user's state is kept.
    """

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / "made-backups"

    def add(self, digest: str, backup_id: str) -> None:
        """Record a manifest.

        Args:
            digest: Its SHA-256.
            backup_id: The backup's id, for people who look there.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self.folder / digest, f"{backup_id}\n".encode())

    def has(self, digest: str) -> bool:
        """Whether a manifest is recorded; not if it can't be looked at."""
        if not _DIGEST.fullmatch(digest):
            return False
        try:
            return stat.S_ISREG((self.folder / digest).lstat().st_mode)
        except OSError:
            return False

    def forget(self, digest: str) -> None:
        """Remove a manifest whose backup is gone. One that can't be removed vouches for nothing."""
        if _DIGEST.fullmatch(digest):
            with suppress(OSError):
                (self.folder / digest).unlink()
