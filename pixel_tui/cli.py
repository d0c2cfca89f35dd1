"""The command line: `pixel-tui` and its commands.

Imports that cost time wait until a command needs them: `--version` and `--help` load
neither Docker nor Textual, and `status` and `doctor` load no Textual.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from pixel_tui import __version__
from pixel_tui.errors import ConsoleError, UsageError

if TYPE_CHECKING:
    from pixel_tui.backups.stack_view import StackView
    from pixel_tui.stack.compose import ComposeProject
    from pixel_tui.stack.engine import DockerEngine


SWITCH_SECONDS: Final = 0.001
"""How long one thread may hold back another. While the toolkit is imported, or a log floods
in, each answer of the engine and each key would else wait for five times as long."""
MOST_PICTURES: Final = "200"
"""A second. Textual paints by a beat of 60: a key that comes right after a picture waits
for up to two of them. Nothing is painted more often for it: only sooner."""


class ExitCode(IntEnum):
    """What the program's exit code says."""

    WELL = 0
    NOT_WELL = 1
    UNREADABLE = 2
    """The stack, the arguments or the settings can't be read; the reason is on stderr."""
    WOULD_CHANGE = 100
    """What `plan` was asked for would change something."""
    INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments, dict(os.environ)))
    except ConsoleError as error:
        print(f"pixel-tui: {error}", file=sys.stderr)  # noqa: T201
        return ExitCode.UNREADABLE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away; silence is what it expects.
        sys.stderr.close()
        return ExitCode.WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pixel-tui",
        description="A terminal console for people who run a Docker Compose stack on a server.",
        epilog="Inside the console: ? shows the keys of where you are, q quits.",
    )
    parser.add_argument("--version", action="version", version=f"pixel-tui {__version__}")
    _add_project_options(parser)
    parser.set_defaults(run=_run_console)
    commands = parser.add_subparsers(title="commands", metavar="")
    demo = commands.add_parser(
        "demo",
        help="open the console on an embedded stack, without Docker",
        description="Opens the console on an embedded stack of ten services, without Docker.",
    )
    _add_read_only(demo, default=argparse.SUPPRESS)
    demo.set_defaults(run=_run_demo)
    status = commands.add_parser(
        "status",
        help="print the stack once",
        description="Prints the stack once. Exits with 0 when all that should run is running "
        "and healthy, 1 when something is not, 2 when the stack can't be read.",
    )
    status.add_argument(
        "--json", action="store_true", help="as JSON (docs/status.schema.json describes it)"
    )
    _add_project_options(status, default=argparse.SUPPRESS)
    status.set_defaults(run=_run_status)
    _add_logs(commands)
    _add_changes(commands)
    _add_backup(commands)
    _add_audit(commands)
    doctor = commands.add_parser(
        "doctor",
        help="check what the console needs, and say the remedy for what is missing",
        description="Checks the engine, the project, the terminal and this program's own files. "
        "Exits with 0 when nothing failed (warnings are allowed), 1 when something did, 2 when "
        "the arguments or the settings are wrong.",
    )
    doctor.add_argument(
        "--json", action="store_true", help="as JSON (docs/doctor.schema.json describes it)"
    )
    _add_project_options(doctor, default=argparse.SUPPRESS)
    doctor.set_defaults(run=_run_doctor)
    return parser


def _add_logs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    logs = commands.add_parser(
        "logs",
        help="print the logs of services, in the order of their times",
        description="Prints the logs of services in the order of their times, lines that belong "
        "together, such as a stack trace, as one. Exits with 0 when lines were printed, 1 when "
        "--grep or --level found none, 2 when the logs can't be read.",
        epilog="Times: 10:42, 10:42:07, 15m or 2h30m ago, or a date such as 2026-03-01T10:42.",
    )
    logs.add_argument("service", nargs="*", help="whose logs; of all where none is named")
    logs.add_argument("--since", metavar="TIME", help="from this time on")
    logs.add_argument("--until", metavar="TIME", help="up to this time")
    logs.add_argument("-n", "--tail", metavar="N", type=int, help="the last N of each container")
    logs.add_argument("--grep", metavar="WORDS", help="only what has these words; smart case")
    logs.add_argument("--regex", action="store_true", help="--grep is a regular expression")
    logs.add_argument("--invert", action="store_true", help="only what has them not")
    logs.add_argument("--level", metavar="LEVEL", help="only this level and worse, such as warn")
    logs.add_argument("--follow", action="store_true", help="go on with what comes")
    logs.add_argument(
        "--json", action="store_true", help="one object a line: time, service, container, "
        "stream, level, text"
    )  # fmt: skip
    _add_project_options(logs, default=argparse.SUPPRESS)
    logs.set_defaults(run=_run_logs)


