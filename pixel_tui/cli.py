"""The command line: `pixel-tui` and its commands.

Imports that cost time wait until a command needs them: `--version` and `--help` load
neither Docker nor Textual, and `status` and `doctor` load no Textual.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pixel_tui import __version__
from pixel_tui.argument_parser import ArgumentParser
from pixel_tui.commands.env import add_env
from pixel_tui.commands.ledger import add_ledger
from pixel_tui.commands.options import (
    ExitCode,
    add_project_options,
    add_read_only,
    add_reveal_allowed,
    begun_readers,
    names_something,
    readers,
)
from pixel_tui.commands.plan import add_audit, add_backup, add_changes
from pixel_tui.errors import ConsoleError, FileError, UsageError
from pixel_tui.interruption import Interrupted, interruptible, told_to_end
from pixel_tui.late_pattern import LatePattern
from pixel_tui.standard_streams import (
    complain,
    complain_of,
    is_broken_pipe,
    output_error,
    prepare_streams,
)

if TYPE_CHECKING:
    from pixel_tui.stack.compose.project import ComposeProject
    from pixel_tui.stack.engine.docker_engine import DockerEngine

SWITCH_SECONDS: Final = 0.001
"""How long one thread may hold back another. While the toolkit is imported, or a log floods
in, each answer of the engine and each key would else wait for five times as long."""
_TIMES: Final = ("--since", "--until")
_AGO: Final = LatePattern(r"-\d")
MOST_PICTURES: Final = "1000"
"""A second. Textual paints by a beat of 60: a key that comes right after a picture waits
for up to two of them. Nothing is painted more often for it: only sooner."""

NEVER: Final = 1_000_000
"""Collections of younger garbage before one of all garbage. A log's lines, a hundred thousand
of them, would be gone through every few seconds of a flood, and a key waits for that."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    prepare_streams()
    with interruptible():
        try:
            code = _run(argv)
            # Python drops what a signal raises in the midst of a finalizer, and goes on.
            if told := told_to_end():
                output_error()
                return told
            return _lost_output() or code
        except SystemExit as leaving:  # --help, --version, an argument that is wrong
            if lost := _lost_output():
                raise SystemExit(lost) from leaving
            raise
        except Interrupted as interrupted:
            output_error()  # a terminal that has gone takes nothing of what was said before
            return interrupted.exit_code


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = _parsed(argv)
        # Logging is imported for a command: `--version` has nothing to warn of.
        from pixel_tui.early_log import speak_warnings

        speak_warnings()
        return int(arguments.run(arguments, dict(os.environ)))
    except ConsoleError as error:
        complain_of(error.sentence, error.remedy)
        if error.beside is not None:
            complain_of(error.beside.sentence, error.beside.remedy)
        return ExitCode.UNREADABLE
    except Exception as error:  # noqa: BLE001  the last door: the log has the details
        lost = output_error() if isinstance(error, OSError) else None
        return _lost(lost) if lost else _fault(error)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, with names after an option too: `run restart --yes api`.

    Python's parser takes a list of names in one place only, and leaves the others over. And it
    takes `-15m` for an option, where it is the time that `--since` wants.
    """
    parser = _parser()
    parser.words = _joined_times(sys.argv[1:] if argv is None else argv)
    arguments, left = parser.parse_known_args(parser.words)
    end = left.index("--") if "--" in left else len(left)
    names = getattr(arguments, "target", getattr(arguments, "service", None))
    if any(word.startswith("-") for word in left[:end]) or (left and not isinstance(names, list)):
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    if isinstance(names, list):
        names += left[:end] + left[end + 1 :]
    return arguments


def _joined_times(words: Sequence[str]) -> list[str]:
    """The words, with `--since -15m` as `--since=-15m`."""
    joined: list[str] = []
    for at, word in enumerate(words):
        if word == "--":
            return [*joined, *words[at:]]
        before = joined[-1] if joined else ""
        if _AGO.match(word) and before in _TIMES:
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined


def _lost_output() -> int:
    """The exit code if standard output can't be written; 0 if it can, or has no reader."""
    error = output_error()
    return ExitCode.WELL if error is None else _lost(error)


def _lost(error: OSError) -> int:
    if is_broken_pipe(error):
        return ExitCode.WELL
    complain(f"Standard output can't be written: {error.strerror or error}.")
    return ExitCode.UNREADABLE


