"""The commands that change a stack, or say what would: plan, run, backup, audit.

Imports that cost time wait until a command needs them.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_project_options, readers
from pixel_tui.errors import UsageError
from pixel_tui.standard_streams import complain

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.backups.stack_view import StackView
    from pixel_tui.operations.audit.seal import Seal


def add_changes(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """`actions`, `plan` and `run`."""
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
        "--confirm",
        metavar="NAME",
        action="append",
        default=[],
        help="what a plan asks for before it is run; twice where it asks for two words",
    )
    for parser, runs in ((plan, _run_plan), (run, run_action)):
        parser.add_argument("action", help="its name: `pixel-tui actions` lists them")
        parser.add_argument(
            "target",
            nargs="*",
            default=[],
            help="services, or names or ids of containers; all where none is named",
        )
        add_project_options(parser, default=argparse.SUPPRESS)
        parser.set_defaults(run=runs)


def add_backup(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """`backup`."""
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
    backup.add_argument("target", nargs="*", default=[], metavar="ID", help="which backup")
    backup.add_argument("--json", action="store_true", help="list: as JSON")
    backup.add_argument("--yes", action="store_true", help="restore: do it, and not only show it")
    backup.add_argument(
        "--confirm", metavar="NAME", action="append", default=[], help="what the plan asks for"
    )
    backup.add_argument(
        "--no-backup-first",
        action="store_true",
        help="restore: without a backup of the present state first, where there is no room for one",
    )
    add_project_options(backup, default=argparse.SUPPRESS)
    backup.set_defaults(run=_run_backup)


def add_audit(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """`audit`."""
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


def _run_actions(arguments: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.plan_output import action_as_json
    from pixel_tui.operations.actions import all_actions

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
    from pixel_tui.commands.plan_output import as_json, as_text, nothing_as_json
    from pixel_tui.errors import NothingToDo
    from pixel_tui.facts.live import SHELL_PATIENCE_SECONDS, live_facts
    from pixel_tui.facts.past_stops import known_ends
    from pixel_tui.operations.actions import action_named, plan_action
    from pixel_tui.settings import load_settings
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.watch.look_once import look_once

    name, targets = arguments.action, arguments.target
    action = action_named(name)  # before anybody is asked
    engine, project = readers(arguments, environment)
    clock = SystemClock()
    records, ends = build_records(project.command), known_ends(engine.address)
    snapshot = look_once(engine, project, clock, records, ends)
    settings = load_settings(environment, read_only=arguments.read_only)
    read_facts = live_facts(
        project.command,
        settings.backup,
        environment,
        patience=SHELL_PATIENCE_SECONDS,
        ask_servers=not settings.read_only,
    )
    facts = read_facts(snapshot, stored=action.reads_stored)
    try:
        plan = plan_action(name, targets, snapshot, project.command, now=clock.now(), facts=facts)
    except NothingToDo as error:
        nothing = nothing_as_json(name, targets, str(error))
        print(json.dumps(nothing, indent=2) if arguments.json else error)  # noqa: T201
        return ExitCode.WELL
    print(json.dumps(as_json(plan), indent=2) if arguments.json else as_text(plan))  # noqa: T201
    return ExitCode.WOULD_CHANGE


def run_action(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Plan and run `arguments.action` on `arguments.target`.

    Raises:
        ConsoleError: It was not begun.
    """
    from pixel_tui.clock import SystemClock
    from pixel_tui.console.observer import live_observer
    from pixel_tui.facts.live import SHELL_PATIENCE_SECONDS, live_facts
    from pixel_tui.settings import load_settings, state_folder

    settings = load_settings(environment, read_only=arguments.read_only)
    if settings.read_only:
        raise UsageError("This is read-only, and `run` changes something.", remedy="Use `plan`.")
    from pixel_tui.commands.run import Wish, carry_out
    from pixel_tui.operations.actions import action_named
    from pixel_tui.operations.operator import Operator
    from pixel_tui.stack.programs.process import ProcessRunner
    from pixel_tui.stack.watch.live_witness import live_witness

    action_named(arguments.action)
    confirmed = tuple(arguments.confirm)
    wish = Wish(arguments.action, tuple(arguments.target), arguments.yes, confirmed)
    engine, project = readers(arguments, environment)
    observer = live_observer(engine, project, settings)
    command, clock = project.command, SystemClock()
    folder = state_folder()
    operator = Operator(
        ProcessRunner(environment),
        observer,
        command,
        folder,
        clock,
        witness=live_witness(command, environment, folder),
    )
    observer.start()
    try:
        read_facts = live_facts(
            command, settings.backup, environment, patience=SHELL_PATIENCE_SECONDS
        )
        return carry_out(wish, observer, command, operator, clock, read_facts)
    finally:
        observer.close()


def _run_backup(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    if arguments.what in {"now", "restore"}:
        restore = "restore-without-backup" if arguments.no_backup_first else "restore"
        arguments.action = {"now": "backup", "restore": restore}[arguments.what]
        arguments.yes = arguments.yes or arguments.what == "now"
        return run_action(arguments, environment)
    from pixel_tui.backups.store import BackupStore
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands import backup as backup_command
    from pixel_tui.settings import load_settings

    if len(arguments.target) > (arguments.what == "verify"):
        raise UsageError("That is one id too many.", on=" ".join(arguments.target))
    settings = load_settings(environment, read_only=arguments.read_only)
    _, project = readers(arguments, environment)
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
    listed = BackupStore(policy.root, former=policy.former).list()
    if arguments.json:
        print(json.dumps([backup_command.as_json(item) for item in listed], indent=2))  # noqa: T201
    elif listed:
        print(backup_command.as_table(listed, clock.now()))  # noqa: T201
    else:
        print(f"There is no backup in {policy.root}.")  # noqa: T201
    return ExitCode.WELL


def _longest_seal(trail: Path, environment: Mapping[str, str]) -> "Seal | None":
    """What the state folder, or the system's log, knows of the trail's length."""
    from pixel_tui.operations.audit.seal import IDENTIFIER, read_seal, seal_in_log
    from pixel_tui.stack.programs.system_log import told_to_system_log

    told = told_to_system_log(IDENTIFIER, environment)
    seals = [read_seal(trail), seal_in_log(told or "", trail)]
    return max((seal for seal in seals if seal), key=lambda seal: seal.lines, default=None)


def _run_audit(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands.audit import record_line, verdict
    from pixel_tui.operations.audit.origin import current_origin
    from pixel_tui.operations.audit.trail import Audit, audit_path
    from pixel_tui.settings import state_folder

    if arguments.last < 1:
        raise UsageError("--last wants a number above 0", on=str(arguments.last))
    audit = Audit(audit_path(state_folder()), SystemClock(), current_origin(environment))
    verifying = arguments.what == "verify"
    seal = _longest_seal(audit.path, environment)
    trail = audit.read(seal, keep=0 if verifying else arguments.last)
    if verifying:
        return ExitCode.WELL if verdict(trail, audit.path, print) else ExitCode.NOT_WELL
    for record in trail.records:
        print(json.dumps(dict(record.facts)) if arguments.json else record_line(record))  # noqa: T201
    for problem in trail.problems:
        complain(problem)
    return ExitCode.WELL
