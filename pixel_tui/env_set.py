"""`pixel-tui env set`: one key, from standard input, through the operation that saves."""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import Final

from pixel_tui import machine_lock
from pixel_tui.change_commands import run_action
from pixel_tui.env_edit import edited
from pixel_tui.environment.file_state import FileState, read_file
from pixel_tui.environment.staging import Staging
from pixel_tui.errors import FileError, LockHeld, UsageError
from pixel_tui.operations.environment import CandidateOutdated
from pixel_tui.project_options import ExitCode
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.standard_streams import complain

PATIENCE_SECONDS: Final = 120.0
"""A save takes a second or two, and several may wait in a row."""
TRIES: Final = 3
"""Whoever writes the file without our lock does it now and then, not all the time."""


def set_key(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    path: Path,
    command: ComposeCommand,
) -> int:
    """Set `arguments.key`, and apply it where that is wanted.

    One after the other: each of several at once is made from what the one before has saved.

    Raises:
        ConsoleError: It was not begun, and nothing was changed.
    """
    key, value = arguments.key, _value(arguments)
    staging = Staging(state_folder(), command.env_mark)
    with _in_turn(path):
        for _ in range(TRIES - 1):
            try:
                return _set(arguments, environment, path, staging, key, value)
            except CandidateOutdated:  # written by another right now: edit that
                continue
        return _set(arguments, environment, path, staging, key, value)


def _set(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    path: Path,
    staging: Staging,
    key: str,
    value: str,
) -> int:
    before: FileState = read_file(path)
    after = edited(before.data, key, value, environment)
    if after == before.data:
        print(f"{key} has this value already.")  # noqa: T201
        return ExitCode.WELL
    candidate = staging.stage(after, base=before.sha256)
    arguments.action = "environment-apply" if arguments.apply else "environment-save"
    arguments.target, arguments.yes = [candidate], True
    try:
        code = run_action(arguments, environment)
    finally:
        staging.forget(candidate)
    if code == ExitCode.WELL and not arguments.apply:
        print(f"{key} is saved in {path}. What runs keeps its old value until it is recreated.")  # noqa: T201
    return code


def _value(arguments: argparse.Namespace) -> str:
    """All of standard input but its last line end; from a terminal a line that is not shown.

    Raises:
        UsageError: It is no UTF-8, or there is nothing in it.
    """
    key = arguments.key
    if arguments.empty:
        return ""
    if sys.stdin.isatty():
        value = getpass(f"Value of {key} (not shown): ")
    else:
        try:
            raw = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError("The value is no text in UTF-8.", on=key) from error
        value = raw.removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(
            "Standard input is empty, and nothing was changed.",
            on=key,
            remedy="Check what should have printed the value; --empty sets the key to nothing.",
        )
    return value


@contextmanager
def _in_turn(path: Path) -> Iterator[None]:
    """Hold what every `env set` on this file holds.

    Raises:
        LockHeld: Another one does not end.
        FileError: The lock can't be used.
    """
    mark = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    lock = machine_lock.shared_folder(os.environ) / f"pixel-tui-env-set-{mark}.lock"
    try:
        descriptor = _taken(lock)
    except BlockingIOError as error:
        raise LockHeld(
            "Another `env set` is at work on this file, and nothing was changed.",
            on=str(path),
            remedy="An apply waits to be confirmed, perhaps: `pixel-tui env confirm`.",
        ) from error
    except OSError as error:
        raise FileError(
            f"The lock can't be used, and nothing was changed: {error.strerror or error}.",
            on=str(lock),
            remedy="Check the file, its owner and its mode.",
        ) from error
    try:
        yield
    finally:
        machine_lock.release(descriptor)


def _taken(lock: Path) -> int:
    try:
        return machine_lock.take(lock, patience=0.0)
    except BlockingIOError:
        complain("Waiting for another `env set`...")
        return machine_lock.take(lock, patience=PATIENCE_SECONDS)
