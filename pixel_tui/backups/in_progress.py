"""A backup that is being made: a hidden folder, renamed once it is complete."""

import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from pixel_tui.backups.manifest import Manifest
from pixel_tui.backups.manifest_file import MANIFEST, as_bytes
from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER, sync_folder


class BackupInProgress:
    """A backup that is being made, locked while its maker lives.

    Leaving the context without `finish` removes it.
    """

    def __init__(self, backup_id: str, folder: Path) -> None:
        self.id = backup_id
        self.folder = folder
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._descriptor)

    def place(self, path: str) -> Path:
        """Return the path for an item, and create its parent folders."""
        target = self.folder / path
        missing = [folder for folder in target.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=PRIVATE_FOLDER)
        return target

    def finish(self, manifest: Manifest) -> Path:
        """Write the manifest and rename the folder; the backup is then complete.

        Raises:
            OSError: It can't be written.
        """
        sync_folders(self.folder)
        target = self.folder / MANIFEST
        with target.open("xb") as file:
            os.fchmod(file.fileno(), PRIVATE_FILE)
            file.write(as_bytes(manifest))
            file.flush()
            os.fsync(file.fileno())
        os.fsync(self._descriptor)
        final = self.folder.with_name(self.id)
        self.folder.rename(final)
        sync_folder(final.parent)
        return final


def is_abandoned(partial: Path) -> bool:
    """Whether its maker has died, which released the lock."""
    descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def sync_folders(folder: Path) -> None:
    """Sync all folders below a folder, so that the names of files are durable."""
    for place, _, _ in os.walk(folder):
        sync_folder(Path(place))
