"""The command line of `python -m pixel_tui.ledger`, which changes the ledger."""

from pixel_tui.stack.compose.command import ComposeCommand, option
from pixel_tui.stack.programs.own_program import verb_argv


def ledger_argv(command: ComposeCommand, verb: str, *words: str, name: str = "") -> tuple[str, ...]:
    """Return the command line of one step.

    Args:
        command: Its directory is the project's.
        verb: `add`, `abort`, `retry` and so on.
        words: Options.
        name: The task's id.
    """
    options = option("--directory", command.directory)
    return verb_argv("pixel_tui.ledger", verb, name, *words, *options)
