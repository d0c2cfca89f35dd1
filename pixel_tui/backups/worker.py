"""How the program that does the work is called: `python -m pixel_tui.backups`."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.own_program import project_options, verb_argv

_MODULE: Final = "pixel_tui.backups"


def puts_back(argv: Sequence[str]) -> bool:
    """Whether a command is one that replaces files by those of a backup."""
    at = argv.index(_MODULE) + 1 if _MODULE in argv else len(argv)
    return tuple(argv[at : at + 1]) in {("restore",), ("roll-back",)}


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
    return verb_argv(_MODULE, verb, name, *words, *options)
