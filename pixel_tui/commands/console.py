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
    begun_readers,
    names_something,
)
from pixel_tui.errors import ConsoleError, UsageError

if TYPE_CHECKING:
    from pixel_tui.argument_parser import ArgumentParser
    from pixel_tui.stack.compose.project import ComposeProject
    from pixel_tui.stack.engine.docker_engine import DockerEngine

SWITCH_SECONDS: Final = 0.001
"""How long one thread may hold back another. While the toolkit is imported, or a log floods
in, each answer of the engine and each key would else wait for five times as long."""
MOST_PICTURES: Final = "1000"
"""A second. Textual paints by a beat of 60: a key that comes right after a picture waits
for up to two of them. Nothing is painted more often for it: only sooner."""

NEVER: Final = 1_000_000
"""Collections of younger garbage before one of all garbage. A log's lines, a hundred thousand
of them, would be gone through every few seconds of a flood, and a key waits for that."""


def add_console_command(parser: "ArgumentParser") -> None:
    """Have the program itself open the console."""
    add_project_options(parser)
    add_reveal_allowed(parser, default=False)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Open the console; returns the exit code when it is left."""
    require_terminal(environment)
    prepare_process()
    from pixel_tui.console.observer import live_observer
    from pixel_tui.session import start_session

    session = start_session(
        environment, read_only=arguments.read_only, reveal_allowed=arguments.reveal_allowed
    )
    engine, project, settled = begun_readers(arguments, environment, session.state_folder)
    if arguments.or_demo and not (project.has_files and engine.is_reachable()):
        if names_something(arguments):
            raise _not_opened(arguments, engine, project)
        from pixel_tui.console.ending import run_console
        from pixel_tui.demo.parts import demo_parts

        return run_console(demo_parts(session))
    # The stack is being read while the rest is still imported.
    observer = live_observer(engine, project, session)
    observer.start()
    from pixel_tui.console.ending import run_console
    from pixel_tui.console.live import live_parts

    if (found := settled()) is not project:
        # Its containers were made with other files: the look at the first ones is given up.
        observer.close()
        project = found
        observer = live_observer(engine, project, session)
        observer.start()
    return run_console(live_parts(observer, project.command, session))


def _not_opened(
    arguments: argparse.Namespace, engine: "DockerEngine", project: "ComposeProject"
) -> ConsoleError:
    """Why what was named can't be opened: no other stack is shown in its place."""
    asked: list[Callable[[], object]] = [engine.version, project.resolve]
    if arguments.directory or arguments.file:
        asked.reverse()  # a name alone is looked for with the engine
    try:
        for ask in asked:
            ask()
    except ConsoleError as error:
        return error
    return UsageError("It could not be opened.", hint="Try again.")


def require_terminal(environment: Mapping[str, str]) -> None:
    """Raise `UsageError` if there is no terminal, or one that nothing can be drawn on."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "pixel-tui needs a terminal for input, output and errors.",
            hint="Use `pixel-tui status` in scripts, and `ssh -t` over ssh.",
        )
    if environment.get("TERM") == "dumb":
        from pixel_tui.doctor.terminal_checks import DUMB, USE_ANOTHER

        raise UsageError(DUMB, hint=f"{USE_ANOTHER} Use `pixel-tui status` in scripts.")


def prepare_process() -> None:
    """Make this process what a console needs, before there are threads."""
    from pixel_tui.early_log import hold_log_records
    from pixel_tui.terminal.memory import limit_malloc_arenas

    limit_malloc_arenas()
    hold_log_records()
    hurry()


def hurry() -> None:
    """Spend the time until the first picture on nothing but the way there.

    What is imported stays for good: to look for garbage among it, again and again while it
    grows, is about a tenth of a start. `PixelTui` turns the collector on again, and looks for
    old garbage now and then.
    """
    gc.disable()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, NEVER)
    sys.setswitchinterval(SWITCH_SECONDS)
    os.environ.setdefault("TEXTUAL_FPS", MOST_PICTURES)  # read when Textual is imported
