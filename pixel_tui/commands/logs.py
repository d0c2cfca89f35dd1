"""`pixel-tui logs`: prints the logs of services, sorted by time."""

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_command, add_project_options, project_readers
from pixel_tui.errors import UsageError
from pixel_tui.standard_streams import print_error_and_hint

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_logs_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `logs` to the commands."""
    logs = add_command(
        commands,
        "logs",
        "Print the logs of services",
        "Logs are sorted by time; a stack trace counts as one entry. A TIME is 10:42,\n"
        "10:42:07, 15m or -2h30m (ago), or a date such as 2026-03-01T10:42.",
    )
    logs.add_argument("service", nargs="*", default=[], metavar="SERVICE")
    logs.add_argument("--since", metavar="TIME", help="Start at this time")
    logs.add_argument("--until", metavar="TIME", help="Stop at this time")
    logs.add_argument(
        "-n", "--tail", metavar="N", type=int, help="Print the last N of each container"
    )
    logs.add_argument("--grep", metavar="TEXT", help="Print only entries with this text")
    logs.add_argument("--regex", action="store_true", help="TEXT is a regular expression")
    logs.add_argument("--invert", action="store_true", help="Print only entries without TEXT")
    logs.add_argument("--level", metavar="LEVEL", help="Print this level and above, such as warn")
    logs.add_argument("--reveal", action="store_true", help="Show secrets on a terminal")
    logs.add_argument("--follow", action="store_true", help="Continue with new entries")
    logs.add_argument("--json", action="store_true", help="Print one JSON object per line")
    add_project_options(logs, default=argparse.SUPPRESS)
    logs.exits = {
        0: "the logs were read",
        1: "--grep or --level matched nothing",
        2: "no logs can be read",
    }
    logs.examples = (
        "pixel-tui logs api --since 15m --level error",
        "pixel-tui logs --follow --grep timeout",
    )
    logs.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print past lines, and new ones with `--follow`; returns the exit code."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands import log_output, log_selection
    from pixel_tui.session import start_session
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.feed.history import LogHistory
    from pixel_tui.stack.watch.look_once import read_snapshot

    session = start_session(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
    clock = SystemClock()
    now = clock.now()
    if arguments.tail is not None and arguments.tail < 1:
        raise UsageError("--tail needs a number above 0", on=str(arguments.tail))
    if arguments.follow and arguments.until:
        raise UsageError("--until can't be used with --follow")
    request = log_selection.LogSelection(
        services=tuple(arguments.service),
        since=log_selection.requested_time(arguments.since, now),
        until=log_selection.requested_time(arguments.until, now),
        tail=arguments.tail,
        matcher=log_selection.requested_matcher(
            arguments.grep, regex=arguments.regex, inverted=arguments.invert
        ),
        level=log_selection.requested_level(arguments.level),
        as_json=arguments.json,
        masked=log_selection.masks_secrets(
            terminal=sys.stdout.isatty(), reveal=arguments.reveal, allowed=session.settings.reveals
        ),
    )
    engine, project = project_readers(arguments, environment, session.state_folder)
    snapshot = read_snapshot(
        engine, project, clock, build_records(project.command, session.state_folder)
    )
    containers = log_selection.requested_containers(snapshot, request.services)
    for reason, fix in log_selection.unreadable_logs(snapshot, request.services, containers):
        print_error_and_hint(reason, fix)
    if not arguments.follow and not any(map(log_selection.is_readable, containers)):
        return ExitCode.ERROR
    printer = log_output.Printer(containers, request, sys.stdout.write)
    group_filter = log_selection.GroupFilter(request)
    history = LogHistory(engine, containers)
    positions = log_output.print_history(history, request, printer, group_filter)
    if arguments.follow:
        from pixel_tui.console.observer import live_observer

        observer = live_observer(engine, project, session)
        observer.start()
        log_output.print_new_lines(observer, request, positions, printer, group_filter)
    printer.print(group_filter.flush())
    sys.stdout.flush()
    return ExitCode.OK if printer.count or not request.has_filter else ExitCode.NOT_OK
