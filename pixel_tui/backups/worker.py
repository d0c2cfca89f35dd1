"""How the program that does the work is called: `python -m pixel_tui.backups`."""

from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.own_program import own_argv, project_options


def worker_argv(command: ComposeCommand, project: str, verb: str, *words: str) -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: How compose and docker are called.
        project: The compose project's name.
        verb: `make`, `verify`, `restore` or `roll-back`.
        words: What belongs to it.
    """
    return own_argv("pixel_tui.backups", verb, *words, *project_options(command, project))
