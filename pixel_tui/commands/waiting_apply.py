"""An apply of the environment that waits to be confirmed: what the shell is told of it."""

from pathlib import Path

from pixel_tui.confirm_keys import ConfirmKeys
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.text import NO_TEXT, SafeText, plain


def waiting_words(command: ComposeCommand, state_folder: Path, keys: ConfirmKeys) -> SafeText:
    """That one waits, how long, and what confirms it; empty where none does.

    Args:
        command: How compose is called for the project.
        state_folder: Where this user's state is kept.
        keys: What confirms it in the console.

    Raises:
        FileError: That can't be read.
    """
    marks = (each.env_mark for each in command.each_edited)
    waiting = Confirmation(state_folder, *marks).waiting()
    if waiting is None:
        return NO_TEXT
    return plain(f"A new environment is applied, and waits for confirmation. {waiting.text(keys)}")
