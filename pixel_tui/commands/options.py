"""Which project, on which engine: what every command of the command line shares.

Nothing here imports Docker before a command needs it.
"""

import argparse
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.stack.compose.command import ComposeCommand
    from pixel_tui.stack.compose.project import ComposeProject
    from pixel_tui.stack.engine.docker_engine import DockerEngine


MADE_WITH_SECONDS: Final = 0.3
"""How long the engine may take to say what the containers were made with."""


class ExitCode(IntEnum):
    """What the program's exit code says."""

    WELL = 0
    NOT_WELL = 1
    UNREADABLE = 2
    """The stack, the arguments or the settings can't be read; the reason is on stderr."""
    WOULD_CHANGE = 100
    """What `plan` was asked for would change something."""


def add_command(
    commands: "argparse._SubParsersAction[ArgumentParser]",
    name: str,
    summary: str,
    details: str = "",
) -> "ArgumentParser":
    """A command: it and `--help`.

    Args:
        commands: Where it is added.
        name: Its name.
        summary: One line, which the list of commands has too.
        details: What else `--help` prints, with its line ends.
    """
    description = f"{summary}\n\n{details}" if details else summary
    parser = commands.add_parser(name, help=summary, description=description, add_help=False)
    add_help(parser)
    return parser


def add_help(parser: argparse.ArgumentParser) -> None:
    """The option `--help`, for a parser that is made without it."""
    parser.add_argument("-h", "--help", action="help", help="Print this help")


def add_project_options(parser: argparse.ArgumentParser, *, default: object = None) -> None:
    """The options of every command that looks at a project.

    Args:
        parser: Where they are added.
        default: `SUPPRESS` in a sub-command, so that it leaves alone what stands before it.
    """
    group = parser.add_argument_group("project options")
    group.add_argument(
        "-C", "--directory", metavar="DIR", default=default, help="Project directory (default: .)"
    )
    group.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        action="append",
        default=default,
        help="Compose file; may be repeated",
    )
    group.add_argument("-p", "--project-name", metavar="NAME", default=default, help="Project name")
    group.add_argument(
        "--env-file",
        metavar="FILE",
        action="append",
        default=default,
        help="Environment file instead of .env; may be repeated",
    )
    group.add_argument(
        "--profile",
        metavar="NAME",
        action="append",
        default=default,
        help="Profile to activate; may be repeated",
    )
    group.add_argument("--host", metavar="URL", default=default, help="Docker daemon address")
    group.add_argument("--context", metavar="NAME", default=default, help="Docker context")
    group.add_argument(
        "--or-demo",
        action="store_true",
        default=default or False,
        help="Open the demo if there is no daemon or no project",
    )
    add_read_only(parser, default=default or False)


def names_something(arguments: argparse.Namespace) -> bool:
    """Whether an option says which project, or which engine."""
    options = ("directory", "file", "project_name", "env_file", "profile", "host", "context")
    return any(getattr(arguments, name) for name in options)


