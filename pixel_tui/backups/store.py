"""The folder of a project's backups: lists, creates, verifies and removes them."""

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from pixel_tui.backups.history import Key, last_copies
from pixel_tui.backups.in_progress import BackupInProgress, is_abandoned
from pixel_tui.backups.manifest import Manifest, is_backup_id
from pixel_tui.backups.manifest_file import MANIFEST, MAX_MANIFEST_BYTES, read_manifest
from pixel_tui.backups.verification_record import VerificationResult, read_verification
from pixel_tui.errors import FileError, OperationError
from pixel_tui.files import PRIVATE_FOLDER, replace_file
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS, TypedCommands

_PARTIAL: Final = ".partial"
MAX_FORMER: Final = 100
"""The most backups that are read in the former folder, the newest ones."""
MAX_BYTES_LISTED: Final = 64 * 1024 * 1024
"""The most bytes of manifests that are read in one listing: enough for thousands of backups."""
MAX_ENTRIES: Final = 50_000
"""The most names that are read in a folder of backups."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A folder that is or was a backup."""

    id: str
    folder: Path
    manifest: Manifest | None
    verification: VerificationResult | None = None
    trouble: str = ""
    """Why it can't be used; empty if it can."""

    @property
    def verified(self) -> bool:
        """Whether its last verification found it intact."""
        return (
            self.manifest is not None and self.verification is not None and self.verification.well
        )


@dataclass(frozen=True, slots=True)
class RotationResult:
    """The result of removing surplus backups."""

    removed: tuple[str, ...] = ()
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Ids of surplus backups that are kept, and what only they have a good copy of."""


class BackupStore:
    """The backups of one project.

    Args:
        root: The folder for new backups.
        former: Another folder that may have older ones, two levels below the project's folder.
        typed: The commands to type in a shell, for hints.
    """

    def __init__(
        self, root: Path, *, former: Path | None = None, typed: TypedCommands = WITHOUT_OPTIONS
    ) -> None:
        self.root = root
        self._typed = typed
        self._former = former
        self._roots = tuple(dict.fromkeys((root, former or root)))

    def list(self) -> tuple[Backup, ...]:
        """Return all complete backups, newest first; damaged ones with the reason.

        Others may be able to write to the folders: so it never blocks, and reads a limited amount.

        Raises:
            FileError: The folder for new backups can't be read.
        """
        # Separate budgets: files planted in one folder must not hide backups in the other.
        budgets = dict.fromkeys(self._roots, MAX_BYTES_LISTED)
        found = self.names()
        backups = []
        for name in sorted(found, key=_sort_key, reverse=True):
            folder = found[name]
            budgets[folder.parent] -= _manifest_size(folder)
            backups.append(
                _read_backup(folder) if budgets[folder.parent] >= 0 else _unread_backup(folder)
            )
        return tuple(backups)

    def names(self) -> dict[str, Path]:
        """Return the folders of complete backups by their ids, without reading them.

        Raises:
            FileError: The folder for new backups can't be read.
        """
        found: dict[str, Path] = {}
        for root in self._roots:
            try:
                with os.scandir(root) as entries:
                    names = [
                        entry.name for entry in islice(entries, MAX_ENTRIES) if _is_backup(entry)
                    ]
            except FileNotFoundError:
                continue
            except OSError as error:
                if root == self.root:
                    raise _folder_error(root, error) from error
                continue
            names.sort(key=_sort_key, reverse=True)
            for name in names if root == self.root else names[:MAX_FORMER]:
                found.setdefault(name, root / name)
        return found

    def find(self, backup_id: str) -> Backup:
        """Return the backup with this id, regardless of the limits of a listing.

        Raises:
            OperationError: There is none.
        """
        for folder in (root / backup_id for root in self._roots if is_backup_id(backup_id)):
            if folder.is_dir() and not folder.is_symlink() and os.path.lexists(folder / MANIFEST):
                return _read_backup(folder)
        raise OperationError(
            "No such backup.",
            on=backup_id[:60],
            hint=f"See `{self._typed.pixel_tui} backup list`.",
        )

    def begin(self, now: datetime) -> BackupInProgress:
        """Create the folder of a new backup.

        Raises:
            FileError: It can't be created.
        """
        stem = now.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            self._keep_out_of_git()
            for number in range(1, 1000):
                backup_id = stem if number == 1 else f"{stem}-{number}"
                partial = self.root / f".{backup_id}{_PARTIAL}"
                if (self.root / backup_id).exists():
                    continue
                try:
                    partial.mkdir(mode=PRIVATE_FOLDER)
                except FileExistsError:
                    continue
                return BackupInProgress(backup_id, partial)
        except OSError as error:
            raise _folder_error(self.root, error) from error
        raise OperationError("Too many backups in the same second.", on=str(self.root))

    def _keep_out_of_git(self) -> None:
        """Add a `.gitignore`: `git add .` must not add the project's secrets."""
        ignored = self.root / ".gitignore"
        with suppress(FileNotFoundError):
            if ignored.lstat().st_size:  # a full disk may have left it empty
                return
        replace_file(ignored, b"*\n", durable=False)

    def sweep(self) -> tuple[str, ...]:
        """Remove leftovers of backups that died; returns their names.

        Raises:
            FileError: The folder can't be read or written.
        """
        removed = []
        try:
            for path in sorted(self.root.glob(f".*{_PARTIAL}")):
                name = path.name.removeprefix(".").removesuffix(_PARTIAL)
                if (
                    is_backup_id(name)
                    and path.is_dir()
                    and not path.is_symlink()
                    and is_abandoned(path)
                ):
                    shutil.rmtree(path)
                    removed.append(path.name)
        except OSError as error:
            raise _folder_error(self.root, error) from error
        return tuple(removed)

    def rotate(self, keep: int, *, sparing: frozenset[str] = frozenset()) -> RotationResult:
        """Remove the oldest backups.

        Anything that can't be read as a backup is left alone, because it may be another user's. So
        is one with the last good copy of a database that is empty or gone now.

        Args:
            keep: How many to keep.
            sparing: Ids to keep regardless of their age.

        Raises:
            FileError: One can't be removed.
        """
        complete = [backup for backup in self.list() if backup.manifest is not None]
        own = [backup for backup in complete if backup.folder.parent == self.root]
        others = [backup for backup in complete if backup.folder.parent != self.root]
        old = [*own[keep:], *others[max(0, keep - len(own)) :]]
        # Others may write to the former folder: its backups don't replace those in the new one.
        kept: dict[str, list[str]] = {}
        copies = {**_last_copies(others), **_last_copies(own)}
        for (_, source, database), backup_id in copies.items():
            kept.setdefault(backup_id, []).append(f"{source}/{database}" if database else source)
        removable = [
            item
            for item in old
            if item.id not in sparing and item.id not in kept and self._may_remove(item)
        ]
        for backup in removable:
            renamed = backup.folder.with_name(f".{backup.id}{_PARTIAL}")
            try:
                # Rename first, so that an interrupted removal leaves no incomplete backup.
                backup.folder.rename(renamed)
                shutil.rmtree(renamed)
            except OSError as error:
                raise _folder_error(backup.folder, error) from error
        too_many = {item.id for item in old}
        return RotationResult(
            tuple(backup.id for backup in removable),
            {backup_id: titles for backup_id, titles in kept.items() if backup_id in too_many},
        )

    def _may_remove(self, backup: Backup) -> bool:
        """Whether it is not in the former folder of another project, which a link may lead to."""
        if backup.folder.parent == self.root or self._former is None:
            return True
        project = self._former.parents[1]
        expected = Path(os.path.realpath(project)) / self._former.relative_to(project)
        return os.path.realpath(self._former) == str(expected)


