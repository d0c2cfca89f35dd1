"""`pixel-tui doctor`: checks what the console needs."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_project_options, readers
from pixel_tui.errors import UsageError

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_doctor_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `doctor` to the commands."""
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
    doctor.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the checks with their fixes; returns the exit code."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.doctor.asking import answer
    from pixel_tui.doctor.examine import Readers, examine
    from pixel_tui.doctor.report import CheckResult, as_json, as_text
    from pixel_tui.settings import load_settings, state_folder

    folder = state_folder()
    settings = answer(lambda: load_settings(environment, read_only=arguments.read_only))
    found: Readers | UsageError
    try:
        found = Readers(*readers(arguments, environment, folder))
    except UsageError as error:
        found = error
    report = examine(found, environment, SystemClock(), settings, folder)
    print(json.dumps(as_json(report), indent=2) if arguments.json else as_text(report))  # noqa: T201
    if isinstance(found, UsageError) or report.verdict("settings") is CheckResult.FAILED:
        return ExitCode.UNREADABLE
    return ExitCode.WELL if report.well else ExitCode.NOT_WELL
