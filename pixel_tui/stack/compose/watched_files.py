"""The files of a project, searched again only if one of them has changed."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.files import FILE_NAMES, OVERRIDE_NAMES
from pixel_tui.stack.compose.project_files import ProjectFiles, file_stamps, find_project_files


class WatchedFiles:
    """Caches the list of files of a project that compose reads. Starts no program.

    Args:
        command: The compose command.
        environment: Compose's environment variables.
    """

    def __init__(self, command: ComposeCommand, environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._found: tuple[Sequence[tuple[str, int, int]], ProjectFiles] | None = None

    def read(self) -> ProjectFiles:
        """Return all files of the project that compose reads."""
        seen = self.fingerprint() if self._found is not None else ()
        if self._found is None or seen != self._found[0]:
            found = find_project_files(self._command, self._environment)
            self._found = file_stamps(self._watched(found)), found
        return self._found[1]

    def fingerprint(self) -> Sequence[tuple[str, int, int]]:
        """Return the stamps of every file that compose reads, or would read if it existed."""
        known = self._found[1] if self._found is not None else self.read()
        return file_stamps(self._watched(known))

    def _watched(self, found: ProjectFiles) -> Iterable[Path]:
        folder = Path(self._command.directory)
        beside = [folder / name for name in FILE_NAMES + OVERRIDE_NAMES]
        beside += sorted(folder.glob(".env*")) + sorted(folder.glob("*.env"))
        if self._command.search is not None:
            beside.append(self._command.search.start / ".env")
        return dict.fromkeys([*found.all, *beside])
