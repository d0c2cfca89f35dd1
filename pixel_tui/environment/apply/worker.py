"""How the program that does the work is called: `python -m pixel_tui.environment`."""

from typing import Final

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.own_program import project_options, verb_argv

MODULE: Final = "pixel_tui.environment"
NO_FILE: Final = "none"
"""In place of the SHA-256 of a file that is not there."""


def worker_argv(
    command: ComposeCommand, project: str, verb: str, *words: str, name: str = ""
) -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: How compose and docker are called.
        project: The compose project's name.
        verb: `save`, `apply`, `restore` or `roll-back`.
        words: Its options.
        name: What it is done to, by its id.
    """
    options = project_options(command, project)
    return verb_argv(MODULE, verb, name, *words, *options)