def _add_changes(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    actions = commands.add_parser(
        "actions",
        help="list what can be done, and when to do it",
        description="Lists what `plan` and `run` can do, and when to use it.",
    )
    actions.add_argument("--json", action="store_true", help="as JSON")
    actions.set_defaults(run=_run_actions)

    plan = commands.add_parser(
        "plan",
        help="show what an action would do, and do nothing",
        description="Shows what an action would do. Exits with 0 when there is nothing to do, "
        "100 when something would change, 2 when that can't be told.",
    )
    plan.add_argument("--json", action="store_true", help="as JSON (docs/plan.schema.json)")
    run = commands.add_parser(
        "run",
        help="do it: the same plan, locked, audited and verified",
        description="Makes the plan, shows it, and with --yes runs it. Exits with 0 when it was "
        "done and verified or there was nothing to do, 1 when it failed, 2 when it was not "
        "begun. Ctrl+C cancels; a connection that breaks does not.",
    )
    run.add_argument("--yes", action="store_true", help="run it, and not only show it")
    run.add_argument(
        "--confirm", metavar="NAME", default="", help="what a plan asks for before it is run"
    )
    for parser, runs in ((plan, _run_plan), (run, _run_action)):
        parser.add_argument("action", help="its name: `pixel-tui actions` lists them")
        parser.add_argument(
            "target", nargs="*", help="services, or ids of containers; all where none is named"
        )
        _add_project_options(parser, default=argparse.SUPPRESS)
        parser.set_defaults(run=runs)


def _add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser(
        "backup",
        help="make, list, verify and restore backups of the project",
        description="`now` (what is meant where nothing is said) is `run backup --yes`, `restore "
        "ID` is `run restore ID`: the same plan, lock and audit. `verify` exits with 0 when the "
        "backup (the newest, where none is named) is as it was written, 1 when not.",
    )
    backup.add_argument(
        "what", nargs="?", choices=("now", "list", "verify", "restore"), default="now"
    )
    backup.add_argument("target", nargs="*", metavar="ID", help="which backup")
    backup.add_argument("--json", action="store_true", help="list: as JSON")
    backup.add_argument("--yes", action="store_true", help="restore: do it, and not only show it")
    backup.add_argument("--confirm", metavar="NAME", default="", help="what the plan asks for")
    _add_project_options(backup, default=argparse.SUPPRESS)
    backup.set_defaults(run=_run_backup)


def _add_audit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    audit = commands.add_parser(
        "audit",
        help="show who changed what, or verify that the record of it is whole",
        description="Shows who changed what, newest last. With `verify`, exits with 0 when the "
        "trail is as it was written, 1 when it was edited or cut.",
    )
    audit.add_argument("what", nargs="?", choices=("show", "verify"), default="show")
    audit.add_argument("-n", "--last", metavar="N", type=int, default=20)
    audit.add_argument("--json", action="store_true", help="one object a line, as recorded")
    audit.set_defaults(run=_run_audit)


def _add_project_options(parser: argparse.ArgumentParser, *, default: object = None) -> None:
    """The options of every command that looks at a project.

    Args:
        parser: Where they are added.
        default: `SUPPRESS` in a sub-command, so that it leaves alone what stands before it.
    """
    group = parser.add_argument_group("which project, on which engine")
    group.add_argument(
        "-C", "--directory", metavar="DIR", default=default, help="the project's folder"
    )
    group.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        action="append",
        default=default,
        help="a compose file; may be given several times, later ones override",
    )
    group.add_argument("-p", "--project-name", metavar="NAME", default=default)
    group.add_argument(
        "--host",
        metavar="URL",
        default=default,
        help="the engine's address; else DOCKER_HOST, else the current Docker context",
    )
    group.add_argument("--context", metavar="NAME", default=default, help="a Docker context")
    group.add_argument(
        "--or-demo",
        action="store_true",
        default=default or False,
        help="open the embedded stack where there is no engine or no compose file",
    )
    _add_read_only(parser, default=default or False)


