"""`pixel-tui backup`: makes, lists, verifies and restores backups of the project.

`now` and `restore` are short for `run backup` and `run restore`.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.commands.options import (
    ExitCode,
    add_command,
    add_confirm,
    add_project_options,
    project_readers,
)
from pixel_tui.commands.run import run_action
from pixel_tui.errors import UsageError

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_backup_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `backup` to the commands."""
    backup = add_command(commands, "backup", "Make, list, verify and restore backups")
    backup.verbs = {
        "now": "Make a backup (default)",
        "list": "List the backups",
        "verify": "Verify a backup (default: the newest)",
        "restore": "Show the plan to restore a backup; run it with --yes",
    }
    backup.add_argument(
        "what", nargs="?", choices=tuple(backup.verbs), default="now", metavar="COMMAND"
    )
    backup.add_argument("target", nargs="*", default=[], metavar="ID")
    backup.add_argument("--json", action="store_true", help="list: print JSON")
    backup.add_argument("--yes", action="store_true", help="restore: run the plan")
    add_confirm(backup)
    backup.add_argument(
        "--no-backup-first",
        action="store_true",
        help="restore: do not back up the current state first",
    )
    add_project_options(backup, default=argparse.SUPPRESS)
    backup.exits = {0: "done, or intact", 1: "failed, or damaged", 2: "not started"}
    backup.examples = (
        "pixel-tui backup",
        "pixel-tui backup verify",
        "pixel-tui backup restore 20260301-120000 --yes --confirm shop",
    )
    backup.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the sub-command; returns the exit code."""
    from pixel_tui.session import start_session

    session = start_session(environment, read_only=arguments.read_only)
    if arguments.what in {"now", "restore"}:
        restore = "restore-without-backup" if arguments.no_backup_first else "restore"
        arguments.action = {"now": "backup", "restore": restore}[arguments.what]
        arguments.yes = arguments.yes or arguments.what == "now"
        return run_action(arguments, session)
    from pixel_tui.backups.policy import policy_for
    from pixel_tui.backups.store import BackupStore
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands import backup_output

    if len(arguments.target) > (arguments.what == "verify"):
        raise UsageError("`backup` takes one id.", on=" ".join(arguments.target))
    _, project = project_readers(arguments, environment, session.state_folder)
    policy = policy_for(
        Path(project.command.directory), session.settings.backup, session.state_folder
    )
    clock = SystemClock()
    if arguments.what == "verify":
        backup_id = arguments.target[0] if arguments.target else ""
        intact = backup_output.verify_backup(
            backup_id,
            policy,
            project.command,
            environment,
            clock,
            print,
            record=not session.settings.read_only,
        )
        return ExitCode.OK if intact else ExitCode.NOT_OK
    listed = BackupStore(policy.root, former=policy.former).list()
    if arguments.json:
        print(json.dumps([backup_output.as_json(item) for item in listed], indent=2))  # noqa: T201
    elif listed:
        print(backup_output.as_table(listed, clock.now()))  # noqa: T201
    else:
        print(f"No backups in {policy.root}.")  # noqa: T201
    return ExitCode.OK
