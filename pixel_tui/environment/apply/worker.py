"""The command line of the program that applies: `python -m pixel_tui.environment`."""

from typing import Final

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.own_program import project_options, verb_argv

MODULE: Final = "pixel_tui.environment"
NO_FILE: Final = "none"
"""Used instead of a SHA-256 if the file does not exist."""


def worker_argv(
    command: ComposeCommand, project: str, verb: str, *words: str, name: str = ""
) -> tuple[str, ...]:
    """Return the command line of one step.

    Args:
        command: The compose command of the project.
        project: The compose project's name.
        verb: `save`, `apply`, `restore` or `roll-back`.
        words: Its options.
        name: The id of the candidate or version.
    """
    options = project_options(command, project)
    return verb_argv(MODULE, verb, name, *words, *options)
