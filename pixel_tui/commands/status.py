"""`pixel-tui status`: prints the stack once."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_command, add_project_options, project_readers
from pixel_tui.errors import FileError
from pixel_tui.standard_streams import print_error, print_error_and_hint

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.confirm_keys import ConfirmKeys
    from pixel_tui.stack.compose.command import ComposeCommand


def add_status_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `status` to the commands."""
    status = add_command(commands, "status", "Print the state of the stack")
    status.add_argument("--json", action="store_true", help="Print JSON")
    add_project_options(status, default=argparse.SUPPRESS)
    status.exits = {
        0: "everything that should run is running and healthy",
        1: "something is not",
        2: "the stack can't be read",
    }
    status.examples = ("pixel-tui status", "pixel-tui -C /srv/shop status --json")
    status.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the stack and its problems; returns the exit code."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands.status_output import all_healthy, as_json, as_table, reasons
    from pixel_tui.confirm_keys import confirm_keys
    from pixel_tui.facts.past_stops import exit_tracker_with_records
    from pixel_tui.health.stack_findings import stack_findings
    from pixel_tui.session import start_session
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.watch.look_once import read_snapshot

    session = start_session(environment, read_only=arguments.read_only)
    engine, project = project_readers(arguments, environment, session.state_folder)
    records = build_records(project.command, session.state_folder)
    ends = exit_tracker_with_records(engine.address, session.state_folder)
    snapshot = read_snapshot(engine, project, SystemClock(), records, ends)
    if arguments.json:
        print(json.dumps(as_json(snapshot, read_only=session.settings.read_only), indent=2))  # noqa: T201
    elif snapshot.services:
        print(as_table(snapshot))  # noqa: T201
    for finding in stack_findings(snapshot):
        print_error(f"{finding.what} {finding.hint}")
    keys = confirm_keys(session.settings.keys)
    settled = print_applies(project.command, session.state_folder, keys)
    for reason in reasons(snapshot):
        print_error(reason)
    if snapshot.project_trouble is not None:
        trouble = snapshot.project_trouble
        print_error_and_hint(trouble.what, trouble.hint)
        return ExitCode.ERROR
    return ExitCode.OK if settled and all_healthy(snapshot) else ExitCode.NOT_OK


def print_applies(command: "ComposeCommand", state_folder: Path, keys: "ConfirmKeys") -> bool:
    """Print which applies were interrupted, or wait; returns whether none was interrupted.

    If that can't be read, this prints why and returns False.
    """
    from pixel_tui.commands.interrupted_apply import interrupted_applies
    from pixel_tui.commands.waiting_apply import waiting_message

    settled = True
    try:
        for left in interrupted_applies(command, state_folder):
            print_error(left.message)
            settled = False
        if message := waiting_message(command, state_folder, keys):
            print_error(message)
    except FileError as error:
        print_error(str(error))
        settled = False
    return settled
