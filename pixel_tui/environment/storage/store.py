"""Reads and replaces environment files without ever losing a content.

A save holds a lock shared by all users of the machine, checks that the file is unchanged since it
was read, saves the old content in the history, replaces the file atomically, and reads it back. A
process killed in between leaves either the old or the new file.
"""

import errno
import hashlib
import os
import stat
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixel_tui.clock import Clock
from pixel_tui.environment.storage.drafts import StoredDrafts
from pixel_tui.environment.storage.file_lock import file_lock
from pixel_tui.environment.storage.file_state import (
    MAX_FILE_BYTES,
    FileState,
    read_file,
    resolve_links,
    too_large,
)
from pixel_tui.environment.storage.history import MAX_VERSIONS, History, StoredVersion
from pixel_tui.environment.storage.ownership import group_name, repair_for_current_user, user_name
from pixel_tui.errors import FileError, LockHeld
from pixel_tui.files import NotDurable, remove_leftovers, replace_file
from pixel_tui.locks import shared_folder
from pixel_tui.text import SafeText, plain

__all__ = [
    "ChangedOnDisk",
    "EnvironmentStore",
    "FileState",
    "SaveResult",
    "history_of",
    "read_file",
]

LOCK_TIMEOUT_SECONDS: Final = 5.0
"""A save takes some hundredths of a second."""


class ChangedOnDisk(FileError):
    """The file was changed by another program since it was read.

    Args:
        now: Its current state.
    """

    def __init__(self, now: FileState) -> None:
        what = "was changed" if now.exists else "was removed"
        super().__init__(
            f"The file {what} by another program, and was not saved",
            on=str(now.path),
            hint="Merge both changes, or reload the file.",
        )
        self.now = now


@dataclass(frozen=True, slots=True)
class SaveResult:
    """The result of a save."""

    state: FileState
    """The file as it was read back."""
    kept: StoredVersion | None
    """The version with the old content; None if there was no file, or nothing was changed."""
    note: SafeText = SafeText("")
    """A note for the user about the successful save; empty if there is none."""


def history_of(state_folder: Path, path: Path, *, keep: int = MAX_VERSIONS) -> History:
    """Return the history of a file.

    Raises:
        FileError: The file's symbolic links can't be resolved.
    """
    return History(_file_folder(state_folder, path), keep=keep)


class EnvironmentStore:
    """Environment files, with their history and drafts in the state folder. Every method blocks.

    Args:
        state_folder: The state folder of this user.
        clock: The source of times.
        locks: The folder of lock files; None for the machine's.
        keep: How many versions of a file are kept.
    """

    def __init__(
        self,
        state_folder: Path,
        clock: Clock,
        *,
        locks: Path | None = None,
        keep: int = MAX_VERSIONS,
    ) -> None:
        self._state_folder = state_folder
        self._clock = clock
        self._locks = locks or shared_folder(os.environ)
        self._keep = keep

    def read(self, path: Path) -> FileState:
        """Call `read_file`."""
        return read_file(path)

    def history(self, path: Path) -> History:
        """Return the history of a file."""
        return history_of(self._state_folder, path, keep=self._keep)

    def drafts(self, path: Path) -> StoredDrafts:
        """Return the drafts of a file."""
        return StoredDrafts(_file_folder(self._state_folder, path) / "drafts", self._clock)

    def sweep(self, path: Path) -> None:
        """Remove leftovers of killed writers next to the file, in its history and its drafts."""
        target, now = resolve_links(path), self._clock.now()
        remove_leftovers(target.parent, now, of=target.name)
        self.history(path).sweep(now)
        self.drafts(path).sweep()

    def save(self, path: Path, data: bytes, expected: FileState) -> SaveResult:
        """Replace a file's content, and keep its owner, mode and access list.

        A new file is readable only by its owner.

        Args:
            path: The file.
            data: The complete new content.
            expected: Its state when it was read.

        Raises:
            ChangedOnDisk: It was changed meanwhile, and is not replaced.
            LockHeld: Another console is still saving it.
            NotDurable: It is saved, but might not survive a power loss.
            FileError: It or the history can't be written, and the file is unchanged; or it was
                written, but reads back differently.
        """
        if len(data) > MAX_FILE_BYTES:
            raise too_large(path, len(data))
        history = self.history(path)
        with self._locked(resolve_links(path)):
            self.sweep(path)
            now = _require_unchanged(path, expected)
            if now.exists and now.data == data:
                return SaveResult(now, None)
            _require_replaceable(now)
            try:
                kept = history.keep(now.data, self._clock.now()) if now.exists else None
            except FileError as error:
                raise _cannot_keep(error) from error
            try:
                replace_file(
                    now.target,
                    data,
                    same_owner=True,
                    before_rename=lambda: _require_unchanged(path, expected),
                )
            except (ChangedOnDisk, NotDurable):
                raise
            except FileError as error:
                raise _cannot_save(now, error) from error
            after = _read_back(path, data, kept)
            return SaveResult(after, kept, self._remark(history, now, after))

    def _remark(self, history: History, before: FileState, after: FileState) -> SafeText:
        """Return a note about a problem after a successful save; empty if there is none."""
        try:
            history.keep(after.data, self._clock.now())
        except FileError as error:
            return plain(f"It is saved, but not in the history: {error}")
        if before.exists and (before.mode, before.uid) != (after.mode, after.uid):
            owner = user_name(after.uid)
            return SafeText(f"Saved; it now belongs to {owner} with mode {after.mode:04o}.")
        return SafeText("")

    def _locked(self, target: Path) -> AbstractContextManager[None]:
        """Lock out other consoles, of all users, from saving the file."""
        held = LockHeld(
            "Another pixel-tui is saving this file.",
            on=str(target),
            hint="Try again in a moment.",
        )
        return file_lock(
            self._locks / f"pixel-tui-env-{_digest(target)}.lock",
            timeout=LOCK_TIMEOUT_SECONDS,
            held=held,
            unusable="The file can't be locked, so it was not saved",
        )


