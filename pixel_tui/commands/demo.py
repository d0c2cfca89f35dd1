"""`pixel-tui demo`: opens the console on an embedded stack, without Docker."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixel_tui.commands.console import prepare_process, require_terminal
from pixel_tui.commands.options import add_command, add_read_only, add_reveal_allowed

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser


def add_demo_command(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add `demo` to the commands."""
    demo = add_command(commands, "demo", "Open a demo stack, without Docker")
    add_read_only(demo, default=argparse.SUPPRESS)
    add_reveal_allowed(demo, default=argparse.SUPPRESS)
    demo.examples = ("pixel-tui demo",)
    demo.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Open the console; returns the exit code."""
    require_terminal(environment)
    prepare_process()
    from pixel_tui.console.running import run_console
    from pixel_tui.demo.parts import demo_parts
    from pixel_tui.session import start_session

    session = start_session(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
    return run_console(demo_parts(session))
