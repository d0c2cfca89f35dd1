"""How the program that does the work is called: `python -m pixel_tui.backups`."""

import shlex
import sys

from pixel_tui.stack.compose_command import ComposeCommand


def worker_argv(command: ComposeCommand, project: str, verb: str, *words: str) -> tuple[str, ...]:
    """The command line of one step.

    Args:
        command: How compose and docker are called.
        project: The compose project's name.
        verb: `make`, `verify`, `restore` or `roll-back`.
        words: What belongs to it.
    """
    options = ["--directory", command.directory, "--project", project]
    for file in command.files:
        options += ["--file", file]
    plain_call = ComposeCommand()
    if command.docker != plain_call.docker:
        options += ["--docker", shlex.join(command.docker)]
    if command.compose != plain_call.compose:
        options += ["--compose", shlex.join(command.compose)]
    # -P: a module in the project's folder is not taken for one of Python's.
    return (sys.executable, "-P", "-m", "pixel_tui.backups", verb, *words, *options)
