"""Options and exit codes that commands share: the project and the engine.

Docker is not imported before a command needs it.
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


ADOPT_TIMEOUT_SECONDS: Final = 0.3
"""How long to wait for the engine to report the files that containers were created with."""


class ExitCode(IntEnum):
    """The exit codes of commands."""

    OK = 0
    NOT_OK = 1
    ERROR = 2
    """The stack, the arguments or the settings can't be read; the reason is on stderr."""
    CHANGES = 100
    """The plan or the file would change something."""


def add_command(
    commands: "argparse._SubParsersAction[ArgumentParser]",
    name: str,
    summary: str,
    details: str = "",
) -> "ArgumentParser":
    """Add a command with its `--help`.

    Args:
        commands: The commands to add it to.
        name: Its name.
        summary: One line for the list of commands and `--help`.
        details: More text for `--help`, with line ends.
    """
    description = f"{summary}\n\n{details}" if details else summary
    parser = commands.add_parser(name, help=summary, description=description, add_help=False)
    add_help(parser)
    return parser


def add_help(parser: argparse.ArgumentParser) -> None:
    """Add the option `--help` to a parser created without it."""
    parser.add_argument("-h", "--help", action="help", help="Print this help")


def add_project_options(parser: argparse.ArgumentParser, *, default: object = None) -> None:
    """Add the options of commands that read a project.

    Args:
        parser: The parser to add them to.
        default: `SUPPRESS` in a sub-command, so that it does not reset options before it.
    """
    group = parser.add_argument_group("project options (paths are relative to the current folder)")
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


def selects_project(arguments: argparse.Namespace) -> bool:
    """Whether an option selects a project or an engine."""
    options = ("directory", "file", "project_name", "env_file", "profile", "host", "context")
    return any(getattr(arguments, name) for name in options)


