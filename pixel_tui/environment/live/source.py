"""Reads the environment files of a real project, and gives access to change them.

Imported when the environment editor is first opened.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.clock import SystemClock
from pixel_tui.environment.editing.workspace import (
    EnvironmentAccess,
    LoadedFile,
    SavedVersion,
    Stamp,
)
from pixel_tui.environment.live.reading import Examiner, FileContext, environment_path, read_context
from pixel_tui.environment.storage.file_state import FileState, read_file
from pixel_tui.environment.storage.history import History
from pixel_tui.environment.storage.ownership import repair_for_current_user, user_name
from pixel_tui.environment.storage.store import EnvironmentStore, history_of
from pixel_tui.errors import FileError
from pixel_tui.session import Session
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.environment_uses import EnvironmentUses
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.text import SafeText

if TYPE_CHECKING:
    from pixel_tui.environment.apply.impact_reading import ImpactReaders


def live_environment(
    command: ComposeCommand,
    session: Session,
    impacts: "Callable[[], ImpactReaders] | None" = None,
) -> EnvironmentAccess:
    """Return the access of a console to the environment file of a real project.

    Args:
        command: The compose command of the project.
        session: This run of the program.
        impacts: Returns shared readers of the impact of candidates. Not called if read-only.
    """
    return LiveFiles(command, session, impacts).open(command.edited_env)


class LiveFiles:
    """The `EnvironmentFiles` of a real project.

    Args:
        command: The compose command of the project.
        session: This run of the program.
        impacts: Returns shared readers of the impact of candidates; None if they are not shared.
    """

    def __init__(
        self,
        command: ComposeCommand,
        session: Session,
        impacts: "Callable[[], ImpactReaders] | None" = None,
    ) -> None:
        self._command = command
        self._session = session
        self._impacts = impacts
        self._access: dict[Path, EnvironmentAccess] = {}
        self.paths = tuple(each.edited_env for each in command.each_edited)

    def open(self, path: Path) -> EnvironmentAccess:
        """Return the access to one of them."""
        if path not in self._access:
            found = _live_access(self._command.editing(path), self._session, self._impacts)
            files = self if len(self.paths) > 1 else None
            self._access[path] = replace(found, files=files)
        return self._access[path]


def _live_access(
    command: ComposeCommand, session: Session, impacts: "Callable[[], ImpactReaders] | None"
) -> EnvironmentAccess:
    environment, state_folder = session.environment, session.state_folder
    source = LiveSource(command, environment, state_folder)
    if session.settings.read_only:
        return EnvironmentAccess(source, None, session.settings.reveal_allowed)
    from pixel_tui.environment.apply.impact_reading import ImpactReaders
    from pixel_tui.environment.live.workspace import LiveWorkspace
    from pixel_tui.environment.storage.staging import Staging

    clock = SystemClock()
    store = EnvironmentStore(state_folder, clock)
    readers = impacts() if impacts else ImpactReaders(environment, state_folder)
    workspace = LiveWorkspace(
        store.drafts(source.path),
        lambda: store.sweep(source.path),
        readers.of(command),
        Staging(state_folder, command.env_mark, command.edited),
        environment,
        clock,
    )
    return EnvironmentAccess(source, workspace, reveals=True)


class LiveSource:
    """The `EnvironmentSource` of a real project.

    Args:
        command: The compose command of the project.
        environment: The environment variables of compose.
        state_folder: The state folder of this user, with the versions.
    """

    def __init__(
        self, command: ComposeCommand, environment: Mapping[str, str], state_folder: Path
    ) -> None:
        self._command = command
        self._environment = environment
        self._state_folder = state_folder
        self._project = ComposeProject(command, environment)
        self._known_uses: tuple[list[tuple[str, int, int]], EnvironmentUses] | None = None
        """Which services read which keys, with the fingerprint of the files that say so."""
        self.path = environment_path(command)

    def read(self) -> LoadedFile:
        """Read the file and its context."""
        stamp = self.stamp()
        state = read_file(self.path)
        context = self._read_context()
        examiner = Examiner(context, self._environment)
        return LoadedFile(
            data=state.data if state.exists else None,
            example=context.example.data if context.example is not None else None,
            stamp=stamp,
            examine=examiner.examine,
            examine_key=examiner.examine_key,
            read_only_reason=_read_only_reason(state),
            unknowns=context.unknowns,
        )

    def _read_context(self) -> FileContext:
        """Read the context of the file; compose runs again only if its files changed."""
        found = self._project.fingerprint()
        files = [item for item in found if item[0] != str(self.path)]
        uses = (
            self._known_uses[1]
            if self._known_uses is not None and self._known_uses[0] == files
            else None
        )
        context = read_context(self.path, self._command, self._environment, uses=uses)
        self._known_uses = (files, context.uses) if context.uses.services else None
        return context

    def stamp(self) -> Stamp:
        """Return numbers that change with each write."""
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode, found.st_uid)

    def other(self, path: Path) -> bytes:
        """Read another file."""
        state = read_file(path)
        if not state.exists:
            raise FileError("No such file.", on=str(path), hint="Check the name.")
        return state.data

    def versions(self) -> Sequence[SavedVersion]:
        """Return the saved versions, newest first."""
        return [
            SavedVersion(item.id, item.time, SafeText(f"{item.size:,} bytes"), item.sha256)
            for item in self._history().versions()
        ]

    def version(self, name: str) -> bytes:
        """Return the content of a saved version."""
        history = self._history()
        return history.read(history.find(name))

    def _history(self) -> History:
        return history_of(self._state_folder, self.path)


def _read_only_reason(state: FileState) -> SafeText:
    if not state.exists or os.geteuid() in {0, state.uid}:
        return SafeText("")
    hint = repair_for_current_user(state.target).hint
    return SafeText(f"It belongs to {user_name(state.uid)}, so it can't be saved. {hint}")
