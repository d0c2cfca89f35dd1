"""`pixel-tui audit`: shows who changed what, or verifies the audit trail."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_command
from pixel_tui.errors import UsageError, refusing_change
from pixel_tui.standard_streams import print_error

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.operations.audit.seal import Seal
    from pixel_tui.operations.audit.trail import AuditTrail
    from pixel_tui.settings import Settings


def add_audit_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `audit` to the commands."""
    audit = add_command(commands, "audit", "Show or verify the audit trail")
    audit.verbs = {
        "show": "Show who changed what, newest last (default)",
        "verify": "Verify that the audit trail is intact",
        "accept": "Accept a seal that was recreated, and record who did",
    }
    audit.add_argument(
        "what", nargs="?", choices=tuple(audit.verbs), default="show", metavar="COMMAND"
    )
    audit.add_argument(
        "-n", "--last", metavar="N", type=int, default=20, help="Show the last N records"
    )
    audit.add_argument("--json", action="store_true", help="Print one JSON object per line")
    audit.exits = {0: "intact", 1: "edited or cut, or the seal is missing"}
    audit.examples = ("pixel-tui audit -n 50", "pixel-tui audit verify")
    audit.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the trail, or verify it; returns the exit code."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands.audit_output import print_verdict, record_line
    from pixel_tui.operations.audit.origin import current_origin
    from pixel_tui.operations.audit.trail import AuditTrail, audit_path
    from pixel_tui.settings import load_settings, state_folder

    if arguments.last < 1:
        raise UsageError("--last needs a number above 0", on=str(arguments.last))
    audit = AuditTrail(audit_path(state_folder()), SystemClock(), current_origin(environment))
    verifying = arguments.what != "show"
    if arguments.what == "accept":
        _accept(audit, load_settings(environment, read_only=arguments.read_only))
    seal = _logged_seal(audit.path, environment)
    trail = audit.read(seal, max_records=0 if verifying else arguments.last)
    if verifying:
        return ExitCode.OK if print_verdict(trail, audit.path, print) else ExitCode.NOT_OK
    for record in trail.records:
        print(json.dumps(dict(record.fields)) if arguments.json else record_line(record))  # noqa: T201
    for problem in trail.problems:
        print_error(problem)
    if not (trail.records or trail.problems or arguments.json):
        print("No change has been recorded yet.")  # noqa: T201
    return ExitCode.OK


@refusing_change()
def _accept(audit: "AuditTrail", settings: "Settings") -> None:
    if settings.read_only:
        raise UsageError("`audit accept` is not available in read-only mode.")
    print("Accepted." if audit.accept() else "Nothing to accept.")  # noqa: T201


def _logged_seal(trail: Path, environment: Mapping[str, str]) -> "Seal | None":
    """Return the last seal of the trail in the system log."""
    from pixel_tui.operations.audit.seal import IDENTIFIER, find_seal_in_log
    from pixel_tui.stack.programs.system_log import journal_entries

    return find_seal_in_log(journal_entries(IDENTIFIER, environment) or "", trail)
