"""The project's `.env` as an apply uses it: through the store, which keeps each version."""

from pathlib import Path

from pixel_tui.clock import Clock
from pixel_tui.environment.storage.store import EnvironmentStore
from pixel_tui.errors import FileError
from pixel_tui.files import sync_folder


class StoredFile:
    """One file and its history. Every method blocks.

    Args:
        state_folder: The state folder of this user.
        path: The file.
        clock: The source of times.
    """

    def __init__(self, state_folder: Path, path: Path, clock: Clock) -> None:
        self._store = EnvironmentStore(state_folder, clock)
        self._path = path
        self._clock = clock
        self.note = ""
        """A note for the user about the last save; empty if there is none."""

    def read(self) -> bytes | None:
        """Return its content; None if the file does not exist.

        Raises:
            FileError: It can't be read.
        """
        state = self._store.read(self._path)
        return state.data if state.exists else None

    def save(self, content: bytes, *, expected_sha256: str) -> None:
        """Replace the file, keep its old content in the history, and read it back.

        Raises:
            FileError: It can't be written, or was changed meanwhile. It is unchanged.
        """
        state = self._store.read(self._path)
        if state.sha256 != expected_sha256:
            raise FileError(
                "The file has changed on disk since the plan was made, and was not saved.",
                on=str(self._path),
                hint="Open it in the editor again, and merge.",
            )
        self.note = self._store.save(self._path, content, state).note

    def remove(self) -> None:
        """Remove the file, because there was none before.

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
        """Return a version of its history.

        Raises:
            ConsoleError: There is none with this id, or it can't be read.
        """
        history = self._store.history(self._path)
        return history.read(history.find(version_id))

    def remember_applied(self, sha256: str) -> None:
        """Record that the stack runs with this content.

        Raises:
            FileError: It can't be written.
        """
        self._store.history(self._path).remember_applied(sha256, self._clock.now())
