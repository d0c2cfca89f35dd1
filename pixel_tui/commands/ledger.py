"""The ledger from the shell: `pixel-tui ledger`.

`list`, `show` and `verify` look; `add`, `retry`, `abort` and `reap` are `run task-add` and so on.
Imports that cost time wait until they are needed.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pixel_tui.commands.options import ExitCode, add_project_options, readers
from pixel_tui.errors import OperationError, UsageError
from pixel_tui.standard_streams import print_error

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.ledger.view.view import LedgerView
    from pixel_tui.session import Session

_ACTIONS: Final = {
    "add": "task-add",
    "retry": "task-retry",
    "abort": "task-abort",
    "reap": "task-reap",
}


def add_ledger_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """`ledger`."""
    ledger = commands.add_parser(
        "ledger",
        help="list, show and verify the tasks of workers; add, retry and abort them",
        description="`list` prints the tasks, newest last, `show ID` one of them, `verify` what "
        "does not agree with the stack: it exits with 0 when all does, 1 when something does not, "
        "2 when the ledger can't be read. `add` queues what --task says, or what is read from "
        "standard input; `retry ID`, `abort ID` and `reap` show what would be done, and do it with "
        "--yes: the same plan, lock and audit as `run task-retry` and so on.",
    )
    verbs = ("list", "show", "verify", *_ACTIONS)
    ledger.add_argument("what", nargs="?", choices=verbs, default="list")
    ledger.add_argument(
        "target", nargs="*", default=[], metavar="ID", help="which task, or how it begins"
    )
    ledger.add_argument(
        "--json", action="store_true", help="as JSON (docs/ledger.schema.json describes it)"
    )
    ledger.add_argument("--status", metavar="STATUS", help="list: only tasks of this status")
    ledger.add_argument("--grep", metavar="WORDS", help="list: only tasks that have these words")
    ledger.add_argument("--task", metavar="TEXT", help="add: what is to be done")
    ledger.add_argument(
        "--with-context", metavar="TEXT", default="", help="add: what helps with it"
    )
    ledger.add_argument(
        "--type",
        metavar="TYPE",
        default="opencode",
        choices=("opencode", "docker-op", "git-op"),
        help="add: opencode (what is meant where nothing is said), docker-op or git-op",
    )
    ledger.add_argument("--yes", action="store_true", help="do it, and not only show it")
    ledger.add_argument(
        "--confirm", metavar="NAME", action="append", default=[], help="what the plan asks for"
    )
    add_project_options(ledger, default=argparse.SUPPRESS)
    ledger.set_defaults(run=_run_ledger)


def _run_ledger(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    if arguments.what in _ACTIONS:
        return _change(arguments, environment)
    wanted = arguments.target
    if len(wanted) != (arguments.what == "show"):
        words = "`show` wants the id of one task." if arguments.what == "show" else "That is no id."
        raise UsageError(words, on=" ".join(wanted))
    from pixel_tui.commands import ledger_output
    from pixel_tui.settings import state_folder

    view = _look(arguments, environment, state_folder())
    if view.trouble is not None:
        print_error(f"{view.trouble.what} {view.trouble.remedy}")
        return ExitCode.UNREADABLE
    tasks = view.tasks
    if arguments.what == "show":
        tasks = view.reading.named(wanted[0])
        if len(tasks) != 1:
            words = "There is no such task." if not tasks else "Several ids are, or begin, so."
            raise OperationError(words, on=wanted[0], remedy="See `pixel-tui ledger list`.")
    elif arguments.what == "list":
        tasks = ledger_output.chosen(tasks, arguments.status, arguments.grep)
    if arguments.json:
        said = json.dumps(ledger_output.as_json(view, tasks), indent=2)
    elif arguments.what == "show":
        said = ledger_output.as_text(view, tasks[0])
    elif arguments.what == "verify":
        said = ledger_output.findings_text(view)
    else:
        said = ledger_output.as_table(view, tasks)
    print(said)  # noqa: T201
    well = arguments.what != "verify" or not view.findings
    return ExitCode.WELL if well else ExitCode.NOT_WELL


def _look(
    arguments: argparse.Namespace, environment: Mapping[str, str], state_folder: Path
) -> "LedgerView":
    """The ledger beside the stack; without an engine the ledger alone.

    Raises:
        OperationError: There is no ledger; it says what makes one.
    """
    from pixel_tui.clock import SystemClock
    from pixel_tui.errors import EngineError
    from pixel_tui.ledger.reading.places import LedgerPlace
    from pixel_tui.ledger.reading.reading import LedgerReader
    from pixel_tui.ledger.view.view import view_of
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.model.snapshot import EngineStatus, StackSnapshot
    from pixel_tui.stack.watch.look_once import read_snapshot

    engine, project = readers(arguments, environment, state_folder)
    clock = SystemClock()
    place = LedgerPlace(Path(project.command.directory))
    # Read before the stack is looked at: what began in between is no disagreement.
    reading = LedgerReader(place, clock).read()
    if not reading.present and reading.trouble is None:
        fix = "Choose a folder with -C."
        if project.has_files:
            fix = "If this is the right project, `pixel-tui ledger add` makes one; else use -C."
        raise OperationError("There is no ledger of tasks.", on=str(place.ledger), remedy=fix)
    try:
        snapshot = read_snapshot(
            engine, project, clock, build_records(project.command, state_folder)
        )
    except EngineError as error:
        print_error(f"nothing is known of workers: {error}")
        snapshot = StackSnapshot(EngineStatus(engine.address, engine.context))
    return view_of(reading, snapshot, clock.now())


def _change(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.run import run_action
    from pixel_tui.session import start_session

    session = start_session(environment, read_only=arguments.read_only)
    if session.settings.read_only:
        raise UsageError("This is read-only: `list`, `show` and `verify` look.")
    if arguments.what == "add":
        arguments.target = [_written_down(arguments, session)]
        arguments.yes = True
    elif len(arguments.target) != (arguments.what != "reap"):
        raise UsageError(f"`{arguments.what}` wants the id of one task."
                         if arguments.what != "reap" else "`reap` wants no id.")  # fmt: skip
    arguments.action = _ACTIONS[arguments.what]
    return run_action(arguments, session)


def _written_down(arguments: argparse.Namespace, session: "Session") -> str:
    """The id of the draft of what the arguments, or standard input, say."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.ledger.reading.task import TaskType
    from pixel_tui.ledger.writing.drafts import TaskDrafts, new_task
    from pixel_tui.ledger.writing.versions import old_versions_folder

    if arguments.target:
        raise UsageError("`add` gives the task an id by itself.", on=" ".join(arguments.target))
    text = arguments.task if arguments.task is not None else sys.stdin.read()
    _, project = readers(arguments, session.environment, session.state_folder)
    kind = TaskType(arguments.type)
    value = new_task(text, now=SystemClock().now(), kind=kind, context=arguments.with_context)
    folder = old_versions_folder(session.state_folder, Path(project.command.directory))
    return TaskDrafts(folder).save(value)
