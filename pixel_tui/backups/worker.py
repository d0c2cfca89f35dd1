"""How the program that does the work is called: `python -m pixel_tui.backups`."""

from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.own_program import project_options, verb_argv


def worker_argv(
    command: ComposeCommand, project: str, verb: str, *words: str, name: str = ""
) -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: How compose and docker are called.
        project: The compose project's name.
        verb: `make`, `verify`, `check`, `restore`, `roll-back`, `check-resources` or
            `check-volumes`.
        words: Its options.
        name: What it is done to, by its id.
    """
    options = project_options(command, project)
    return verb_argv("pixel_tui.backups", verb, name, *words, *options)
