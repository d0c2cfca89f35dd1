"""How the program that does the work is called: `python -m pixel_tui.environment`."""

from typing import Final

from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.own_program import own_argv, project_options

MODULE: Final = "pixel_tui.environment"
NO_FILE: Final = "none"
"""In place of the SHA-256 of a file that is not there."""


def worker_argv(command: ComposeCommand, project: str, verb: str, *words: str) -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: How compose and docker are called.
        project: The compose project's name.
        verb: `save`, `apply`, `restore` or `roll-back`.
        words: What belongs to it.
    """
    return own_argv(MODULE, verb, *words, *project_options(command, project))
