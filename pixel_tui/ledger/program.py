"""How the program that changes the ledger is called: `python -m pixel_tui.ledger`."""

from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.own_program import own_argv


def ledger_argv(command: ComposeCommand, verb: str, *words: str) -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: Whose directory is the project's.
        verb: `add`, `abort`, `retry` and so on.
        words: What belongs to it.
    """
    return own_argv("pixel_tui.ledger", verb, *words, "--directory", command.directory)
