"""The `pixel-tui` command line and its commands.

Slow imports wait until a command needs them: `--version` and `--help` load neither Docker
nor Textual, and `status` and `doctor` don't load Textual.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from pixel_tui import __version__
from pixel_tui.argument_parser import ArgumentParser
from pixel_tui.commands.actions import add_actions_command
from pixel_tui.commands.audit import add_audit_command
from pixel_tui.commands.backup import add_backup_command
from pixel_tui.commands.console import add_console_command
from pixel_tui.commands.demo import add_demo_command
from pixel_tui.commands.doctor import add_doctor_command
from pixel_tui.commands.env import add_env_command
from pixel_tui.commands.ledger import add_ledger_command
from pixel_tui.commands.logs import add_logs_command
from pixel_tui.commands.options import ExitCode, add_help
from pixel_tui.commands.plan import add_plan_command
from pixel_tui.commands.run import add_run_command
from pixel_tui.commands.status import add_status_command
from pixel_tui.errors import NOTHING_CHANGED, ConsoleError
from pixel_tui.interruption import Interrupted, interruptible, termination_exit_code
from pixel_tui.late_pattern import LatePattern
from pixel_tui.standard_streams import (
    is_broken_pipe,
    output_error,
    prepare_streams,
    print_error,
    print_error_and_hint,
)

_TIME_OPTIONS: Final = ("--since", "--until")
_RELATIVE_TIME: Final = LatePattern(r"-\d")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    prepare_streams()
    with interruptible():
        try:
            code = _run(argv)
            # Python discards exceptions that signal handlers raise in a finalizer.
            if signal_code := termination_exit_code():
                output_error()
                return signal_code
            return _output_exit_code() or code
        except SystemExit as leaving:  # --help, --version, an invalid argument
            if write_error := _output_exit_code():
                raise SystemExit(write_error) from leaving
            raise
        except Interrupted as interrupted:
            output_error()  # discards buffered output if the terminal is gone
            return interrupted.exit_code


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = _parsed(argv)
        # `--version` logs nothing, so it does not import logging.
        from pixel_tui.early_log import print_warnings

        print_warnings()
        return int(arguments.run(arguments, dict(os.environ)))
    except ConsoleError as error:
        print_error_and_hint(error.sentence, error.hint)
        if error.also is not None:
            print_error_and_hint(error.also.sentence, error.also.hint)
        if error.refuses_change:
            print_error(NOTHING_CHANGED)
        return ExitCode.ERROR
    except Exception as error:  # noqa: BLE001  the last resort: the log has the details
        write_error = output_error() if isinstance(error, OSError) else None
        return _write_error_code(write_error) if write_error else _report_crash(error)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments, including names after an option: `run restart --yes api`.

    Python's parser accepts a list of names in one place only, and returns the rest. And it takes
    `-15m`, a time for `--since`, for an option.
    """
    parser = _parser()
    parser.words = _joined_times(sys.argv[1:] if argv is None else argv)
    arguments, rest = parser.parse_known_args(parser.words)
    end = rest.index("--") if "--" in rest else len(rest)
    names = getattr(arguments, "target", getattr(arguments, "service", None))
    if any(word.startswith("-") for word in rest[:end]) or (rest and not isinstance(names, list)):
        like_name = isinstance(names, list) and not any(word.startswith("--") for word in rest)
        hint = "; -- comes before a name that begins with -" if like_name else ""
        parser.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
    if isinstance(names, list):
        names += rest[:end] + rest[end + 1 :]
    return arguments


def _joined_times(words: Sequence[str]) -> list[str]:
    """Return the words, with `--since -15m` as `--since=-15m`."""
    joined: list[str] = []
    for at, word in enumerate(words):
        if word == "--":
            return [*joined, *words[at:]]
        before = joined[-1] if joined else ""
        if _RELATIVE_TIME.match(word) and before in _TIME_OPTIONS:
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined


def _output_exit_code() -> int:
    """Return the exit code for output that can't be written; 0 if it can, or has no reader."""
    error = output_error()
    return ExitCode.OK if error is None else _write_error_code(error)


def _write_error_code(error: OSError) -> int:
    if is_broken_pipe(error):
        return ExitCode.OK
    print_error(f"Standard output can't be written: {error.strerror or error}.")
    return ExitCode.ERROR


def _report_crash(error: Exception) -> int:
    """Log an unexpected error and say where, without a traceback."""
    import logging

    from pixel_tui.console.log_file import start_log
    from pixel_tui.settings import state_folder

    path = start_log(state_folder())
    logging.getLogger(__name__).critical("the command failed", exc_info=error)
    where = f"Details: {path}" if path else "There is no log file: its folder can't be written."
    print_error(f"This command crashed because of a bug ({type(error).__name__}). {where}")
    return ExitCode.ERROR


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="pixel-tui",
        description="A terminal console for Docker Compose stacks\n\n"
        "Without a command, it opens on the project of the current directory.",
        add_help=False,
    )
    add_help(parser)
    parser.add_argument(
        "--version",
        action="version",
        version=f"pixel-tui {__version__}",
        help="Print the version",
    )
    add_console_command(parser)
    parser.examples = (
        "pixel-tui                     # the project of this directory",
        "pixel-tui -C /srv/shop        # another one",
        "pixel-tui --read-only status  # nothing can be changed",
    )
    commands = parser.add_subparsers(metavar="[COMMAND]")
    add_actions_command(commands)
    add_audit_command(commands)
    add_backup_command(commands)
    add_demo_command(commands)
    add_doctor_command(commands)
    add_env_command(commands)
    add_ledger_command(commands)
    add_logs_command(commands)
    add_plan_command(commands)
    add_run_command(commands)
    add_status_command(commands)
    return parser