def _fault(error: Exception) -> int:
    """Log what nothing above expected, and say where; without a traceback."""
    import logging

    from pixel_tui.console.log_file import start_log
    from pixel_tui.settings import state_folder

    path = start_log(state_folder())
    logging.getLogger(__name__).critical("the command failed", exc_info=error)
    where = f"Details: {path}" if path else "There is no log: its folder can't be written."
    complain(f"This command stopped over a fault of its own ({type(error).__name__}). {where}")
    return ExitCode.UNREADABLE


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="pixel-tui",
        description="A terminal console for people who run a Docker Compose stack on a server.",
        epilog="Inside the console: ? shows the keys of where you are, q quits.",
    )
    parser.add_argument("--version", action="version", version=f"pixel-tui {__version__}")
    add_project_options(parser)
    add_reveal_allowed(parser, default=False)
    parser.set_defaults(run=_run_console)
    commands = parser.add_subparsers(title="commands", metavar="")
    demo = commands.add_parser(
        "demo",
        help="open the console on an embedded stack, without Docker",
        description="Opens the console on an embedded stack of ten services, without Docker.",
    )
    add_read_only(demo, default=argparse.SUPPRESS)
    add_reveal_allowed(demo, default=argparse.SUPPRESS)
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
    add_project_options(status, default=argparse.SUPPRESS)
    status.set_defaults(run=_run_status)
    _add_logs(commands)
    add_changes(commands)
    add_backup(commands)
    add_ledger(commands)
    add_audit(commands)
    add_env(commands)
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
    add_project_options(doctor, default=argparse.SUPPRESS)
    doctor.set_defaults(run=_run_doctor)
    return parser


