"""`pixel-tui run`: makes the same plan as `plan`, and runs it."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import add_action, add_command, add_confirm, project_readers
from pixel_tui.errors import UsageError, refusing_change

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.session import Session


def add_run_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `run` to the commands."""
    parser = add_command(
        commands,
        "run",
        "Run an action",
        "Shows the plan; with --yes, locks the stack, runs, audits and verifies it. See\n"
        "'pixel-tui actions' for the actions. Ctrl+C cancels; a lost connection does not.",
    )
    parser.add_argument("--yes", action="store_true", help="Run the plan")
    add_confirm(parser)
    add_action(parser)
    parser.exits = {
        0: "done and verified, or nothing to do",
        1: "failed",
        2: "not started",
    }
    parser.examples = (
        "pixel-tui run restart api --yes",
        "pixel-tui run wipe-volumes --yes --confirm shop",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from pixel_tui.session import start_session

    return run_action(arguments, start_session(environment, read_only=arguments.read_only))


@refusing_change()
def run_action(arguments: argparse.Namespace, session: "Session") -> int:
    """Plan and run `arguments.action` on `arguments.target`.

    Args:
        arguments: The arguments of the command line.
        session: This run of the program.

    Returns:
        The exit code.

    Raises:
        ConsoleError: It was not started.
    """
    from pixel_tui.clock import SystemClock
    from pixel_tui.console.observer import live_observer
    from pixel_tui.facts.live import SHELL_PATIENCE_SECONDS, live_facts

    if session.settings.read_only:
        raise UsageError(
            "Nothing can be changed in read-only mode.",
            hint="`pixel-tui plan` shows what an action would do.",
        )
    from pixel_tui.commands.run_plan import RunRequest, execute
    from pixel_tui.confirm_keys import confirm_keys
    from pixel_tui.operations.actions import find_action
    from pixel_tui.operations.jobs.abandoned import remove_abandoned_files
    from pixel_tui.operations.operator import Operator
    from pixel_tui.stack.programs.process import ProcessRunner
    from pixel_tui.stack.watch.live_build_recorder import live_build_recorder

    find_action(arguments.action)
    confirmed = tuple(arguments.confirm)
    request = RunRequest(arguments.action, tuple(arguments.target), arguments.yes, confirmed)
    environment, folder = session.environment, session.state_folder
    engine, project = project_readers(arguments, environment, folder)
    observer = live_observer(engine, project, session)
    command, clock = project.command, SystemClock()
    operator = Operator(
        ProcessRunner(environment),
        observer,
        command,
        folder,
        clock,
        build_observer=live_build_recorder(command, environment, folder),
        confirm_keys=confirm_keys(session.settings.keys),
    )
    remove_abandoned_files(folder, environment, request.targets)
    observer.start()
    try:
        read_facts = live_facts(command, session, patience=SHELL_PATIENCE_SECONDS)
        return execute(request, observer, command, operator, clock, read_facts)
    finally:
        observer.close()
        remove_abandoned_files(folder, environment, request.targets)  # a job may have been settled
