"""`pixel-tui env set|unset`: one key, from standard input, through the operation that saves."""

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Final

from pixel_tui.commands.env_choice import (
    ReadFile,
    named_file,
    overridden_by_shell,
    paths_of,
    read_each,
    require_key,
    require_others,
    where_it_counts,
)
from pixel_tui.commands.options import ExitCode
from pixel_tui.commands.run import run_action
from pixel_tui.environment.checks.layers import set_values, short_names
from pixel_tui.environment.dotenv.assignment import with_value, without_key
from pixel_tui.environment.storage.file_lock import file_lock
from pixel_tui.environment.storage.file_state import FileState, read_file
from pixel_tui.environment.storage.staging import Staging
from pixel_tui.errors import LockHeld, UsageError
from pixel_tui.locks import shared_folder
from pixel_tui.operations.catalogue.environment.shared import CandidateOutdated
from pixel_tui.operations.jobs.abandoned import remove_abandoned_files
from pixel_tui.session import Session
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.standard_streams import print_error
from pixel_tui.text import plain

PATIENCE_SECONDS: Final = 120.0
"""A save takes a second or two, and several may wait in a row."""
TRIES: Final = 3
"""Whoever writes the file without our lock does it now and then, not all the time."""


@dataclass(frozen=True, slots=True)
class _Edit:
    make: Callable[[bytes], bytes]
    """The new content of an old one."""
    same: str
    """What is printed where that is the old one."""
    done: str
    """What is printed when it is saved, before the file's name."""
    remark: str = ""
    """What is printed behind either, where another file has to do with the key."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """The file to edit, among those that compose reads."""

    command: ComposeCommand
    """With that file edited."""
    files: tuple[ReadFile, ...]
    at: int
    """Which of the files it is."""

    @property
    def path(self) -> Path:
        return self.command.edited_env

    @property
    def before(self) -> Mapping[str, str]:
        """What the files before it set: what a line of this file refers to may be there."""
        found: dict[str, str] = {}
        for file in self.files[: self.at]:
            found |= set_values(file.readings)
        return found

    def counting(self, key: str, paths: Sequence[Path], environment: Mapping[str, str]) -> str:
        """Which of these others gives the value of a key by itself; empty where none does."""
        documents = {file.path: file.document.data for file in self.files}
        found = where_it_counts(key, read_each(paths, environment, documents.__getitem__))
        if found is None:
            return ""
        names = short_names([file.path for file in self.files])
        return names[list(documents).index(found.path)]


def set_key(arguments: argparse.Namespace, session: Session, command: ComposeCommand) -> int:
    """Set `arguments.key`, and apply it where that is wanted.

    One after the other: each of several at once is made from what the one before has saved.

    Raises:
        ConsoleError: It was not begun, and nothing was changed.
    """
    key, environment = arguments.key, session.environment
    choice = _chosen(arguments, environment, command)
    value, before = _value(arguments), choice.before
    later = [file.path for file in choice.files[choice.at + 1 :]]
    remark = overridden_by_shell(key, environment)
    if not remark and (name := choice.counting(key, later, environment)):
        remark = f"{name} overrides it: compose uses that value."

    def make(data: bytes) -> bytes:
        return with_value(data, key, value, environment, before)

    edit = _Edit(make, f"{key} already has this value.", f"{key} is saved in", remark)
    return _in_tries(arguments, session, choice.command, edit)


def unset_key(arguments: argparse.Namespace, session: Session, command: ComposeCommand) -> int:
    """Remove `arguments.key`, and apply that where it is wanted.

    Raises:
        ConsoleError: It was not begun, and nothing was changed.
    """
    key, environment = arguments.key, session.environment
    choice = _chosen(arguments, environment, command)
    others = [file.path for file in choice.files if file.path != choice.path]
    remark = overridden_by_shell(key, environment)
    if not remark and (name := choice.counting(key, others, environment)):
        remark = f"{key} is still set by {name}."
    same = f"{key} is not set in {choice.path}."
    edit = _Edit(lambda data: without_key(data, key), same, f"{key} is removed from", remark)
    return _in_tries(arguments, session, choice.command, edit)


def _chosen(
    arguments: argparse.Namespace, environment: Mapping[str, str], command: ComposeCommand
) -> _Choice:
    """The file that was named, else the one in which the key counts, else the last.

    Raises:
        Unwritable: The key is no name, and none that a file has.
        UsageError: Compose does not read the file that was named.
        FileError: A file can't be read, or another one than the one to edit is missing.
    """
    files = read_each(paths_of(command), environment, lambda path: read_file(path).data)
    require_key(arguments.key, files)
    counting = where_it_counts(arguments.key, files)
    path = files[-1].path if counting is None else counting.path
    if arguments.in_file:
        path = named_file(arguments.in_file, command)
    editing = command.editing(path)
    require_others(editing)
    return _Choice(editing, tuple(files), [file.path for file in files].index(path))


def _in_tries(
    arguments: argparse.Namespace,
    session: Session,
    command: ComposeCommand,
    edit: _Edit,
) -> int:
    path = command.edited_env
    staging = Staging(session.state_folder, command.env_mark, command.edited)
    remove_abandoned_files(session.state_folder, session.environment)
    with _in_turn(path):
        for _ in range(TRIES - 1):
            try:
                return _save(arguments, session, path, staging, edit)
            except CandidateOutdated:  # written by another right now: edit that
                continue
        return _save(arguments, session, path, staging, edit)


def _save(
    arguments: argparse.Namespace,
    session: Session,
    path: Path,
    staging: Staging,
    edit: _Edit,
) -> int:
    before: FileState = read_file(path)
    after = edit.make(before.data)
    if after == before.data:
        _say(edit.same, edit.remark)
        return ExitCode.WELL
    candidate = staging.stage(after, base=before.sha256)
    arguments.action = "environment-apply" if arguments.apply else "environment-save"
    arguments.target, arguments.yes = [candidate], True
    try:
        code = run_action(arguments, session)
    finally:
        staging.forget(candidate)
    if code == ExitCode.WELL:
        running = (
            "" if arguments.apply else " Containers keep the old value until they are recreated."
        )
        _say(f"{edit.done} {path}.{running}", edit.remark)
    return code


def _say(words: str, remark: str) -> None:
    print(plain(words))  # noqa: T201
    if remark:
        print_error(remark)


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
            raise UsageError("The value is not valid UTF-8.", on=key) from error
        value = raw.removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(
            "Standard input is empty, so nothing was changed.",
            on=key,
            hint="Check the command that prints the value; use --empty for an empty value.",
        )
    return value


def _in_turn(path: Path) -> AbstractContextManager[None]:
    """Wait for every other `env set` on this file, and hold them up until the end."""
    mark = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    held = LockHeld(
        "Another `env set` is changing this file, so nothing was changed.",
        on=str(path),
        hint="An apply may wait for confirmation: `pixel-tui env confirm`.",
    )
    return file_lock(
        shared_folder(os.environ) / f"pixel-tui-env-set-{mark}.lock",
        timeout=PATIENCE_SECONDS,
        held=held,
        unusable="The lock can't be used, so nothing was changed",
        on_wait=lambda: print_error("Waiting for another `env set`..."),
    )
