"""`pixel-tui actions`: lists what `plan` and `run` can do."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode, add_command

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_actions_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `actions` to the commands."""
    actions = add_command(commands, "actions", "List the actions and when to use them")
    actions.add_argument("--json", action="store_true", help="Print JSON")
    actions.examples = ("pixel-tui actions", "pixel-tui actions --json")
    actions.set_defaults(run=run)


def run(arguments: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Print the actions; returns the exit code."""
    from pixel_tui.commands.plan_output import action_as_json
    from pixel_tui.operations.actions import all_actions

    actions = all_actions()
    if arguments.json:
        print(json.dumps([action_as_json(action) for action in actions], indent=2))  # noqa: T201
        return ExitCode.OK
    width = max(len(action.name) for action in actions)
    for action in actions:
        print(f"{action.name:<{width}}  {action.when}")  # noqa: T201
    return ExitCode.OK
