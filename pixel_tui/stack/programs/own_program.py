"""How a step of a plan calls one of this program's own modules, as a process of its own."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from pixel_tui.stack.compose.command import ComposeCommand, operands, option


def own_argv(module: str, *words: str, names: Sequence[str] = ()) -> tuple[str, ...]:
    """`python -P -m MODULE WORD... NAME...`; the names are never taken for options."""
    # -P: a module in the project's folder is not taken for one of Python's.
    return (sys.executable, "-P", "-m", module, *words, *operands(names))


def verb_argv(module: str, verb: str, name: str, *options: str) -> tuple[str, ...]:
    """`python -P -m MODULE VERB NAME OPTION...`.

    Args:
        module: A module that takes a verb and what it is done to.
        verb: What it is to do.
        name: What it is done to, as files call it; empty where there is nothing to name.
        options: The rest.
    """
    if name.startswith("-"):
        # All that is no option in one piece: `argparse` takes no second part of it.
        return own_argv(module, *options, "--", verb, name)
    return own_argv(module, verb, *filter(None, (name,)), *options)


def project_options(command: ComposeCommand, project: str) -> tuple[str, ...]:
    """The options by which such a module calls compose and docker as the console does.

    Args:
        command: How compose and docker are called.
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
    """Have a module take what `project_options` gives."""
    parser.add_argument("--directory", required=True, type=Path, help="the project's folder")
    parser.add_argument("--project", required=True, help="the compose project's name")
    parser.add_argument("--file", action="append", default=[], help="a compose file")
    parser.add_argument("--env-file", action="append", default=[], help="an environment file")
    parser.add_argument("--edited", default="", help="which environment file it is about")
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
        edited=arguments.edited,
        profiles=tuple(arguments.profile),
        project=arguments.project,
    )
