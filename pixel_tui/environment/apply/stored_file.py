"""The project's `.env` as an apply handles it: through the store, which keeps each version."""

from pathlib import Path

from pixel_tui.clock import Clock
from pixel_tui.environment.storage.store import EnvironmentStore
from pixel_tui.errors import FileError
from pixel_tui.files import sync_folder


class SavedFile:
    """One file, and its history. Everything in here blocks.

    Args:
        state_folder: Where this user's state is kept.
        path: The file.
        clock: Where times come from.
    """

    def __init__(self, state_folder: Path, path: Path, clock: Clock) -> None:
        self._store = EnvironmentStore(state_folder, clock)
        self._path = path
        self._clock = clock
        self.remark = ""
        """What a person should know of the last save; empty where there is nothing."""

    def read(self) -> bytes | None:
        """Its content; None where there is no such file.

        Raises:
            FileError: It can't be read.
        """
        state = self._store.read(self._path)
        return state.data if state.exists else None

    def save(self, content: bytes, *, was: str) -> None:
        """Replace it, keep what it was in the history, read it back.

        Raises:
            FileError: It can't be written, or has changed meanwhile. It is as it was.
        """
        state = self._store.read(self._path)
        if state.sha256 != was:
            raise FileError(
                "The file has changed on disk since the plan was made, and was not saved.",
                on=str(self._path),
                hint="Open it in the editor again, and merge.",
            )
        self.remark = self._store.save(self._path, content, state).remark

    def remove(self) -> None:
        """Remove it: there was none before.

        Raises:
            FileError: It can't be removed.
        """
        state = self._store.read(self._path)
        self._store.history(self._path).keep(state.data, self._clock.now())
        try:
            state.target.unlink(missing_ok=True)
            sync_folder(state.target.parent)
        except OSError as error:
            raise FileError(
                f"The file can't be removed: {error.strerror or error}.", on=str(self._path)
            ) from error

    def version(self, version_id: str) -> bytes:
        """A version of its history.

        Raises:
            ConsoleError: There is none of this id, or it can't be read.
        """
        history = self._store.history(self._path)
        return history.read(history.find(version_id))

    def remember_applied(self, sha256: str) -> None:
        """The stack runs with this content now.

        Raises:
            FileError: That can't be written down.
        """
        self._store.history(self._path).remember_applied(sha256, self._clock.now())
