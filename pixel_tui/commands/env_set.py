"""`pixel-tui env set|unset`: changes a key, with the same plan as the editor."""

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
    ReadEnvironmentFile,
    environment_paths,
    file_in_effect,
    overridden_by_shell,
    read_files,
    require_key,
    require_other_files,
    selected_file,
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
from pixel_tui.operations.catalogue.environment.choices import CandidateOutdated
from pixel_tui.operations.jobs.abandoned import remove_abandoned_files
from pixel_tui.session import Session
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.standard_streams import print_error
from pixel_tui.text import plain

LOCK_TIMEOUT_SECONDS: Final = 120.0
"""A save takes a second or two, and several may be waiting."""
MAX_TRIES: Final = 3
"""Another program may change the file without our lock, but not all the time."""


@dataclass(frozen=True, slots=True)
class _Edit:
    make: Callable[[bytes], bytes]
    """Returns the new content for an old one."""
    unchanged: str
    """Printed if the content does not change."""
    saved: str
    """Printed after the save, before the file's name."""
    note: str = ""
    """Printed after either, if another file or the shell affects the key."""


@dataclass(frozen=True, slots=True)
class _EditTarget:
    """The file to edit, and the others that compose reads."""

    command: ComposeCommand
    """The compose command for editing that file."""
    files: tuple[ReadEnvironmentFile, ...]
    index: int
    """Its index in `files`."""

    @property
    def path(self) -> Path:
        return self.command.edited_env

    @property
    def before(self) -> Mapping[str, str]:
        """The values of the earlier files, which this file can refer to."""
        found: dict[str, str] = {}
        for file in self.files[: self.index]:
            found |= set_values(file.readings)
        return found

    def name_in_effect(
        self, key: str, paths: Sequence[Path], environment: Mapping[str, str]
    ) -> str:
        """Return the name of the file among these that sets a key; empty if none does."""
        documents = {file.path: file.document.data for file in self.files}
        found = file_in_effect(key, read_files(paths, environment, documents.__getitem__))
        if found is None:
            return ""
        names = short_names([file.path for file in self.files])
        return names[list(documents).index(found.path)]


def set_key(arguments: argparse.Namespace, session: Session, command: ComposeCommand) -> int:
    """Set `arguments.key`, and apply it if requested.

    Concurrent calls run one after the other, so that each edits what the previous one saved.

    Raises:
        ConsoleError: It was not started, and nothing was changed.
    """
    key, environment = arguments.key, session.environment
    edit_target = _edit_target(arguments, environment, command)
    value, before = _value(arguments), edit_target.before
    later = [file.path for file in edit_target.files[edit_target.index + 1 :]]
    note = overridden_by_shell(key, environment)
    if not note and (name := edit_target.name_in_effect(key, later, environment)):
        note = f"{name} overrides it: compose uses that value."

    def make(data: bytes) -> bytes:
        return with_value(data, key, value, command.typed, environment, before)

    edit = _Edit(make, f"{key} already has this value.", f"{key} is saved in", note)
    return _save_with_retries(arguments, session, edit_target.command, edit)


def unset_key(arguments: argparse.Namespace, session: Session, command: ComposeCommand) -> int:
    """Remove `arguments.key`, and apply that if requested.

    Raises:
        ConsoleError: It was not started, and nothing was changed.
    """
    key, environment = arguments.key, session.environment
    edit_target = _edit_target(arguments, environment, command)
    others = [file.path for file in edit_target.files if file.path != edit_target.path]
    note = overridden_by_shell(key, environment)
    if not note and (name := edit_target.name_in_effect(key, others, environment)):
        note = f"{key} is still set by {name}."
    unchanged = f"{key} is not set in {edit_target.path}."

    def make(data: bytes) -> bytes:
        return without_key(data, key, command.typed)

    edit = _Edit(make, unchanged, f"{key} is removed from", note)
    return _save_with_retries(arguments, session, edit_target.command, edit)


def _edit_target(
    arguments: argparse.Namespace, environment: Mapping[str, str], command: ComposeCommand
) -> _EditTarget:
    """Return the selected file, else the one that sets the key, else the last.

    Raises:
        Unwritable: The key is invalid, and not in one of the files.
        UsageError: Compose does not read the selected file.
        FileError: A file can't be read, or another file is missing.
    """
    files = read_files(environment_paths(command), environment, lambda path: read_file(path).data)
    require_key(arguments.key, files)
    found = file_in_effect(arguments.key, files)
    path = files[-1].path if found is None else found.path
    if arguments.in_file:
        path = selected_file(arguments.in_file, command)
    editing = command.editing(path)
    require_other_files(editing)
    return _EditTarget(editing, tuple(files), [file.path for file in files].index(path))


def _save_with_retries(
    arguments: argparse.Namespace,
    session: Session,
    command: ComposeCommand,
    edit: _Edit,
) -> int:
    path = command.edited_env
    staging = Staging(session.state_folder, command.env_mark, command.edited)
    remove_abandoned_files(session.state_folder, session.environment)
    with _lock(command):
        for _ in range(MAX_TRIES - 1):
            try:
                return _save(arguments, session, path, staging, edit)
            except CandidateOutdated:  # changed by another program meanwhile: edit that
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
        _say(edit.unchanged, edit.note)
        return ExitCode.OK
    candidate = staging.stage(after, base=before.sha256)
    arguments.action = "environment-apply" if arguments.apply else "environment-save"
    arguments.target, arguments.yes = [candidate], True
    try:
        code = run_action(arguments, session)
    finally:
        staging.forget(candidate)
    if code == ExitCode.OK:
        running = (
            "" if arguments.apply else " Containers keep the old value until they are recreated."
        )
        _say(f"{edit.saved} {path}.{running}", edit.note)
    return code


def _say(message: str, note: str) -> None:
    print(plain(message))  # noqa: T201
    if note:
        print_error(note)


def _value(arguments: argparse.Namespace) -> str:
    """Return standard input without its last line end; on a terminal, ask for a hidden line.

    Raises:
        UsageError: It is not UTF-8, or empty.
    """
    key = arguments.key
    if arguments.empty:
        return ""
    if sys.stdin.isatty():
        value = _asked(key)
    else:
        try:
            raw = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError("The value is not valid UTF-8.", on=key) from error
        value = raw.removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(
            "Standard input is empty.",
            on=key,
            hint="Check the command that prints the value; use --empty for an empty value.",
        )
    return value


def _asked(key: str) -> str:
    """Ask for a hidden line; empty if Ctrl+D ends it."""
    try:
        return getpass(f"Value of {key} (not shown): ")
    except (EOFError, KeyboardInterrupt) as ended:
        print(file=sys.stderr)  # noqa: T201  the cursor is still behind the question
        if isinstance(ended, KeyboardInterrupt):
            raise
        return ""


def _lock(command: ComposeCommand) -> AbstractContextManager[None]:
    """Lock out every other `env set` on this file."""
    path = command.edited_env
    mark = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    held = LockHeld(
        "Another `env set` is changing this file.",
        on=str(path),
        hint=f"An apply may wait for confirmation: `{command.typed.pixel_tui} env confirm`.",
    )
    return file_lock(
        shared_folder(os.environ) / f"pixel-tui-env-set-{mark}.lock",
        timeout=LOCK_TIMEOUT_SECONDS,
        held=held,
        unusable="The lock can't be used",
        on_wait=lambda: print_error("Waiting for another `env set`..."),
    )
