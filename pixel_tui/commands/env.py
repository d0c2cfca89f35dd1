"""`pixel-tui env check|get|set|unset|diff|impact|confirm`: the project's environment files.

Slow imports are deferred until a command needs them.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.commands.options import (
    ExitCode,
    add_command,
    add_confirm,
    add_project_options,
    compose_command,
    project_readers,
)
from pixel_tui.errors import NOTHING_CHANGED, UsageError, refusing_change
from pixel_tui.standard_streams import print_error

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.environment.apply.impact import Impact
    from pixel_tui.environment.checks.overview import Overview
    from pixel_tui.environment.live.reading import FileContext
    from pixel_tui.health.finding import Finding
    from pixel_tui.stack.compose.command import ComposeCommand


def add_env_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `env` to the commands."""
    env = add_command(commands, "env", "Check, compare and change the project's .env")
    env.examples = ("pixel-tui env check", "pixel-tui env get LOG_LEVEL")
    env.set_defaults(run=lambda *_: _print_help(env))
    subcommands = env.add_subparsers(metavar="COMMAND")

    check = add_command(subcommands, "check", "Check the environment files")
    check.add_argument("path", nargs="?", metavar="FILE")
    check.add_argument("--json", action="store_true", help="Print JSON; a line per file if several")
    check.exits = {
        0: "no errors and no warnings",
        1: "an error or a warning",
        2: "a file can't be read",
    }
    check.examples = ("pixel-tui env check", "pixel-tui env check staging.env --json")
    check.set_defaults(run=_run_check)

    get = add_command(subcommands, "get", "Print the value of a key as compose reads it")
    get.add_argument("key", metavar="KEY")
    _add_in(get)
    get.add_argument("--reveal", action="store_true", help="Print a secret on a terminal too")
    get.exits = {0: "printed", 1: "the key has no value", 2: "the file can't be read"}
    get.examples = ("pixel-tui env get LOG_LEVEL", "pixel-tui env get DB_PASSWORD | xclip")
    get.set_defaults(run=_run_get)

    _add_other_commands(subcommands)
    for parser in subcommands.choices.values():
        add_project_options(parser, default=argparse.SUPPRESS)


