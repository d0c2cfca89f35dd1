"""`pixel-tui doctor`: checks the daemon, the project and the terminal."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_command, add_project_options, project_readers
from pixel_tui.errors import UsageError

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_doctor_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `doctor` to the commands."""
    doctor = add_command(commands, "doctor", "Check the daemon, the project and the terminal")
    doctor.add_argument("--json", action="store_true", help="Print JSON")
    add_project_options(doctor, default=argparse.SUPPRESS)
    doctor.exits = {
        0: "no check failed; warnings are allowed",
        1: "a check failed",
        2: "the arguments or the settings are wrong",
    }
    doctor.examples = ("pixel-tui doctor", "pixel-tui doctor --json")
    doctor.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the checks with their fixes; returns the exit code."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.doctor.examine import Readers, examine
    from pixel_tui.doctor.report import CheckResult, as_json, as_text
    from pixel_tui.doctor.timeouts import call_with_timeout
    from pixel_tui.settings import load_settings, state_folder

    folder = state_folder()
    settings = call_with_timeout(lambda: load_settings(environment, read_only=arguments.read_only))
    found: Readers | UsageError
    try:
        found = Readers(*project_readers(arguments, environment, folder))
    except UsageError as error:
        found = error
    report = examine(found, environment, SystemClock(), settings, folder)
    print(json.dumps(as_json(report), indent=2) if arguments.json else as_text(report))  # noqa: T201
    if isinstance(found, UsageError) or report.verdict("settings") is CheckResult.FAILED:
        return ExitCode.ERROR
    return ExitCode.OK if report.passed else ExitCode.NOT_OK
