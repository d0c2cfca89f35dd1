"""The file itself: read, and replaced so that nothing that was in it is ever lost.

A save holds a lock that every user of the machine meets, looks whether the file is still what
was read, keeps that in the history, replaces it whole, and reads it back. Whoever is killed in
between leaves the old file or the new one.
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
    LONGEST_BYTES,
    FileState,
    read_file,
    resolved,
    too_large,
)
from pixel_tui.environment.storage.history import KEPT, History, StoredVersion
from pixel_tui.environment.storage.ownership import group_name, repair_for_me, user_name
from pixel_tui.errors import FileError, LockHeld
from pixel_tui.files import NotDurable, remove_leftovers, replace_file
from pixel_tui.locks import shared_folder
from pixel_tui.text import SafeText, plain

__all__ = ["ChangedOnDisk", "EnvironmentStore", "FileState", "Saved", "history_of", "read_file"]

PATIENCE_SECONDS: Final = 5.0
"""Another console's save takes some hundredths of a second."""


class ChangedOnDisk(FileError):
    """Somebody else has changed the file since it was read.

    Args:
        now: What it is now.
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
class Saved:
    """What a save came to."""

    state: FileState
    """The file as it was read back."""
    kept: StoredVersion | None
    """What was there before; None where there was no file, or nothing was to be changed."""
    remark: SafeText = SafeText("")
    """What a person should know though the file is saved; empty where there is nothing."""


def history_of(state_folder: Path, path: Path, *, keep: int = KEPT) -> History:
    """The versions of a file, for who only reads them.

    Raises:
        FileError: The file's symbolic links lead nowhere.
    """
    return History(_kept_of(state_folder, path), keep=keep)


class EnvironmentStore:
    """Files, and what the console keeps of each in its own folder. Everything in here blocks.

    Args:
        state_folder: The console's own folder.
        clock: Where times come from.
        locks: Where lock files are; None: where those of this machine are.
        keep: How many versions of a file are kept.
    """

    def __init__(
        self, state_folder: Path, clock: Clock, *, locks: Path | None = None, keep: int = KEPT
    ) -> None:
        self._state_folder = state_folder
        self._clock = clock
        self._locks = locks or shared_folder(os.environ)
        self._keep = keep

    def read(self, path: Path) -> FileState:
        """`read_file`."""
        return read_file(path)

    def history(self, path: Path) -> History:
        """The versions of a file."""
        return history_of(self._state_folder, path, keep=self._keep)

    def drafts(self, path: Path) -> StoredDrafts:
        """The unfinished edits of a file."""
        return StoredDrafts(_kept_of(self._state_folder, path) / "drafts", self._clock)

    def sweep(self, path: Path) -> None:
        """Remove what writers that were killed have left, beside the file and in the history."""
        target, now = resolved(path), self._clock.now()
        remove_leftovers(target.parent, now, of=target.name)
        self.history(path).sweep(now)
        self.drafts(path).sweep()

    def save(self, path: Path, data: bytes, expected: FileState) -> Saved:
        """Replace a file's content; its owner, mode and access list stay.

        A new file is readable for its owner only.

        Args:
            path: The file.
            data: All of its new content.
            expected: What it was when it was read.

        Raises:
            ChangedOnDisk: It is something else by now, and stays that.
            LockHeld: Another console is saving it all the time.
            NotDurable: It is saved, and might not outlive a power loss.
            FileError: It, or the history, can't be written: the file stays as it was. Or it
                was written, and reading it back gave something else.
        """
        if len(data) > LONGEST_BYTES:
            raise too_large(path, len(data))
        history = self.history(path)
        with self._locked(resolved(path)):
            self.sweep(path)
            now = _unchanged(path, expected)
            if now.exists and now.data == data:
                return Saved(now, None)
            _refuse_what_would_be_lost(now)
            try:
                kept = history.keep(now.data, self._clock.now()) if now.exists else None
            except FileError as error:
                raise _cannot_keep(error) from error
            try:
                replace_file(
                    now.target,
                    data,
                    same_owner=True,
                    before_rename=lambda: _stays_unchanged(path, expected),
                )
            except (ChangedOnDisk, NotDurable):
                raise
            except FileError as error:
                raise _cannot_save(now, error) from error
            after = _read_back(path, data, kept)
            return Saved(after, kept, self._remark(history, now, after))

    def _remark(self, history: History, before: FileState, after: FileState) -> SafeText:
        """What is not as it should be though the file is saved."""
        try:
            history.keep(after.data, self._clock.now())
        except FileError as error:
            return plain(f"It is saved, but not in the history: {error}")
        if before.exists and (before.mode, before.uid) != (after.mode, after.uid):
            owner = user_name(after.uid)
            return SafeText(f"Saved; it now belongs to {owner} with mode {after.mode:04o}.")
        return SafeText("")

    def _locked(self, target: Path) -> AbstractContextManager[None]:
        """Keep other consoles from saving the file, whoever runs them."""
        held = LockHeld(
            "Another pixel-tui is saving this file.",
            on=str(target),
            hint="Try again in a moment.",
        )
        return file_lock(
            self._locks / f"pixel-tui-env-{_digest(target)}.lock",
            timeout=PATIENCE_SECONDS,
            held=held,
            unusable="The file can't be locked, so it was not saved",
        )


def _kept_of(state_folder: Path, path: Path) -> Path:
    """Where all that is kept of a file is: named so that a person finds it."""
    target = resolved(path)
    folder = "".join(
        char if char.isascii() and (char.isalnum() or char in "-_.") else "_"
        for char in target.parent.name
    )
    return state_folder / "environment" / f"{folder[:40] or 'root'}-{_digest(target)}"


def _digest(target: Path) -> str:
    return hashlib.sha256(os.fsencode(target)).hexdigest()[:16]


def _unchanged(path: Path, expected: FileState) -> FileState:
    """The file now; raises `ChangedOnDisk` where that is something else than was read."""
    now = read_file(path)
    if not now.same_content(expected):
        raise ChangedOnDisk(now)
    return now


def _stays_unchanged(path: Path, expected: FileState) -> None:
    _unchanged(path, expected)


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


def _refuse_what_would_be_lost(now: FileState) -> None:
    """A replaced file is another one: some of what hangs on the old one can't be kept."""
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
            hint=repair_for_me(now.target).hint,
        )
    if now.exists and not _may_keep_group(now):
        raise FileError(
            f"The file's group is {group_name(now.gid)}, which you are not in, so it was not "
            "saved: the group could no longer read it",
            on=str(now.path),
            hint=repair_for_me(now.target).hint,
        )
    if now.names > 1:
        raise FileError(
            f"The file has {now.names} hard links, so it was not saved: the others would keep "
            "the old content",
            on=str(now.path),
            hint="Replace the others with symbolic links (ln -sf).",
        )


