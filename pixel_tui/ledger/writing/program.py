"""How the program that changes the ledger is called: `python -m pixel_tui.ledger`."""

from pixel_tui.stack.compose.command import ComposeCommand, option
from pixel_tui.stack.programs.own_program import verb_argv


def ledger_argv(command: ComposeCommand, verb: str, *words: str, name: str = "") -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: Whose directory is the project's.
        verb: `add`, `abort`, `retry` and so on.
        words: Its options.
        name: The task that it is done to, by its id.
    """
    options = option("--directory", command.directory)
    return verb_argv("pixel_tui.ledger", verb, name, *words, *options)
