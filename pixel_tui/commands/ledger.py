"""`pixel-tui ledger`: lists, verifies and changes the task ledger.

`add`, `retry`, `abort` and `reap` are short for `run task-add` and so on. Slow imports are
deferred until they are needed.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pixel_tui.commands.options import (
    ExitCode,
    add_command,
    add_confirm,
    add_project_options,
    project_readers,
)
from pixel_tui.errors import OperationError, UsageError, refusing_change
from pixel_tui.standard_streams import print_error

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.ledger.view.view import LedgerView
    from pixel_tui.session import Session
    from pixel_tui.stack.compose.project import ComposeProject
    from pixel_tui.stack.engine.docker_engine import DockerEngine

_ACTIONS: Final = {
    "add": "task-add",
    "retry": "task-retry",
    "abort": "task-abort",
    "reap": "task-reap",
}


def add_ledger_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `ledger` to the commands."""
    ledger = add_command(commands, "ledger", "List, verify and change the tasks of workers")
    ledger.verbs = {
        "list": "List the tasks, newest last (default)",
        "show": "Show a task",
        "verify": "Compare the ledger with the stack",
        "add": "Queue a task from --task or standard input",
        "retry": "Retry a task",
        "abort": "Abort a task",
        "reap": "Remove the leftovers of old workers",
    }
    ledger.add_argument(
        "what", nargs="?", choices=tuple(ledger.verbs), default="list", metavar="COMMAND"
    )
    ledger.add_argument("target", nargs="*", default=[], metavar="ID")
    ledger.add_argument("--json", action="store_true", help="Print JSON")
    ledger.add_argument("--status", metavar="STATUS", help="list: only tasks with this status")
    ledger.add_argument("--grep", metavar="TEXT", help="list: only tasks with this text")
    ledger.add_argument("--task", metavar="TEXT", help="add: text of the task")
    ledger.add_argument(
        "--with-context", metavar="TEXT", default="", help="add: context of the task"
    )
    ledger.add_argument(
        "--type",
        metavar="TYPE",
        default="opencode",
        choices=("opencode", "docker-op", "git-op"),
        help="add: opencode (default), docker-op or git-op",
    )
    ledger.add_argument("--yes", action="store_true", help="Run the plan")
    add_confirm(ledger)
    add_project_options(ledger, default=argparse.SUPPRESS)
    ledger.exits = {
        0: "done, or in sync",
        1: "failed, or out of sync",
        2: "the ledger can't be read, or not started",
    }
    ledger.examples = (
        "pixel-tui ledger list --status failed",
        "pixel-tui ledger retry 3f9c21ab --yes",
    )
    ledger.set_defaults(run=_run_ledger)


def _run_ledger(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    if arguments.what != "add" and (arguments.task is not None or arguments.with_context):
        raise UsageError("--task and --with-context are for `ledger add` only.")
    if arguments.what != "list" and (arguments.status or arguments.grep):
        raise UsageError("--status and --grep are for `ledger list` only.")
    if arguments.what in _ACTIONS:
        return _change(arguments, environment)
    ids = arguments.target
    if len(ids) != (arguments.what == "show"):
        message = (
            "`show` needs the id of one task." if arguments.what == "show" else "Not a valid id."
        )
        raise UsageError(message, on=" ".join(ids))
    from pixel_tui.commands import ledger_output
    from pixel_tui.settings import state_folder

    folder = state_folder()
    engine, project = project_readers(arguments, environment, folder)
    program = project.command.typed.pixel_tui
    view = _read_view(engine, project, folder)
    if view.trouble is not None:
        print_error(f"{view.trouble.what} {view.trouble.hint}")
        return ExitCode.ERROR
    tasks = view.tasks
    if arguments.what == "show":
        tasks = view.reading.named(ids[0])
        if len(tasks) != 1:
            message = "No such task." if not tasks else "Several ids match."
            raise OperationError(message, on=ids[0], hint=f"See `{program} ledger list`.")
    elif arguments.what == "list":
        tasks = ledger_output.filter_tasks(tasks, arguments.status, arguments.grep)
    if arguments.json:
        output = json.dumps(ledger_output.as_json(view, tasks), indent=2)
    elif arguments.what == "show":
        output = ledger_output.as_text(view, tasks[0])
    elif arguments.what == "verify":
        output = ledger_output.findings_text(view)
    else:
        output = ledger_output.as_table(view, tasks)
    print(output)  # noqa: T201
    in_sync = arguments.what != "verify" or not view.findings
    return ExitCode.OK if in_sync else ExitCode.NOT_OK


def _read_view(
    engine: "DockerEngine", project: "ComposeProject", state_folder: Path
) -> "LedgerView":
    """Return the ledger compared with the stack; without an engine, the ledger alone.

    Raises:
        OperationError: There is no ledger.
    """
    from pixel_tui.clock import SystemClock
    from pixel_tui.errors import EngineError
    from pixel_tui.ledger.reading.places import LedgerPlace
    from pixel_tui.ledger.reading.reading import LedgerReader
    from pixel_tui.ledger.view.view import view_of
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.model.snapshot import EngineStatus, StackSnapshot
    from pixel_tui.stack.watch.look_once import read_snapshot

    clock = SystemClock()
    place = LedgerPlace(Path(project.command.directory))
    # Read before the stack, so that workers started in between are no mismatch.
    reading = LedgerReader(place, clock).read()
    if not reading.present and reading.trouble is None:
        fix = "Choose a folder with -C."
        if project.has_files:
            program = project.command.typed.pixel_tui
            fix = f"In the right project, `{program} ledger add` creates one; otherwise use -C."
        raise OperationError("There is no task ledger.", on=str(place.ledger), hint=fix)
    try:
        snapshot = read_snapshot(
            engine, project, clock, build_records(project.command, state_folder)
        )
    except EngineError as error:
        print_error(f"the workers are unknown: {error}")
        snapshot = StackSnapshot(EngineStatus(engine.address, engine.context))
    return view_of(reading, snapshot, clock.now())


@refusing_change()
def _change(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.commands.run import run_action
    from pixel_tui.session import start_session

    session = start_session(environment, read_only=arguments.read_only)
    if session.settings.read_only:
        raise UsageError("Not available in read-only mode; `list`, `show` and `verify` are.")
    if arguments.what == "add":
        arguments.target = [_save_draft(arguments, session)]
        arguments.yes = True
    elif len(arguments.target) != (arguments.what != "reap"):
        raise UsageError(f"`{arguments.what}` needs the id of one task."
                         if arguments.what != "reap" else "`reap` takes no id.")  # fmt: skip
    arguments.action = _ACTIONS[arguments.what]
    return run_action(arguments, session)


def _save_draft(arguments: argparse.Namespace, session: "Session") -> str:
    """Save the task from the arguments or standard input as a draft; returns its id."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.ledger.reading.task import TaskType
    from pixel_tui.ledger.writing.drafts import TaskDrafts, new_task
    from pixel_tui.ledger.writing.versions import old_versions_folder

    if arguments.target:
        raise UsageError("`add` takes no id: it creates one.", on=" ".join(arguments.target))
    text = arguments.task if arguments.task is not None else sys.stdin.read()
    _, project = project_readers(arguments, session.environment, session.state_folder)
    kind = TaskType(arguments.type)
    value = new_task(text, now=SystemClock().now(), kind=kind, context=arguments.with_context)
    folder = old_versions_folder(session.state_folder, Path(project.command.directory))
    return TaskDrafts(folder).save(value)