def _may_keep_group(now: FileState) -> bool:
    """Whether the group may stay, or may do nothing with the file anyway."""
    mine = {os.getegid(), *os.getgroups()}
    return os.geteuid() == 0 or now.gid in mine or not now.mode & stat.S_IRWXG


def _cannot_keep(error: FileError) -> FileError:
    """The old content can't be kept, so it is not replaced."""
    return FileError(
        f"The history can't be written, so the file was not saved: {error.what}",
        on=error.on,
        hint=_disk_hint(error) or error.hint,
    )


def _cannot_save(now: FileState, error: FileError) -> FileError:
    """The same failure with what helps against it. The old file is whole."""
    hint = _disk_hint(error)
    match _number(error):
        case errno.EBUSY:
            hint = "It is a bind mount, which can't be replaced from here: edit it outside."
        case errno.EPERM:
            hint = f"It can't be replaced: see `lsattr {now.target}`."
        case errno.EACCES:
            hint = repair_for_me(now.target.parent, is_folder=True).hint
    return FileError(error.what, on=str(now.path), hint=hint or error.hint)


def _disk_hint(error: FileError) -> str:
    match _number(error):
        case errno.ENOSPC | errno.EDQUOT:
            return "Free some space on the disk, then save again; the old file is intact."
        case errno.EROFS:
            return "The disk is mounted read-only: `dmesg` may say why; the old file is intact."
    return ""


def _number(error: FileError) -> int | None:
    return error.__cause__.errno if isinstance(error.__cause__, OSError) else None
