"""`pixel-tui plan`: shows what an action would do, without doing it."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_action, add_command, project_readers

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_plan_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `plan` to the commands."""
    parser = add_command(commands, "plan", "Show what an action would do, and change nothing")
    parser.add_argument("--json", action="store_true", help="Print JSON")
    add_action(parser)
    parser.exits = {0: "nothing to do", 100: "something would change", 2: "the plan failed"}
    parser.examples = ("pixel-tui plan restart api", "pixel-tui plan rebuild --json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the plan; returns the exit code."""
    from pixel_tui.clock import SystemClock
    from pixel_tui.commands.plan_output import as_json, as_text, nothing_as_json
    from pixel_tui.errors import NothingToDo
    from pixel_tui.facts.live import SHELL_PATIENCE_SECONDS, live_facts
    from pixel_tui.facts.past_stops import exit_tracker_with_records
    from pixel_tui.operations.actions import find_action, plan_action
    from pixel_tui.session import start_session
    from pixel_tui.stack.compose.build_records import build_records
    from pixel_tui.stack.watch.look_once import read_snapshot

    name, targets = arguments.action, arguments.target
    action = find_action(name)  # fail early
    session = start_session(environment, read_only=arguments.read_only)
    engine, project = project_readers(arguments, environment, session.state_folder)
    clock = SystemClock()
    records = build_records(project.command, session.state_folder)
    ends = exit_tracker_with_records(engine.address, session.state_folder)
    snapshot = read_snapshot(engine, project, clock, records, ends)
    read_facts = live_facts(
        project.command,
        session,
        patience=SHELL_PATIENCE_SECONDS,
        ask_servers=not session.settings.read_only,
    )
    facts = read_facts(snapshot, stored=action.reads_stored)
    try:
        plan = plan_action(name, targets, snapshot, project.command, now=clock.now(), facts=facts)
    except NothingToDo as error:
        nothing = nothing_as_json(name, targets, str(error))
        print(json.dumps(nothing, indent=2) if arguments.json else error)  # noqa: T201
        return ExitCode.OK
    print(json.dumps(as_json(plan), indent=2) if arguments.json else as_text(plan))  # noqa: T201
    return ExitCode.CHANGES
