"""`pixel-tui actions`: lists what `plan` and `run` can do."""

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.options import ExitCode

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_actions_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `actions` to the commands."""
    actions = commands.add_parser(
        "actions",
        help="list what can be done, and when to do it",
        description="Lists what `plan` and `run` can do, and when to use it.",
    )
    actions.add_argument("--json", action="store_true", help="as JSON")
    actions.set_defaults(run=run)


def run(arguments: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Print the actions; returns the exit code."""
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
