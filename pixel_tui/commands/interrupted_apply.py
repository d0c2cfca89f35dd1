"""An interrupted apply of the environment: its message, and how to keep its result."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pixel_tui.environment.apply.confirmation import ROLL_BACK_HINT, interrupted_hint
from pixel_tui.environment.apply.interrupted_apply import unapplied_services
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState
from pixel_tui.environment.storage.file_state import read_file
from pixel_tui.errors import EngineError, OperationError
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.text import SafeText, plain


@dataclass(frozen=True, slots=True)
class InterruptedApply:
    """An apply whose process died."""

    files: ApplyFiles
    state: ApplyState
    command: ComposeCommand
    """The command for editing its file."""

    @property
    def path(self) -> Path:
        """The environment file."""
        return self.command.edited_env

    @property
    def message(self) -> SafeText:
        """Its progress and what to do."""
        hint = interrupted_hint(self.command.typed)
        return plain(f"An apply was interrupted. {self.state.description} {hint}")

    def keep(self, read_stack: Callable[[], StackSnapshot]) -> str:
        """Keep the current state if it is consistent, and remove the record of the apply.

        Args:
            read_stack: Reads the stack.

        Returns:
            What is kept, as a sentence.

        Raises:
            OperationError: It is inconsistent or unknown. It can still be rolled back.
            FileError: A file can't be read or removed.
        """
        content, program = read_file(self.path).sha256, self.command.typed.pixel_tui
        if content not in {self.state.new, self.state.old}:
            raise OperationError(
                f"An apply was interrupted, and {self.path} has changed since.",
                hint=f"`{program} run environment-roll-back` ends it and changes nothing.",
            )
        saved = content == self.state.new
        if found := unapplied_services(self.state, _read_stack(read_stack), saved=saved):
            names = ", ".join(f"{name} ({why})" for name, why in found.items())
            how = "is saved, but was not applied to" if saved else "is restored, unlike"
            raise OperationError(
                f"An apply was interrupted: {self.path} {how} {names}.",
                hint=f"`{program} run {ROLL_BACK_HINT}. Or run "
                f"`{program} run recreate {' '.join(found)}`, then confirm.",
            )
        self.files.clear()
        return "The new environment is kept." if saved else "The previous environment is kept."


def interrupted_applies(command: ComposeCommand, state_folder: Path) -> Iterator[InterruptedApply]:
    """Yield the interrupted applies of all environment files.

    Args:
        command: The compose command of the project.
        state_folder: The state folder of this user.

    Raises:
        FileError: A record can't be read.
    """
    for each in command.each_edited:
        files = ApplyFiles(state_folder, each.env_mark)
        if (state := files.interrupted()) is not None:
            yield InterruptedApply(files, state, each)


def _read_stack(read_stack: Callable[[], StackSnapshot]) -> StackSnapshot:
    unknown = "An apply was interrupted, and its services are unknown:"
    try:
        snapshot = read_stack()
    except EngineError as error:
        raise OperationError(f"{unknown} {error.what}", hint=error.hint) from error
    if (trouble := snapshot.project_trouble) is not None:
        raise OperationError(f"{unknown} {trouble.what}", hint=trouble.hint)
    return snapshot
