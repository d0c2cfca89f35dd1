"""How a step of a plan calls one of this program's own modules, as a process of its own."""

import argparse
import shlex
import sys
from pathlib import Path

from pixel_tui.stack.compose_command import ComposeCommand


def own_argv(module: str, *words: str) -> tuple[str, ...]:
    """`python -P -m MODULE WORD...`."""
    # -P: a module in the project's folder is not taken for one of Python's.
    return (sys.executable, "-P", "-m", module, *words)


def project_options(command: ComposeCommand, project: str) -> tuple[str, ...]:
    """The options by which such a module calls compose and docker as the console does.

    Args:
        command: How compose and docker are called.
        project: The compose project's name.
    """
    options = ["--directory", command.directory, "--project", project]
    for file in command.files:
        options += ["--file", file]
    for file in command.env_files:
        options += ["--env-file", file]
    for profile in command.profiles:
        options += ["--profile", profile]
    plain_call = ComposeCommand()
    if command.docker != plain_call.docker:
        options += ["--docker", shlex.join(command.docker)]
    if command.compose != plain_call.compose:
        options += ["--compose", shlex.join(command.compose)]
    return tuple(options)


def add_project_options(parser: argparse.ArgumentParser) -> None:
    """Have a module take what `project_options` gives."""
    parser.add_argument("--directory", required=True, type=Path, help="the project's folder")
    parser.add_argument("--project", required=True, help="the compose project's name")
    parser.add_argument("--file", action="append", default=[], help="a compose file")
    parser.add_argument("--env-file", action="append", default=[], help="an environment file")
    parser.add_argument("--profile", action="append", default=[], help="a profile")
    parser.add_argument("--docker", default="docker", help="how docker is called")
    parser.add_argument("--compose", default="docker compose", help="how compose is called")


def command_from(arguments: argparse.Namespace) -> ComposeCommand:
    """How compose and docker are called, by these options."""
    return ComposeCommand(
        docker=tuple(shlex.split(arguments.docker)),
        compose=tuple(shlex.split(arguments.compose)),
        directory=str(arguments.directory.absolute()),
        files=tuple(arguments.file),
        env_files=tuple(arguments.env_file),
        profiles=tuple(arguments.profile),
        project=arguments.project,
    )
