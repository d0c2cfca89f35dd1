"""The command line of the worker: `python -m pixel_tui.backups`."""

from collections.abc import Sequence
from typing import Final

from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.programs.own_program import project_options, verb_argv

_MODULE: Final = "pixel_tui.backups"


def is_restore(argv: Sequence[str]) -> bool:
    """Whether a command replaces files by those of a backup."""
    at = argv.index(_MODULE) + 1 if _MODULE in argv else len(argv)
    return tuple(argv[at : at + 1]) in {("restore",), ("roll-back",)}


def worker_argv(
    command: ComposeCommand, project: str, verb: str, *words: str, name: str = ""
) -> tuple[str, ...]:
    """Return the command line of one step.

    Args:
        command: The docker and compose command lines.
        project: The compose project's name.
        verb: `make`, `verify`, `check`, `restore`, `roll-back`, `check-resources`,
            `check-covered` or `check-volumes`.
        words: Options.
        name: The backup's id.
    """
    options = project_options(command, project)
    return verb_argv(_MODULE, verb, name, *words, *options)
