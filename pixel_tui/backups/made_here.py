"""Records the backups that this user has made, by the digests of their manifests.

A backup may be in a configured folder, or copied from elsewhere, and its content is executed: SQL
by a database's superuser, compose files by the engine. That it is our own is proved only by a
record that no one else can write: a folder with a file for each digest.
"""

import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.files import replace_file

_DIGEST: Final = re.compile("[0-9a-f]{64}", re.ASCII)


class MadeBackups:
    """The record of this user's backups.

    Args:
        state_folder: The folder with this user's state.
    """

    def __init__(self, state_folder: Path) -> None:
        self.folder = state_folder / "made-backups"

    def add(self, digest: str, backup_id: str) -> None:
        """Record a manifest.

        Args:
            digest: Its SHA-256.
            backup_id: The backup's id, for human readers.

        Raises:
            FileError: It can't be written.
        """
        replace_file(self.folder / digest, f"{backup_id}\n".encode())

    def is_recorded(self, digest: str) -> bool:
        """Whether a manifest is recorded; False if the record can't be read."""
        if not _DIGEST.fullmatch(digest):
            return False
        try:
            return stat.S_ISREG((self.folder / digest).lstat().st_mode)
        except OSError:
            return False

    def forget(self, digest: str) -> None:
        """Remove the record of a removed backup. One that stays is harmless."""
        if _DIGEST.fullmatch(digest):
            with suppress(OSError):
                (self.folder / digest).unlink()