def _add_logs(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    logs = commands.add_parser(
        "logs",
        help="print the logs of services, in the order of their times",
        description="Prints the logs of services in the order of their times, lines that belong "
        "together, such as a stack trace, as one. Exits with 0 when lines were printed, 1 when "
        "--grep or --level found none, 2 when the logs can't be read.",
        epilog="Times: 10:42, 10:42:07, 15m or -2h30m for ago, or a date such as 2026-03-01T10:42.",
    )
    logs.add_argument(
        "service", nargs="*", default=[], help="whose logs; of all where none is named"
    )
    logs.add_argument("--since", metavar="TIME", help="from this time on")
    logs.add_argument("--until", metavar="TIME", help="up to this time")
    logs.add_argument("-n", "--tail", metavar="N", type=int, help="the last N of each container")
    logs.add_argument("--grep", metavar="WORDS", help="only what has these words; smart case")
    logs.add_argument("--regex", action="store_true", help="--grep is a regular expression")
    logs.add_argument("--invert", action="store_true", help="only what has them not")
    logs.add_argument("--level", metavar="LEVEL", help="only this level and worse, such as warn")
    logs.add_argument("--reveal", action="store_true", help="do not mask secrets on a terminal")
    logs.add_argument("--follow", action="store_true", help="go on with what comes")
    logs.add_argument(
        "--json", action="store_true", help="one object a line: time, service, container, "
        "stream, level, text"
    )  # fmt: skip
    add_project_options(logs, default=argparse.SUPPRESS)
    logs.set_defaults(run=_run_logs)


def _run_status(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands.left_apply import left_applies
    from pixel_tui.commands.status import (
        all_well,
        as_json,
        as_table,
        reasons,
        unstable_services,
    )
    from pixel_tui.facts.past_stops import known_ends
    from pixel_tui.health.findings import findings_of_stack
    from pixel_tui.settings import load_settings
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.watch.look_once import look_once

    settings = load_settings(environment, read_only=arguments.read_only)
    engine, project = readers(arguments, environment)
    records, ends = build_records(project.command), known_ends(engine.address)
    snapshot = look_once(engine, project, SystemClock(), records, ends)
    if arguments.json:
        print(json.dumps(as_json(snapshot, read_only=settings.read_only), indent=2))  # noqa: T201
    elif snapshot.services:
        print(as_table(snapshot))  # noqa: T201
    for finding in findings_of_stack(snapshot):
        complain(f"{finding.what} {finding.remedy}")
    try:
        for left in left_applies(project.command):
            complain(left.words)
    except FileError as error:
        complain(str(error))
    for reason in reasons(snapshot):
        complain(reason)
    for service, why in unstable_services(snapshot):
        complain(f"{service} is not called well: {why}.")  # its state is that of one that is
    if snapshot.project_trouble is not None:
        trouble = snapshot.project_trouble
        complain_of(trouble.what, trouble.remedy)
        return ExitCode.UNREADABLE
    return ExitCode.WELL if all_well(snapshot) else ExitCode.NOT_WELL


def _run_logs(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands import logs as log_command
    from pixel_tui.settings import load_settings
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.feed.history import LogHistory
    from pixel_tui.stack.watch.look_once import look_once

    settings = load_settings(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
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
        masked=log_command.masks_secrets(
            terminal=sys.stdout.isatty(), reveal=arguments.reveal, allowed=settings.reveals
        ),
    )
    engine, project = readers(arguments, environment)
    snapshot = look_once(engine, project, clock, build_records(project.command))
    containers = log_command.containers_wished(snapshot, wish.services)
    for container in containers:
        if not container.logs_readable:
            reason = f"its logging driver is {container.log_driver}"
            complain(f"nothing of {container.name} can be read: {reason}.")
    printer = log_command.Printer(containers, wish, sys.stdout.write)
    chosen = log_command.GroupFilter(wish)
    history = LogHistory(engine, containers)
    reached = log_command.print_past(history, wish, printer, chosen)
    if arguments.follow:
        from pixel_tui.console.observer import live_observer

        observer = live_observer(engine, project, settings)
        observer.start()
        log_command.Followed().run(observer, wish, reached, printer, chosen)
    printer.print(chosen.flush())
    sys.stdout.flush()
    return ExitCode.WELL if printer.count or not wish.chooses else ExitCode.NOT_WELL


def _run_doctor(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.doctor.examine import Readers, examine
    from pixel_tui.doctor.report import Verdict, as_json, as_text

    found: Readers | UsageError
    try:
        found = Readers(*readers(arguments, environment))
    except UsageError as error:
        found = error
    report = examine(found, environment, SystemClock(), read_only=arguments.read_only)
    print(json.dumps(as_json(report), indent=2) if arguments.json else as_text(report))  # noqa: T201
    if isinstance(found, UsageError) or report.verdict("settings") is Verdict.FAILED:
        return ExitCode.UNREADABLE
    return ExitCode.WELL if report.well else ExitCode.NOT_WELL


def _require_terminal(environment: Mapping[str, str]) -> None:
    """Raise `UsageError` if there is no terminal, or one that nothing can be drawn on."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "pixel-tui needs a terminal for input, output and errors.",
            remedy="For scripts there is `pixel-tui status`; over ssh use `ssh -t`.",
        )
    if environment.get("TERM") == "dumb":
        from pixel_tui.doctor.terminal_checks import DUMB, USE_ANOTHER

        raise UsageError(DUMB, remedy=f"{USE_ANOTHER} For scripts there is `pixel-tui status`.")


def _prepare() -> None:
    """Make this process what a console needs, before there are threads."""
    from pixel_tui.early_log import hold_log
    from pixel_tui.terminal.memory import hold_little

    hold_little()
    hold_log()
    _hurry()


def _hurry() -> None:
    """Spend the time until the first picture on nothing but the way there.

    What is imported stays for good: to look for garbage among it, again and again while it
    grows, is about a tenth of a start. `PixelTui` turns the collector on again, and looks for
    old garbage now and then.
    """
    gc.disable()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, NEVER)
    sys.setswitchinterval(SWITCH_SECONDS)
    os.environ.setdefault("TEXTUAL_FPS", MOST_PICTURES)  # read when Textual is imported


def _run_console(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    _require_terminal(environment)
    _prepare()
    from pixel_tui.console.observer import live_observer
    from pixel_tui.settings import load_settings

    settings = load_settings(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
    engine, project, settled = begun_readers(arguments, environment)
    if arguments.or_demo and not (project.has_files and engine.answers()):
        if names_something(arguments):
            raise _not_opened(arguments, engine, project)
        from pixel_tui.console.app import run
        from pixel_tui.demo.parts import demo_parts

        return run(demo_parts(settings, environment))
    # The stack is being read while the rest is still imported.
    observer = live_observer(engine, project, settings)
    observer.start()
    from pixel_tui.console.app import live_parts, run

    if (found := settled()) is not project:
        # Its containers were made with other files: the look at the first ones is given up.
        observer.close()
        project = found
        observer = live_observer(engine, project, settings)
        observer.start()
    return run(live_parts(observer, project.command, settings, environment))


def _not_opened(
    arguments: argparse.Namespace, engine: "DockerEngine", project: "ComposeProject"
) -> ConsoleError:
    """Why what was named can't be opened: no other stack is shown in its place."""
    asked: list[Callable[[], object]] = [engine.version, project.resolve]
    if arguments.directory or arguments.file:
        asked.reverse()  # a name alone is looked for with the engine
    try:
        for ask in asked:
            ask()
    except ConsoleError as error:
        return error
    return UsageError("It could not be opened a moment ago.", remedy="Try again.")


def _run_demo(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    _require_terminal(environment)
    _prepare()
    from pixel_tui.console.app import run
    from pixel_tui.demo.parts import demo_parts
    from pixel_tui.settings import load_settings

    settings = load_settings(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
    return run(demo_parts(settings, environment))