def add_action(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of an action: its name, its targets and the project."""
    parser.add_argument("action", metavar="ACTION")
    parser.add_argument("target", nargs="*", default=[], metavar="SERVICE")
    add_project_options(parser, default=argparse.SUPPRESS)


def add_confirm(parser: argparse.ArgumentParser) -> None:
    """Add the option that confirms a dangerous plan."""
    parser.add_argument(
        "--confirm",
        metavar="NAME",
        action="append",
        default=[],
        help="Word that the plan asks for; may be repeated",
    )


def add_read_only(parser: argparse.ArgumentParser, *, default: object) -> None:
    """Add the option that forbids changes."""
    parser.add_argument(
        "--read-only",
        action="store_true",
        default=default,
        help="Allow no changes (also PIXEL_TUI_READ_ONLY=1)",
    )


def add_reveal_allowed(parser: argparse.ArgumentParser, *, default: object) -> None:
    """Add the option that allows to reveal secrets in read-only mode."""
    parser.add_argument(
        "--reveal-allowed",
        action="store_true",
        default=default,
        help="With --read-only: allow a key to show secrets",
    )


def compose_command(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> "ComposeCommand":
    """Return the compose command of the selected project, for commands that read its files.

    They report unreadable ones themselves, and show nothing of them.

    Raises:
        ConsoleError: There is no such project.
    """
    command = _selected_command(arguments, environment)
    _learn_secrets(command, environment, warn=False)
    return command


def _selected_command(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> "ComposeCommand":
    project = _selected_project(arguments, environment)
    if name := _name_to_find(arguments, environment, project):
        _, command = _find_by_name(arguments, environment, name)
        return command
    from pixel_tui.errors import ConsoleError
    from pixel_tui.stack.engine.docker_engine import DockerEngine
    from pixel_tui.stack.engine.endpoint import find_endpoint

    try:
        endpoint = find_endpoint(environment, host=arguments.host, context=arguments.context)
    except ConsoleError:  # reported by whatever needs the engine
        return project.command
    return _adopted_command(DockerEngine(endpoint), project)()


def project_readers(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path
) -> "tuple[DockerEngine, ComposeProject]":
    """Return what reads the engine and the selected project.

    Args:
        arguments: The arguments of the command line.
        environment: The environment variables of this process.
        state_folder: The state folder of this user.

    Raises:
        ConsoleError: There is no such project.
    """
    engine, _, final_project = start_readers(arguments, environment, state_folder)
    project = final_project()
    _learn_secrets(project.command, environment)  # meanwhile compose reads the project
    return engine, project


def _learn_secrets(
    command: "ComposeCommand", environment: Mapping[str, str], *, warn: bool = True
) -> None:
    from pixel_tui.environment.checks.masking import learn_secrets

    learn_secrets(command, environment, warn=warn)


def start_readers(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path
) -> "tuple[DockerEngine, ComposeProject, Callable[[], ComposeProject]]":
    """Start reading the project before it is known which files its containers were created with.

    Args:
        arguments: The arguments of the command line.
        environment: The environment variables of this process.
        state_folder: The state folder of this user.

    Returns:
        The engine, the project as requested, and a function that waits for the engine's answer
        and returns the project to read: nearly always the same one.

    Raises:
        ConsoleError: There is no such project.
    """
    from pixel_tui.stack.compose.project import ComposeProject

    project = _selected_project(arguments, environment, state_folder)
    if name := _name_to_find(arguments, environment, project):
        engine, command = _find_by_name(arguments, environment, name)
        found = ComposeProject(command, environment, state_folder)
        return engine, found, lambda: found
    # Compose reads the project while Docker's library is imported.
    project.begin()
    from pixel_tui.stack.engine.docker_engine import DockerEngine
    from pixel_tui.stack.engine.endpoint import find_endpoint

    endpoint = find_endpoint(environment, host=arguments.host, context=arguments.context)
    engine = DockerEngine(endpoint)
    made = _adopted_command(engine, project)

    def final_project() -> "ComposeProject":
        command = made()
        if command is project.command:
            return project
        project.cancel_prefetch()
        found = ComposeProject(command, environment, state_folder)
        found.begin()
        return found

    return engine, project, final_project


def _adopted_command(
    engine: "DockerEngine", project: "ComposeProject"
) -> "Callable[[], ComposeCommand]":
    """Start reading the `-f` and `--env-file` that the project's containers were created with.

    Returns:
        A function that waits for the answer and returns the command with these files; the
        requested command if files were given, the containers differ, or the engine is slow.
    """
    if not project.finds_files and project.command.env_files:
        return lambda: project.command
    from pixel_tui.errors import EngineError
    from pixel_tui.stack.compose.places import adopt_files, creation_location

    found: list[ComposeCommand] = []

    def read() -> None:
        with suppress(EngineError):
            made = creation_location(engine, project.location, project.fallback_name)
            command = project.command
            if made and (other := adopt_files(command, made, finds_files=project.finds_files)):
                found.append(other)

    thread = Thread(target=read, name="made-with", daemon=True)
    thread.start()
    deadline = monotonic() + ADOPT_TIMEOUT_SECONDS

    def wait_for_command() -> "ComposeCommand":
        thread.join(max(deadline - monotonic(), 0))
        return found[0] if found else project.command

    return wait_for_command


def _selected_project(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path | None = None
) -> "ComposeProject":
    """Return the project of the selected folder or files, else of this folder."""
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
    arguments: argparse.Namespace, environment: Mapping[str, str], current: "ComposeProject"
) -> str:
    """Return the name of a project in another folder; empty if it is here, or has no name."""
    name: str = arguments.project_name or environment.get("COMPOSE_PROJECT_NAME") or ""
    return "" if arguments.directory or arguments.file or current.has_files else name


def _find_by_name(
    arguments: argparse.Namespace, environment: Mapping[str, str], name: str
) -> "tuple[DockerEngine, ComposeCommand]":
    """Return the engine and the command of a project that is found by its containers' labels."""
    from pixel_tui.stack.compose.find import find_command
    from pixel_tui.stack.compose.places import find_location
    from pixel_tui.stack.engine.docker_engine import DockerEngine
    from pixel_tui.stack.engine.endpoint import find_endpoint

    host, context = arguments.host, arguments.context
    engine = DockerEngine(find_endpoint(environment, host=host, context=context))
    location = find_location(engine, name)
    command = find_command(
        environment,
        host=host,
        context=context,
        directory=location.directory if location else None,
        files=location.files if location else (),
        project=name,
        env_files=arguments.env_file or (location.env_files if location else ()),
        profiles=arguments.profile or (),
    )
    return engine, command