def _last_copies(backups: Sequence[Backup]) -> Mapping[Key, str]:
    well = [(item.id, item.manifest) for item in backups if item.manifest and not item.trouble]
    return last_copies(well)


def _read_backup(folder: Path) -> Backup:
    try:
        manifest = read_manifest(folder)
    except FileError as error:
        return Backup(folder.name, folder, None, trouble=str(error))
    verification = read_verification(folder)
    trouble = "; ".join(verification.problems[:3]) if verification else ""
    return Backup(folder.name, folder, manifest, verification, trouble)


def _unread_backup(folder: Path) -> Backup:
    trouble = "Not read: the newer backups exceed the read limit."
    return Backup(folder.name, folder, None, trouble=trouble)


def _manifest_size(folder: Path) -> int:
    """Return how many bytes are read of a manifest: 0 if it is too long."""
    try:
        size = (folder / MANIFEST).lstat().st_size
    except OSError:
        return 0
    return size if size <= MAX_MANIFEST_BYTES else 0


def _is_backup(entry: os.DirEntry[str]) -> bool:
    named = is_backup_id(entry.name) and entry.is_dir(follow_symlinks=False)
    return named and os.path.lexists(Path(entry.path) / MANIFEST)


def _sort_key(name: str) -> tuple[str, int]:
    stem, number = name[:15], name[16:]
    return stem, int(number or 1)


def _folder_error(path: Path, error: OSError) -> FileError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return FileError(
        f"The backup folder can't be used: {error.strerror or error}.",
        on=str(path),
        hint="Free some space on the disk." if full else "Check its owner and mode.",
    )