def _file_folder(state_folder: Path, path: Path) -> Path:
    """Return the folder for a file's history and drafts, with a recognizable name."""
    target = resolve_links(path)
    folder = "".join(
        char if char.isascii() and (char.isalnum() or char in "-_.") else "_"
        for char in target.parent.name
    )
    return state_folder / "environment" / f"{folder[:40] or 'root'}-{_digest(target)}"


def _digest(target: Path) -> str:
    return hashlib.sha256(os.fsencode(target)).hexdigest()[:16]


def _require_unchanged(path: Path, expected: FileState) -> FileState:
    """Return the current state of the file; raises `ChangedOnDisk` if its content changed."""
    now = read_file(path)
    if not now.same_content(expected):
        raise ChangedOnDisk(now)
    return now


def _read_back(path: Path, data: bytes, kept: StoredVersion | None) -> FileState:
    after = read_file(path)
    if after.data == data and after.exists:
        return after
    before = f" The previous content is version {kept.id}." if kept else ""
    raise FileError(
        "The file was saved, but reads back differently.",
        on=str(path),
        hint=f"Check the disk, and which program writes the file.{before}",
    )


def _require_replaceable(now: FileState) -> None:
    """Raise if replacing the file would lose its owner, its group or its hard links."""
    if not now.target.parent.is_dir():
        raise FileError(
            "The file's folder does not exist.",
            on=str(now.target.parent),
            hint="Create it first.",
        )
    if now.exists and os.geteuid() not in {0, now.uid}:
        raise FileError(
            f"The file belongs to {user_name(now.uid)}, so it was not saved: it would become yours",
            on=str(now.path),
            hint=repair_for_current_user(now.target).hint,
        )
    if now.exists and not _can_keep_group(now):
        raise FileError(
            f"The file's group is {group_name(now.gid)}, which you are not in, so it was not "
            "saved: the group could no longer read it",
            on=str(now.path),
            hint=repair_for_current_user(now.target).hint,
        )
    if now.link_count > 1:
        raise FileError(
            f"The file has {now.link_count} hard links, so it was not saved: the others would keep "
            "the old content",
            on=str(now.path),
            hint="Replace the others with symbolic links (ln -sf).",
        )


def _can_keep_group(now: FileState) -> bool:
    """Whether the group can be kept, or has no access to the file anyway."""
    mine = {os.getegid(), *os.getgroups()}
    return os.geteuid() == 0 or now.gid in mine or not now.mode & stat.S_IRWXG


def _cannot_keep(error: FileError) -> FileError:
    """Return the error if the old content can't be saved in the history."""
    return FileError(
        f"The history can't be written, so the file was not saved: {error.what}",
        on=error.on,
        hint=_disk_hint(error) or error.hint,
    )


def _cannot_save(now: FileState, error: FileError) -> FileError:
    """Return the error with a matching hint. The old file is intact."""
    hint = _disk_hint(error)
    match _error_number(error):
        case errno.EBUSY:
            hint = "It is a bind mount, which can't be replaced from here: edit it outside."
        case errno.EPERM:
            hint = f"It can't be replaced: see `lsattr {now.target}`."
        case errno.EACCES:
            hint = repair_for_current_user(now.target.parent, is_folder=True).hint
    return FileError(error.what, on=str(now.path), hint=hint or error.hint)


def _disk_hint(error: FileError) -> str:
    match _error_number(error):
        case errno.ENOSPC | errno.EDQUOT:
            return "Free some space on the disk, then save again; the old file is intact."
        case errno.EROFS:
            return "The disk is mounted read-only: `dmesg` may say why; the old file is intact."
    return ""


def _error_number(error: FileError) -> int | None:
    return error.__cause__.errno if isinstance(error.__cause__, OSError) else None
