"""`pixel-tui` without a command: opens the console on the project of this folder."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from pixel_tui.commands.options import (
    add_project_options,
    add_reveal_allowed,
    selects_project,
    start_readers,
)
from pixel_tui.errors import ConsoleError, UsageError

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.stack.compose.project import ComposeProject
    from pixel_tui.stack.engine.docker_engine import DockerEngine

SWITCH_INTERVAL_SECONDS: Final = 0.001
"""The thread switch interval. With the default, which is five times as long, answers of the engine
and key presses wait while Textual is imported or a log is flooding in."""
MAX_FPS: Final = "1000"
"""Textual paints at a rate of 60: a key press right after a frame waits for up to two frames. With
a higher rate, changes are painted sooner, but not more often."""

FULL_COLLECTION_THRESHOLD: Final = 1_000_000
"""The threshold for full garbage collections: they would scan the hundred thousand lines of a log
every few seconds, and delay key presses."""


def add_console_command(parser: "ArgumentParser") -> None:
    """Add the options of the console, which opens without a command."""
    add_project_options(parser)
    add_reveal_allowed(parser, default=False)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Open the console; returns the exit code."""
    require_terminal(environment)
    prepare_process()
    from pixel_tui.console.observer import live_observer
    from pixel_tui.session import start_session

    session = start_session(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
    engine, project, final_project = start_readers(arguments, environment, session.state_folder)
    if arguments.or_demo and not (project.has_files and engine.is_reachable()):
        if selects_project(arguments):
            raise _open_error(arguments, engine, project)
        from pixel_tui.console.running import run_console
        from pixel_tui.demo.parts import demo_parts

        return run_console(demo_parts(session))
    # The stack is read while the other modules are imported.
    observer = live_observer(engine, project, session)
    observer.start()
    from pixel_tui.console.live import live_parts
    from pixel_tui.console.running import run_console

    if (found := final_project()) is not project:
        # The containers were created with other files: read the project with these.
        observer.close()
        project = found
        observer = live_observer(engine, project, session)
        observer.start()
    return run_console(live_parts(observer, project.command, session))


def _open_error(
    arguments: argparse.Namespace, engine: "DockerEngine", project: "ComposeProject"
) -> ConsoleError:
    """Return why the selected project can't be opened: the demo must not replace it."""
    checks: list[Callable[[], object]] = [engine.version, project.resolve]
    if arguments.directory or arguments.file:
        checks.reverse()  # a name alone is searched for with the engine
    try:
        for check in checks:
            check()
    except ConsoleError as error:
        return error
    return UsageError("It could not be opened.", hint="Try again.")


def require_terminal(environment: Mapping[str, str]) -> None:
    """Raise `UsageError` if there is no terminal, or a dumb one."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "pixel-tui needs a terminal for input, output and errors.",
            hint="Use `pixel-tui status` in scripts, and `ssh -t` over ssh.",
        )
    if environment.get("TERM") == "dumb":
        from pixel_tui.doctor.terminal_checks import DUMB, USE_ANOTHER

        raise UsageError(DUMB, hint=f"{USE_ANOTHER} Use `pixel-tui status` in scripts.")


def prepare_process() -> None:
    """Configure the process for the console, before there are threads."""
    from pixel_tui.early_log import hold_log_records
    from pixel_tui.terminal.memory import limit_malloc_arenas

    limit_malloc_arenas()
    hold_log_records()
    speed_up_start()


def speed_up_start() -> None:
    """Disable work that delays the first frame.

    Collecting garbage among imported modules, which are never freed, is about a tenth of the start.
    `PixelTui` enables the collector again, and runs a full collection now and then.
    """
    gc.disable()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, FULL_COLLECTION_THRESHOLD)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    os.environ.setdefault("TEXTUAL_FPS", MAX_FPS)  # read when Textual is imported