def _add_read_only(parser: argparse.ArgumentParser, *, default: object) -> None:
    parser.add_argument(
        "--read-only",
        action="store_true",
        default=default,
        help="look, and be unable to change anything (also PIXEL_TUI_READ_ONLY=1)",
    )


def _readers(
    arguments: argparse.Namespace, environment: Mapping[str, str]
) -> "tuple[DockerEngine, ComposeProject]":
    from pixel_tui.stack.compose import ComposeProject, find_command

    command = find_command(
        environment,
        host=arguments.host,
        context=arguments.context,
        directory=arguments.directory,
        files=arguments.file or (),
        project=arguments.project_name,
    )
    project = ComposeProject(command, environment)
    name = arguments.project_name or environment.get("COMPOSE_PROJECT_NAME")
    if name and not (arguments.directory or arguments.file or project.has_files):
        return _found_by_name(arguments, environment, name)
    # Compose reads the project while Docker's library is imported.
    project.begin()
    from pixel_tui.stack.endpoint import find_endpoint
    from pixel_tui.stack.engine import DockerEngine

    endpoint = find_endpoint(environment, host=arguments.host, context=arguments.context)
    return DockerEngine(endpoint), project


def _found_by_name(
    arguments: argparse.Namespace, environment: Mapping[str, str], name: str
) -> "tuple[DockerEngine, ComposeProject]":
    """The readers of a project that is elsewhere: its containers say where."""
    from pixel_tui.stack.compose import ComposeProject, find_command
    from pixel_tui.stack.endpoint import find_endpoint
    from pixel_tui.stack.engine import DockerEngine
    from pixel_tui.stack.places import find_place

    host, context = arguments.host, arguments.context
    engine = DockerEngine(find_endpoint(environment, host=host, context=context))
    place = find_place(engine, name)
    command = find_command(
        environment,
        host=host,
        context=context,
        directory=place.directory if place else None,
        files=place.files if place else (),
        project=name,
    )
    return engine, ComposeProject(command, environment)