def add_action(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command that plans an action: its name, on what, and in which project."""
    parser.add_argument("action", metavar="ACTION")
    parser.add_argument("target", nargs="*", default=[], metavar="SERVICE")
    add_project_options(parser, default=argparse.SUPPRESS)


def add_confirm(parser: argparse.ArgumentParser) -> None:
    """The option that gives the words a dangerous plan asks for."""
    parser.add_argument(
        "--confirm",
        metavar="NAME",
        action="append",
        default=[],
        help="Word that the plan asks for; may be repeated",
    )


def add_read_only(parser: argparse.ArgumentParser, *, default: object) -> None:
    """The option of a command that could change something, or shows what could."""
    parser.add_argument(
        "--read-only",
        action="store_true",
        default=default,
        help="Allow no changes (also PIXEL_TUI_READ_ONLY=1)",
    )


def add_reveal_allowed(parser: argparse.ArgumentParser, *, default: object) -> None:
    """The option of a command that opens the console."""
    parser.add_argument(
        "--reveal-allowed",
        action="store_true",
        default=default,
        help="With --read-only: allow a key to show secrets",
    )


def named_command(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> "ComposeCommand":
    """How compose is called for the project that the arguments name.

    Raises:
        ConsoleError: They name none.
    """
    command = _named(arguments, environment)
    _learn_secrets(command, environment)
    return command


def _named(arguments: argparse.Namespace, environment: Mapping[str, str]) -> "ComposeCommand":
    project = _project_here(arguments, environment)
    if name := _name_to_find(arguments, environment, project):
        _, command = _found_by_name(arguments, environment, name)
        return command
    from pixel_tui.errors import ConsoleError
    from pixel_tui.stack.engine.docker_engine import DockerEngine
    from pixel_tui.stack.engine.endpoint import find_endpoint

    try:
        endpoint = find_endpoint(environment, host=arguments.host, context=arguments.context)
    except ConsoleError:  # whoever wants the engine says what is wrong with it
        return project.command
    return _as_it_was_made(DockerEngine(endpoint), project)()


def readers(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path
) -> "tuple[DockerEngine, ComposeProject]":
    """What reads the engine and the project that the arguments name.

    Args:
        arguments: Of the command line.
        environment: The variables of this process.
        state_folder: Where this user's state is kept.

    Raises:
        ConsoleError: They name none.
    """
    engine, _, settled = begun_readers(arguments, environment, state_folder)
    project = settled()
    _learn_secrets(project.command, environment)  # meanwhile compose reads the project
    return engine, project


def _learn_secrets(command: "ComposeCommand", environment: Mapping[str, str]) -> None:
    from pixel_tui.environment.checks.masking import learn_secrets

    learn_secrets(command, environment)


def begun_readers(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path
) -> "tuple[DockerEngine, ComposeProject, Callable[[], ComposeProject]]":
    """What reads the engine and the project, before it is known what its containers were made with.

    Args:
        arguments: Of the command line.
        environment: The variables of this process.
        state_folder: Where this user's state is kept.

    Returns:
        The engine, the project as it was asked for, and what waits for the engine's answer
        and returns the project that is to be read: nearly always the same one.

    Raises:
        ConsoleError: They name none.
    """
    from pixel_tui.stack.compose.project import ComposeProject

    project = _project_here(arguments, environment, state_folder)
    if name := _name_to_find(arguments, environment, project):
        engine, command = _found_by_name(arguments, environment, name)
        found = ComposeProject(command, environment, state_folder)
        return engine, found, lambda: found
    # Compose reads the project while Docker's library is imported.
    project.begin()
    from pixel_tui.stack.engine.docker_engine import DockerEngine
    from pixel_tui.stack.engine.endpoint import find_endpoint

    endpoint = find_endpoint(environment, host=arguments.host, context=arguments.context)
    engine = DockerEngine(endpoint)
    made = _as_it_was_made(engine, project)

    def settled() -> "ComposeProject":
        command = made()
        if command is project.command:
            return project
        project.cancel_prefetch()
        found = ComposeProject(command, environment, state_folder)
        found.begin()
        return found

    return engine, project, settled


def _as_it_was_made(
    engine: "DockerEngine", project: "ComposeProject"
) -> "Callable[[], ComposeCommand]":
    """Ask for the command with the `-f` and `--env-file` that its containers were made with.

    Returns:
        What waits for the answer. Where somebody named other files, where the containers don't
        agree, or where the engine does not say at once, it is the command as it was asked for.
    """
    if not project.finds_files and project.command.env_files:
        return lambda: project.command
    from pixel_tui.errors import EngineError
    from pixel_tui.stack.compose.places import adopt_files, creation_location

    found: list[ComposeCommand] = []

    def ask() -> None:
        with suppress(EngineError):
            made = creation_location(engine, project.location, project.fallback_name)
            command = project.command
            if made and (other := adopt_files(command, made, finds_files=project.finds_files)):
                found.append(other)

    asking = Thread(target=ask, name="made-with", daemon=True)
    asking.start()
    until = monotonic() + MADE_WITH_SECONDS

    def answer() -> "ComposeCommand":
        asking.join(max(until - monotonic(), 0))
        return found[0] if found else project.command

    return answer


def _project_here(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path | None = None
) -> "ComposeProject":
    """The project in the folder and of the files that the arguments name, else in this folder."""
    from pixel_tui.stack.compose.find import find_command
    from pixel_tui.stack.compose.project import ComposeProject

    command = find_command(
        environment,
        host=arguments.host,
        context=arguments.context,
        directory=arguments.directory,
        files=arguments.file or (),
        project=arguments.project_name,
        env_files=arguments.env_file or (),
        profiles=arguments.profile or (),
    )
    return ComposeProject(command, environment, state_folder)


def _name_to_find(
    arguments: argparse.Namespace, environment: Mapping[str, str], here: "ComposeProject"
) -> str:
    """The name of a project that is elsewhere; empty where it is here, or has no name."""
    name: str = arguments.project_name or environment.get("COMPOSE_PROJECT_NAME") or ""
    return "" if arguments.directory or arguments.file or here.has_files else name


def _found_by_name(
    arguments: argparse.Namespace, environment: Mapping[str, str], name: str
) -> "tuple[DockerEngine, ComposeCommand]":
    """The engine and the command of a project that is elsewhere: its containers say where."""
    from pixel_tui.stack.compose.find import find_command
    from pixel_tui.stack.compose.places import find_location
    from pixel_tui.stack.engine.docker_engine import DockerEngine
    from pixel_tui.stack.engine.endpoint import find_endpoint

    host, context = arguments.host, arguments.context
    engine = DockerEngine(find_endpoint(environment, host=host, context=context))
    place = find_location(engine, name)
    command = find_command(
        environment,
        host=host,
        context=context,
        directory=place.directory if place else None,
        files=place.files if place else (),
        project=name,
        env_files=arguments.env_file or (place.env_files if place else ()),
        profiles=arguments.profile or (),
    )
    return engine, command
