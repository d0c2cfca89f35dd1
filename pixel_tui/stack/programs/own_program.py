"""Command lines for steps that run one of pixel-tui's own modules as a program."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from pixel_tui.stack.compose.command import ComposeCommand, operands, option


def own_argv(module: str, *words: str, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return `python -P -m MODULE WORD... NAME...`; names can't be read as options."""
    # -P keeps Python from importing modules in the project's folder.
    return (sys.executable, "-P", "-m", module, *words, *operands(names))


def verb_argv(module: str, verb: str, name: str, *options: str) -> tuple[str, ...]:
    """Return `python -P -m MODULE VERB NAME OPTION...`.

    Args:
        module: A module that takes a verb and a target.
        verb: The verb.
        name: The target, which may be any text; empty if there is none.
        options: The remaining options.
    """
    if name.startswith("-"):
        # All operands together: `argparse` does not accept a second group of them.
        return own_argv(module, *options, "--", verb, name)
    return own_argv(module, verb, *filter(None, (name,)), *options)


def project_options(command: ComposeCommand, project: str) -> tuple[str, ...]:
    """Return the options for such a module to run compose and docker like the console.

    Args:
        command: The commands of the console.
        project: The compose project's name.
    """
    options = [*option("--directory", command.directory), *option("--project", project)]
    for file in command.files:
        options += option("--file", file)
    for file in command.env_files:
        options += option("--env-file", file)
    if command.edited:
        options += option("--edited", command.edited)
    for profile in command.profiles:
        options += option("--profile", profile)
    plain_call = ComposeCommand()
    if command.docker != plain_call.docker:
        options += ["--docker", shlex.join(command.docker)]
    if command.compose != plain_call.compose:
        options += ["--compose", shlex.join(command.compose)]
    return tuple(options)


def add_project_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `project_options` to a parser."""
    parser.add_argument("--directory", required=True, type=Path, help="the project's folder")
    parser.add_argument("--project", required=True, help="the compose project's name")
    parser.add_argument("--file", action="append", default=[], help="a compose file")
    parser.add_argument("--env-file", action="append", default=[], help="an environment file")
    parser.add_argument("--edited", default="", help="the environment file")
    parser.add_argument("--profile", action="append", default=[], help="a profile")
    parser.add_argument("--docker", default="docker", help="how docker is called")
    parser.add_argument("--compose", default="docker compose", help="how compose is called")


def command_from(arguments: argparse.Namespace) -> ComposeCommand:
    """Return the compose and docker commands given by these options."""
    return ComposeCommand(
        docker=tuple(shlex.split(arguments.docker)),
        compose=tuple(shlex.split(arguments.compose)),
        directory=str(arguments.directory.absolute()),
        files=tuple(arguments.file),
        env_files=tuple(arguments.env_file),
        edited=arguments.edited,
        profiles=tuple(arguments.profile),
        project=arguments.project,
    )
