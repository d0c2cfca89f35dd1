"""The message about an apply of the environment that waits for its confirmation."""

from pathlib import Path

from pixel_tui.confirm_keys import ConfirmKeys
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.text import NO_TEXT, SafeText, plain


def waiting_message(command: ComposeCommand, state_folder: Path, keys: ConfirmKeys) -> SafeText:
    """Return the message: how long it waits, and how to confirm it; empty if none waits.

    Args:
        command: The compose command of the project.
        state_folder: The state folder of this user.
        keys: The keys that confirm it in the console.

    Raises:
        FileError: The state can't be read.
    """
    marks = (each.env_mark for each in command.each_edited)
    waiting = Confirmation(state_folder, *marks).waiting()
    if waiting is None:
        return NO_TEXT
    words = waiting.text(keys, command.typed)
    return plain(f"A new environment is applied, and waits for confirmation. {words}")
