"""An apply of the environment whose process died: what the shell is told of it, and its end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.environment.apply.interrupted_apply import unapplied_services
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState
from pixel_tui.environment.storage.file_state import read_file
from pixel_tui.errors import EngineError, OperationError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain

_ROLL_BACK: Final = "`pixel-tui run environment-roll-back` restores the previous state"


@dataclass(frozen=True, slots=True)
class LeftApply:
    """An apply that was left half done."""

    files: ApplyFiles
    state: ApplyState
    path: Path

    @property
    def words(self) -> SafeText:
        """How far it was, and what to do."""
        return plain(f"An apply was interrupted. {self.state.description} {_ROLL_BACK}.")

    def keep(self, look: Callable[[], StackSnapshot]) -> str:
        """Keep what is there now, where nothing of it is half done; it is then forgotten.

        Args:
            look: Gives the stack as it is.

        Returns:
            What stays, as a sentence.

        Raises:
            OperationError: It is half done, or that can't be told. The way back is still there.
            FileError: A file can't be read or removed.
        """
        content = read_file(self.path).sha256
        if content not in {self.state.new, self.state.old}:
            raise OperationError(
                f"An apply was interrupted, and {self.path} has changed since.",
                hint="`pixel-tui run environment-roll-back` ends it and changes nothing.",
            )
        saved = content == self.state.new
        if found := unapplied_services(self.state, _seen(look), saved=saved):
            names = ", ".join(f"{name} ({why})" for name, why in found.items())
            how = "is saved, but was not applied to" if saved else "is restored, unlike"
            raise OperationError(
                f"An apply was interrupted: {self.path} {how} {names}.",
                hint=f"{_ROLL_BACK}. Or run `pixel-tui run recreate {' '.join(found)}`, then "
                "confirm.",
            )
        self.files.clear()
        return "The new environment is kept." if saved else "The previous environment is kept."


def left_applies(command: ComposeCommand, state_folder: Path) -> Iterator[LeftApply]:
    """Those of each environment file.

    Args:
        command: How compose is called for the project.
        state_folder: Where this user's state is kept.

    Raises:
        FileError: One can't be read.
    """
    for each in command.each_edited:
        files = ApplyFiles(state_folder, each.env_mark)
        if (state := files.interrupted()) is not None:
            yield LeftApply(files, state, each.edited_env)


def _seen(look: Callable[[], StackSnapshot]) -> StackSnapshot:
    unknown = "An apply was interrupted, and its services are unknown:"
    try:
        snapshot = look()
    except EngineError as error:
        raise OperationError(f"{unknown} {error.what}", hint=error.hint) from error
    if (trouble := snapshot.project_trouble) is not None:
        raise OperationError(f"{unknown} {trouble.what}", hint=trouble.hint)
    return snapshot
