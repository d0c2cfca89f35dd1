"""The last versions of the ledger that pixel-tui has replaced."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.files import replace_file

MAX_VERSIONS: Final = 10


class OldVersions:
    """A folder of copies, private to its user.

    Args:
        folder: Their folder; created when needed.
        clock: Gives the times for their names.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock

    def keep(self, content: bytes) -> Path:
        """Keep a copy.

        Raises:
            FileError: It can't be written; then the ledger must not be replaced either.
        """
        path = self.folder / f"task-ledger-{self._clock.now():%Y%m%d-%H%M%S-%f}.json"
        replace_file(path, content)
        return path

    def forget(self) -> None:
        """Remove the oldest copies."""
        for path in self.list()[MAX_VERSIONS:]:
            with suppress(OSError):
                path.unlink()

    def list(self) -> list[Path]:
        """Return the copies, newest first."""
        return sorted(self.folder.glob("task-ledger-*.json"), reverse=True)


def old_versions_folder(state: Path, project: Path) -> Path:
    """Return the folder for the copies of a project's ledger, in the state folder."""
    mark = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:12]
    return state / "ledger" / f"{project.name or 'project'}-{mark}"