def _run_status(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.health.findings import findings_of_stack
    from pixel_tui.settings import load_settings
    from pixel_tui.stack.reading import look_once
    from pixel_tui.status import all_well, as_json, as_table

    settings = load_settings(environment, read_only=arguments.read_only)
    engine, project = _readers(arguments, environment)
    snapshot = look_once(engine, project, SystemClock())
    if arguments.json:
        print(json.dumps(as_json(snapshot, read_only=settings.read_only), indent=2))  # noqa: T201
    elif snapshot.services:
        print(as_table(snapshot))  # noqa: T201
    for finding in findings_of_stack(snapshot):
        print(f"pixel-tui: {finding.what} {finding.remedy}", file=sys.stderr)  # noqa: T201
    if snapshot.project_trouble is not None:
        trouble = snapshot.project_trouble
        print(f"pixel-tui: {trouble.what} {trouble.remedy}", file=sys.stderr)  # noqa: T201
        return ExitCode.UNREADABLE
    return ExitCode.WELL if all_well(snapshot) else ExitCode.NOT_WELL


def _run_logs(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui import log_command
    from pixel_tui.clock import SystemClock
    from pixel_tui.settings import load_settings
    from pixel_tui.stack.log_history import LogHistory
    from pixel_tui.stack.reading import look_once

    settings = load_settings(environment, read_only=arguments.read_only)
    clock = SystemClock()
    now = clock.now()
    if arguments.tail is not None and arguments.tail < 1:
        raise UsageError("--tail wants a number above 0", on=str(arguments.tail))
    if arguments.follow and arguments.until:
        raise UsageError("--follow has no end, so --until makes no sense beside it")
    wish = log_command.Wish(
        services=tuple(arguments.service),
        since=log_command.time_wished(arguments.since, now),
        until=log_command.time_wished(arguments.until, now),
        tail=arguments.tail,
        matcher=log_command.matcher_wished(
            arguments.grep, regex=arguments.regex, inverted=arguments.invert
        ),
        level=log_command.level_wished(arguments.level),
        as_json=arguments.json,
    )
    engine, project = _readers(arguments, environment)
    snapshot = look_once(engine, project, clock)
    containers = log_command.containers_wished(snapshot, wish.services)
    for container in containers:
        if not container.logs_readable:
            reason = f"its logging driver is {container.log_driver}"
            print(f"pixel-tui: nothing of {container.name} can be read: {reason}.", file=sys.stderr)  # noqa: T201
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    printer = log_command.Printer(containers, wish, sys.stdout.write)
    chosen = log_command.GroupFilter(wish)
    history = LogHistory(engine, containers)
    reached = log_command.print_past(history, wish, printer, chosen)
    if arguments.follow:
        from pixel_tui.live import live_observer

        observer = live_observer(engine, project, settings)
        observer.start()
        log_command.Followed().run(observer, wish, reached, printer, chosen)
    printer.print(chosen.flush())
    sys.stdout.flush()
    return ExitCode.WELL if printer.count or not wish.chooses else ExitCode.NOT_WELL


def _run_actions(arguments: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    from pixel_tui.operations.actions import all_actions
    from pixel_tui.plan_output import action_as_json

    actions = all_actions()
    if arguments.json:
        print(json.dumps([action_as_json(action) for action in actions], indent=2))  # noqa: T201
        return ExitCode.WELL
    width = max(len(action.name) for action in actions)
    for action in actions:
        print(f"{action.name:<{width}}  {action.when}")  # noqa: T201
    return ExitCode.WELL


def _run_plan(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.errors import NothingToDo
    from pixel_tui.fact_reading import live_facts
    from pixel_tui.operations.actions import action_named, plan_action
    from pixel_tui.plan_output import as_json, as_text, nothing_as_json
    from pixel_tui.settings import load_settings
    from pixel_tui.stack.reading import look_once

    name, targets = arguments.action, arguments.target
    action_named(name)  # before anybody is asked
    engine, project = _readers(arguments, environment)
    clock = SystemClock()
    snapshot = look_once(engine, project, clock)
    settings = load_settings(environment, read_only=arguments.read_only)
    facts = live_facts(project.command, settings.backup, environment)(snapshot)
    try:
        plan = plan_action(name, targets, snapshot, project.command, now=clock.now(), facts=facts)
    except NothingToDo as error:
        nothing = nothing_as_json(name, targets, str(error))
        print(json.dumps(nothing, indent=2) if arguments.json else error)  # noqa: T201
        return ExitCode.WELL
    print(json.dumps(as_json(plan), indent=2) if arguments.json else as_text(plan))  # noqa: T201
    return ExitCode.WOULD_CHANGE


def _run_action(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.fact_reading import live_facts
    from pixel_tui.live import live_observer
    from pixel_tui.settings import load_settings, state_folder

    settings = load_settings(environment, read_only=arguments.read_only)
    if settings.read_only:
        raise UsageError("This is read-only, and `run` changes something.", remedy="Use `plan`.")
    from pixel_tui.operations.actions import action_named
    from pixel_tui.operations.operator import Operator
    from pixel_tui.run_command import Wish, carry_out
    from pixel_tui.stack.process import ProcessRunner

    action_named(arguments.action)
    wish = Wish(arguments.action, tuple(arguments.target), arguments.yes, arguments.confirm)
    engine, project = _readers(arguments, environment)
    observer = live_observer(engine, project, settings)
    command, clock = project.command, SystemClock()
    operator = Operator(ProcessRunner(environment), observer, command, state_folder(), clock)
    observer.start()
    try:
        read_facts = live_facts(command, settings.backup, environment)
        return carry_out(wish, observer, command, operator, clock, read_facts)
    finally:
        observer.close()


def _run_backup(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    if arguments.what in {"now", "restore"}:
        arguments.action = {"now": "backup", "restore": "restore"}[arguments.what]
        arguments.yes = arguments.yes or arguments.what == "now"
        return _run_action(arguments, environment)
    from pixel_tui import backup_command
    from pixel_tui.backups.store import BackupStore
    from pixel_tui.clock import SystemClock
    from pixel_tui.settings import load_settings

    if len(arguments.target) > (arguments.what == "verify"):
        raise UsageError("That is one id too many.", on=" ".join(arguments.target))
    settings = load_settings(environment, read_only=arguments.read_only)
    _, project = _readers(arguments, environment)
    policy = backup_command.project_policy(project.command, settings.backup)
    clock = SystemClock()
    if arguments.what == "verify":

        def view_of(name: str) -> "StackView":
            return backup_command.stack_view(project.command, name, environment)

        wanted = arguments.target[0] if arguments.target else ""
        whole = backup_command.verify_backup(
            wanted, policy, view_of, clock, print, record=not settings.read_only
        )
        return ExitCode.WELL if whole else ExitCode.NOT_WELL
    listed = BackupStore(policy.root).list()
    if arguments.json:
        print(json.dumps([backup_command.as_json(item) for item in listed], indent=2))  # noqa: T201
    elif listed:
        print(backup_command.as_table(listed, clock.now()))  # noqa: T201
    else:
        print(f"There is no backup in {policy.root}.")  # noqa: T201
    return ExitCode.WELL


def _run_audit(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.audit_command import record_line, verdict
    from pixel_tui.clock import SystemClock
    from pixel_tui.operations.audit import Audit, audit_path
    from pixel_tui.operations.origin import current_origin
    from pixel_tui.settings import state_folder

    if arguments.last < 1:
        raise UsageError("--last wants a number above 0", on=str(arguments.last))
    audit = Audit(audit_path(state_folder()), SystemClock(), current_origin(environment))
    trail = audit.read()
    if arguments.what == "verify":
        return ExitCode.WELL if verdict(trail, audit.path, print) else ExitCode.NOT_WELL
    for record in trail.records[-arguments.last :]:
        print(json.dumps(dict(record.facts)) if arguments.json else record_line(record))  # noqa: T201
    for problem in trail.problems:
        print(f"pixel-tui: {problem}", file=sys.stderr)  # noqa: T201
    return ExitCode.WELL


def _run_doctor(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.doctor.examine import Readers, examine
    from pixel_tui.doctor.report import Verdict, as_json, as_text

    readers: Readers | UsageError
    try:
        readers = Readers(*_readers(arguments, environment))
    except UsageError as error:
        readers = error
    report = examine(readers, environment, SystemClock(), read_only=arguments.read_only)
    if isinstance(sys.stdout, TextIOWrapper):
        # Whoever needs a doctor may well have a locale that can't say everything.
        sys.stdout.reconfigure(errors="replace")
    print(json.dumps(as_json(report), indent=2) if arguments.json else as_text(report))  # noqa: T201
    if isinstance(readers, UsageError) or report.verdict("settings") is Verdict.FAILED:
        return ExitCode.UNREADABLE
    return ExitCode.WELL if report.well else ExitCode.NOT_WELL


def _require_terminal() -> None:
    """Raise `UsageError` where there is nobody to look and to press keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The console needs a terminal.",
            remedy="For scripts there is `pixel-tui status`; over ssh use `ssh -t`.",
        )


def _hurry() -> None:
    """Spend the time until the first picture on nothing but the way there.

    What is imported stays for good: to look for garbage among it, again and again while it
    grows, is about a tenth of a start. `PixelTui` turns the collector on again.
    """
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    os.environ.setdefault("TEXTUAL_FPS", MOST_PICTURES)  # read when Textual is imported


def _run_console(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    _require_terminal()
    _hurry()
    from pixel_tui.live import live_observer
    from pixel_tui.settings import load_settings

    settings = load_settings(environment, read_only=arguments.read_only)
    engine, project = _readers(arguments, environment)
    if arguments.or_demo and not (project.has_files and engine.answers()):
        from pixel_tui.app import run
        from pixel_tui.demonstration import demo_parts

        return run(demo_parts(settings, environment))
    # The stack is being read while the rest is still imported.
    observer = live_observer(engine, project, settings)
    observer.start()
    from pixel_tui.app import live_parts, run

    return run(live_parts(observer, project.command, settings, environment))


def _run_demo(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    _require_terminal()
    _hurry()
    from pixel_tui.app import run
    from pixel_tui.demonstration import demo_parts
    from pixel_tui.settings import load_settings

    settings = load_settings(environment, read_only=arguments.read_only)
    return run(demo_parts(settings, environment))