def _add_other_commands(subcommands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    change = add_command(
        subcommands,
        "set",
        "Set a key to the value on standard input",
        "The value is quoted as needed. Containers keep the old value: a restart does not\n"
        "apply it. Empty input changes nothing.",
    )
    change.add_argument("--empty", action="store_true", help="Set an empty value")
    change.examples = (
        "echo debug | pixel-tui env set LOG_LEVEL",
        "pixel-tui env set DB_PASSWORD --apply < password",
    )
    unset = add_command(subcommands, "unset", "Remove a key")
    unset.examples = ("pixel-tui env unset LOG_LEVEL",)
    for parser, run in ((change, _run_set), (unset, _run_unset)):
        parser.add_argument("key", metavar="KEY")
        _add_in(parser)
        parser.add_argument(
            "--apply", action="store_true", help="Recreate and rebuild the services that need it"
        )
        add_confirm(parser)
        parser.exits = {0: "done", 1: "failed", 2: "not started"}
        parser.set_defaults(run=run)

    diff = add_command(subcommands, "diff", "Compare two environment files; secrets are masked")
    diff.add_argument("old", metavar="FILE1")
    diff.add_argument("new", metavar="FILE2")
    diff.exits = {0: "no differences", 1: "different", 2: "a file can't be read"}
    diff.examples = ("pixel-tui env diff .env .env.example",)
    diff.set_defaults(run=_run_diff)

    impact = add_command(
        subcommands, "impact", "Show the services that an environment file changes"
    )
    impact.add_argument("path", nargs="?", metavar="FILE")
    impact.add_argument("--json", action="store_true", help="Print JSON")
    impact.exits = {
        0: "no services",
        100: "some services must be recreated or rebuilt",
        2: "compose refuses the file or can't be asked",
    }
    impact.examples = ("pixel-tui env impact staging.env",)
    impact.set_defaults(run=_run_impact)

    confirm = add_command(subcommands, "confirm", "Keep an applied environment that waits for it")
    confirm.exits = {0: "kept", 1: "nothing to confirm", 2: "the apply was interrupted"}
    confirm.examples = ("pixel-tui env confirm",)
    confirm.set_defaults(run=_run_confirm)


def _add_in(parser: argparse.ArgumentParser) -> None:
    """Add the option that selects an environment file; `--file` is for compose files."""
    parser.add_argument(
        "--in", dest="in_file", metavar="FILE", help="Use only this environment file"
    )


def _print_help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return ExitCode.ERROR


def _run_check(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.env_choice import environment_paths
    from pixel_tui.commands.env_output import as_json, as_text, is_clean
    from pixel_tui.environment.live.reading import missing_file
    from pixel_tui.environment.storage.file_state import read_file

    command = compose_command(arguments, environment)
    paths = [Path(arguments.path)] if arguments.path else environment_paths(command)
    states = [read_file(path) for path in paths]
    missing = [state.path for state in states if not state.exists]
    if missing and arguments.path:
        raise missing_file(missing[0], command)
    notes: dict[str, None] = {}
    results = []
    for path, state in zip(paths, states, strict=True):
        data = state.data if state.exists else None
        overview, context = _examine(path, data, command.editing(path.absolute()), environment)
        results.append((state, overview))
        notes |= dict.fromkeys(context.unknowns)
    if not arguments.json:  # first a file that compose refuses, as that affects the others
        results.sort(key=lambda result: not result[1].is_fatal)
    for state, overview in results:
        if arguments.json:
            indent = 2 if len(paths) == 1 else None
            print(json.dumps(as_json(state.path, overview), indent=indent))  # noqa: T201
        elif state.exists or overview.findings:
            print(as_text(state.path, overview, named=len(paths) > 1))  # noqa: T201
    clean = all(is_clean(overview) for _, overview in results)
    for note in notes:
        print_error(note)
    if missing:
        # Compose accepts a project without a `.env`; the checks above report missing keys.
        raise missing_file(missing[0], command)
    return ExitCode.OK if clean else ExitCode.NOT_OK


def _run_get(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.env_choice import (
        environment_paths,
        file_in_effect,
        overridden_by_shell,
        read_files,
        require_key,
        selected_file,
    )
    from pixel_tui.environment.checks.catalogue import load_catalogue
    from pixel_tui.environment.checks.secrecy import is_secret
    from pixel_tui.settings import load_settings

    key = arguments.key
    command = compose_command(arguments, environment)
    selected = selected_file(arguments.in_file, command) if arguments.in_file else None
    paths = environment_paths(command)
    # The earlier files are read too, because values can refer to their keys.
    files = read_files(
        paths[: paths.index(selected) + 1] if selected else paths,
        environment,
        partial(_read, command=command),
    )
    files = [file for file in files if selected in {None, file.path}]
    for file in files:
        if file.document.faults:
            where = f" {file.path}" if len(files) > 1 else ""
            print_error(f"Compose refuses the file{where}: {file.document.faults[0].message}")
    require_key(key, files)
    found = file_in_effect(key, files)
    entry = found.document.entry(key) if found is not None else None
    reading = found.readings[key] if found is not None else None
    if entry is None or reading is None or reading.value is None:
        print_error(f"{key} has no value in {', '.join(str(file.path) for file in files)}.")
        return ExitCode.NOT_OK
    catalogue = load_catalogue()
    secret = is_secret(key, reading.value, catalogue) or is_secret(key, entry.written, catalogue)
    if (
        secret
        and not arguments.reveal_allowed
        and load_settings(environment, read_only=arguments.read_only).read_only
    ):
        raise UsageError(
            "Secrets can't be shown in read-only mode.",
            on=key,
            hint="Use `pixel-tui --read-only --reveal-allowed`.",
        )
    if secret and sys.stdout.isatty() and not arguments.reveal:
        raise UsageError(
            "The value is a secret, and is not printed on a terminal.",
            on=key,
            hint="Add --reveal.",
        )
    if sys.stdout.isatty():
        _print_escaped(reading.value)
    else:
        sys.stdout.buffer.write(reading.value.encode("utf-8", "surrogateescape") + b"\n")
    if note := overridden_by_shell(key, environment):
        print_error(note)
    return ExitCode.OK


def _print_escaped(value: str) -> None:
    """Print a value on a terminal, with control characters replaced."""
    from pixel_tui.text import defuse

    lines = value.split("\n")
    shown = ["\t".join(map(defuse, line.split("\t"))) for line in lines]
    print("\n".join(shown))  # noqa: T201
    if shown != lines:
        print_error(
            "Control characters are shown as symbols; a pipe or a file gets them unchanged."
        )


@refusing_change()
def _run_set(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.env_set import set_key
    from pixel_tui.session import start_session

    session = start_session(environment, read_only=arguments.read_only)
    if session.settings.read_only:
        raise UsageError("`env set` is not available in read-only mode.")
    return set_key(arguments, session, compose_command(arguments, environment))


@refusing_change()
def _run_unset(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.env_set import unset_key
    from pixel_tui.session import start_session

    session = start_session(environment, read_only=arguments.read_only)
    if session.settings.read_only:
        raise UsageError("`env unset` is not available in read-only mode.")
    return unset_key(arguments, session, compose_command(arguments, environment))


def _run_diff(arguments: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.env_output import diff_as_text
    from pixel_tui.environment.checks.catalogue import load_catalogue
    from pixel_tui.environment.checks.checked_file import is_secret_entry
    from pixel_tui.environment.dotenv.difference import difference
    from pixel_tui.environment.dotenv.document import DotenvDocument

    paths = Path(arguments.old), Path(arguments.new)
    old, new = (DotenvDocument.parse(_read(path)) for path in paths)
    catalogue = load_catalogue()
    found = difference(old, new, lambda item: is_secret_entry(item, item.written, catalogue))
    if found.is_empty:
        return ExitCode.OK
    print(diff_as_text(*paths, found))  # noqa: T201
    return ExitCode.NOT_OK


def _run_impact(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.env_choice import require_other_files
    from pixel_tui.commands.env_output import impact_as_json, impact_as_text
    from pixel_tui.environment.apply.impact_reading import ImpactReader
    from pixel_tui.settings import state_folder

    command = compose_command(arguments, environment)
    path = _path(arguments.path, command)
    content, command = _read(path, command), command.editing(path.absolute())
    require_other_files(command)
    folder = state_folder()
    impact = ImpactReader(command, environment, folder).read(content)
    old = () if impact.refusal else _old_content_findings(command, environment, impact, folder)
    if arguments.json:
        print(json.dumps(impact_as_json(path, impact, old), indent=2))  # noqa: T201
    else:
        print(impact_as_text(path, impact, old))  # noqa: T201
    if impact.refusal:
        return ExitCode.ERROR
    return ExitCode.CHANGES if impact.services else ExitCode.OK


def _old_content_findings(
    command: "ComposeCommand",
    environment: Mapping[str, str],
    impact: "Impact",
    state_folder: Path,
) -> "Sequence[Finding]":
    """Return findings about services with an old content that this file does not change."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.environment.apply.impact_reading import engine_of
    from pixel_tui.errors import EngineError
    from pixel_tui.health.findings import findings
    from pixel_tui.health.rules.sync import is_of_old_content
    from pixel_tui.stack.compose.project import ComposeProject
    from pixel_tui.stack.watch.look_once import read_snapshot

    clock = SystemClock()
    engine = engine_of(command, environment)
    try:
        snapshot = read_snapshot(engine, ComposeProject(command, environment, state_folder), clock)
    except EngineError:
        return ()  # the impact says so
    finally:
        engine.close()
    changed = {item.service for item in impact.services}
    return [
        finding
        for finding in findings(snapshot, clock.now())
        if finding.service not in changed and is_of_old_content(finding, snapshot)
    ]


@refusing_change()
def _run_confirm(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands.interrupted_apply import interrupted_applies
    from pixel_tui.environment.apply.confirmation import Confirmation
    from pixel_tui.session import start_session
    from pixel_tui.stack.watch.look_once import read_snapshot

    session = start_session(environment, read_only=arguments.read_only)
    if session.settings.read_only:
        raise UsageError("`env confirm` is not available in read-only mode.")
    command = compose_command(arguments, environment)
    marks = (each.env_mark for each in command.each_edited)
    if Confirmation(session.state_folder, *marks).confirm():
        print("The new environment is kept.")  # noqa: T201
        return ExitCode.OK
    if (left := next(interrupted_applies(command, session.state_folder), None)) is not None:
        engine, project = project_readers(arguments, environment, session.state_folder)
        print(left.keep(lambda: read_snapshot(engine, project, SystemClock())))  # noqa: T201
        return ExitCode.OK
    print_error(f"Nothing to confirm in {command.directory}. {NOTHING_CHANGED}")
    return ExitCode.NOT_OK


def _path(named: str | None, command: "ComposeCommand") -> Path:
    from pixel_tui.environment.live.reading import environment_path

    return Path(named) if named else environment_path(command)


def _read(path: Path, command: "ComposeCommand | None" = None) -> bytes:
    """Return the file's content.

    Raises:
        FileError: It does not exist, or can't be read.
    """
    from pixel_tui.environment.live.reading import missing_file
    from pixel_tui.environment.storage.file_state import read_file

    state = read_file(path)
    if not state.exists:
        raise missing_file(path, command)
    return state.data


def _examine(
    path: Path, data: bytes | None, command: "ComposeCommand", environment: Mapping[str, str]
) -> "tuple[Overview, FileContext]":
    from pixel_tui.environment.dotenv.document import DotenvDocument
    from pixel_tui.environment.live.reading import Examiner, read_context

    context = read_context(path, command, environment, content=data)
    return Examiner(context, environment).examine(DotenvDocument.parse(data or b"")), context
