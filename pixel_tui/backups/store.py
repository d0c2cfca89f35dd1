"""The folder of a project's backups: which are there, which are whole, which are too many."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pixel_tui.backups.history import Key, last_copies
from pixel_tui.backups.manifest import Manifest, is_backup_id
from pixel_tui.backups.manifest_file import MANIFEST, MOST_BYTES, as_bytes, read_manifest
from pixel_tui.errors import FileError, OperationError
from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER, read_regular, replace_file, sync_folder
from pixel_tui.stack.model.json_value import Node, load_object

VERDICT: Final = "verified.json"
_PARTIAL: Final = ".partial"
MOST_FORMER: Final = 100
"""So many backups are looked for in the former place, the newest ones."""
MOST_VERDICT_BYTES: Final = 1024 * 1024
MOST_BYTES_LISTED: Final = 64 * 1024 * 1024
"""So much of manifests is read in one listing: those of thousands of backups."""
MOST_ENTRIES: Final = 50_000
"""So many names are looked at in a folder of backups."""


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """What the last verification of a backup found."""

    time: datetime
    problems: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether it was as its manifest says."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Backup:
    """A folder that is a backup, or was one."""

    id: str
    folder: Path
    manifest: Manifest | None
    verdict: VerificationResult | None = None
    trouble: str = ""
    """Why it can't be used, where it can't."""

    @property
    def verified(self) -> bool:
        """Whether it was verified, and found well, since it was made."""
        return self.manifest is not None and self.verdict is not None and self.verdict.well


@dataclass(frozen=True, slots=True)
class RotationResult:
    """What became of the backups that are too many."""

    removed: tuple[str, ...] = ()
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Ids of those that stay, and what nothing newer has a good copy of."""


class BackupStore:
    """The backups of one project.

    Args:
        root: The folder that new ones are made in.
        former: Another folder, that older ones may be in: two levels below the project's folder.
    """

    def __init__(self, root: Path, *, former: Path | None = None) -> None:
        self.root = root
        self._former = former
        self._roots = tuple(dict.fromkeys((root, former or root)))

    def list(self) -> tuple[Backup, ...]:
        """Every complete backup, newest first; damaged ones say why.

        Others may write where the backups are: nothing there is waited for, and there is an end
        to what is read of it.

        Raises:
            FileError: The folder of new backups can't be read.
        """
        # Each place has its own: what is planted in one takes nothing from the other.
        budgets = dict.fromkeys(self._roots, MOST_BYTES_LISTED)
        found = self.names()
        backups = []
        for name in sorted(found, key=_order, reverse=True):
            folder = found[name]
            budgets[folder.parent] -= _manifest_size(folder)
            backups.append(_read(folder) if budgets[folder.parent] >= 0 else _unread(folder))
        return tuple(backups)

    def names(self) -> dict[str, Path]:
        """The folders of complete backups by their ids, unread.

        Raises:
            FileError: The folder of new backups can't be read.
        """
        found: dict[str, Path] = {}
        for root in self._roots:
            try:
                with os.scandir(root) as entries:
                    names = [
                        entry.name for entry in islice(entries, MOST_ENTRIES) if _is_backup(entry)
                    ]
            except FileNotFoundError:
                continue
            except OSError as error:
                if root == self.root:
                    raise _unusable(root, error) from error
                continue
            names.sort(key=_order, reverse=True)
            for name in names if root == self.root else names[:MOST_FORMER]:
                found.setdefault(name, root / name)
        return found

    def find(self, backup_id: str) -> Backup:
        """The backup of this id, however many there are beside it.

        Raises:
            OperationError: There is none.
        """
        for folder in (root / backup_id for root in self._roots if is_backup_id(backup_id)):
            if folder.is_dir() and not folder.is_symlink() and os.path.lexists(folder / MANIFEST):
                return _read(folder)
        raise OperationError(
            "There is no such backup.", on=backup_id[:60], remedy="See `pixel-tui backup list`."
        )

    def begin(self, now: datetime) -> "HalfMade":
        """Make the folder of a new backup.

        Raises:
            FileError: It can't be made.
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
                return HalfMade(backup_id, partial)
        except OSError as error:
            raise _unusable(self.root, error) from error
        raise OperationError("There are too many backups of one second.", on=str(self.root))

    def _keep_out_of_git(self) -> None:
        """A backup has the project's secrets in it: `git add .` must not take them."""
        ignored = self.root / ".gitignore"
        with suppress(FileNotFoundError):
            if ignored.lstat().st_size:  # a full disk may have left an empty one
                return
        replace_file(ignored, b"*\n", durable=False)

    def sweep(self) -> tuple[str, ...]:
        """Remove what backups that died have left behind; returns their names.

        Raises:
            FileError: The folder can't be read or written.
        """
        swept = []
        try:
            for path in sorted(self.root.glob(f".*{_PARTIAL}")):
                name = path.name.removeprefix(".").removesuffix(_PARTIAL)
                if is_backup_id(name) and path.is_dir() and not path.is_symlink() and _dead(path):
                    shutil.rmtree(path)
                    swept.append(path.name)
        except OSError as error:
            raise _unusable(self.root, error) from error
        return tuple(swept)

    def retire(self, keep: int, *, sparing: frozenset[str] = frozenset()) -> RotationResult:
        """Remove the oldest backups.

        What can't be read as a backup is left alone: it may be somebody's. So is one that holds
        the last good copy of a database: what is empty or gone now is in no newer one.

        Args:
            keep: How many stay.
            sparing: Ids that stay whatever their age.

        Raises:
            FileError: One can't be removed.
        """
        whole = [backup for backup in self.list() if backup.manifest is not None]
        own = [backup for backup in whole if backup.folder.parent == self.root]
        others = [backup for backup in whole if backup.folder.parent != self.root]
        old = [*own[keep:], *others[max(0, keep - len(own)) :]]
        # Others may write in the former place: what is there stands for nothing that is here.
        kept: dict[str, list[str]] = {}
        copies = {**_last_copies(others), **_last_copies(own)}
        for (_, source, database), backup_id in copies.items():
            kept.setdefault(backup_id, []).append(f"{source}/{database}" if database else source)
        gone = [
            item
            for item in old
            if item.id not in sparing and item.id not in kept and self._may_remove(item)
        ]
        for backup in gone:
            grave = backup.folder.with_name(f".{backup.id}{_PARTIAL}")
            try:
                # Renamed first: a removal that is cut short leaves no backup with a hole.
                backup.folder.rename(grave)
                shutil.rmtree(grave)
            except OSError as error:
                raise _unusable(backup.folder, error) from error
        too_many = {item.id for item in old}
        return RotationResult(
            tuple(backup.id for backup in gone),
            {backup_id: titles for backup_id, titles in kept.items() if backup_id in too_many},
        )

    def _may_remove(self, backup: Backup) -> bool:
        """In the former place a link may lead to backups of another project."""
        if backup.folder.parent == self.root or self._former is None:
            return True
        project = self._former.parents[1]
        expected = Path(os.path.realpath(project)) / self._former.relative_to(project)
        return os.path.realpath(self._former) == str(expected)


def _last_copies(backups: Sequence[Backup]) -> Mapping[Key, str]:
    well = [(item.id, item.manifest) for item in backups if item.manifest and not item.trouble]
    return last_copies(well)


def _read(folder: Path) -> Backup:
    try:
        manifest = read_manifest(folder)
    except FileError as error:
        return Backup(folder.name, folder, None, trouble=str(error))
    verdict = read_verdict(folder)
    trouble = "; ".join(verdict.problems[:3]) if verdict else ""
    return Backup(folder.name, folder, manifest, verdict, trouble)


def _unread(folder: Path) -> Backup:
    trouble = "It was not read: the newer backups have more to read than can be of any use."
    return Backup(folder.name, folder, None, trouble=trouble)


def _manifest_size(folder: Path) -> int:
    """How much is read of it: nothing of one that is too long for a manifest."""
    try:
        size = (folder / MANIFEST).lstat().st_size
    except OSError:
        return 0
    return size if size <= MOST_BYTES else 0


class HalfMade:
    """A backup that is being made. It is locked as long as its maker lives.

    Leaving the context without `finish` removes it.
    """

    def __init__(self, backup_id: str, folder: Path) -> None:
        self.id = backup_id
        self.folder = folder
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._descriptor)

    def place(self, path: str) -> Path:
        """Where an item goes; the folders above it are made."""
        target = self.folder / path
        missing = [folder for folder in target.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=PRIVATE_FOLDER)
        return target

    def finish(self, manifest: Manifest) -> Path:
        """Write the manifest, and give the backup its name; it is complete then.

        Raises:
            OSError: It can't be written.
        """
        sync_folders(self.folder)
        target = self.folder / MANIFEST
        with target.open("xb") as file:
            os.fchmod(file.fileno(), PRIVATE_FILE)
            file.write(as_bytes(manifest))
            file.flush()
            os.fsync(file.fileno())
        os.fsync(self._descriptor)
        final = self.folder.with_name(self.id)
        self.folder.rename(final)
        sync_folder(final.parent)
        return final


def sync_folders(folder: Path) -> None:
    """Make the names of all files below a folder durable."""
    for place, _, _ in os.walk(folder):
        sync_folder(Path(place))


def read_verdict(folder: Path) -> VerificationResult | None:
    """What was found last; None where nothing was, or that was of another manifest."""
    try:
        node = Node(load_object(read_regular(folder / VERDICT, MOST_VERDICT_BYTES, follow=False)))
        if node["manifest"].raw != _manifest_hash(folder):
            return None
        time = datetime.fromisoformat(node["time"].raw).astimezone(UTC)
    except (OSError, ValueError, OverflowError):
        return None
    problems: tuple[str, ...] = tuple(item.text for item in node["problems"])
    if node["ok"].value is not True and not problems:
        problems = ("the record of its verification is damaged",)
    return VerificationResult(time, problems)


def write_verdict(folder: Path, verdict: VerificationResult) -> None:
    """Record what was found.

    Raises:
        FileError: It can't be written.
    """
    content = {
        "version": 1,
        "time": verdict.time.isoformat(),
        "ok": verdict.well,
        "problems": list(verdict.problems),
        "manifest": _manifest_hash(folder),
    }
    replace_file(folder / VERDICT, f"{json.dumps(content, indent=2)}\n".encode())


def _manifest_hash(folder: Path) -> str:
    return hashlib.sha256(read_regular(folder / MANIFEST, MOST_BYTES, follow=False)).hexdigest()


def _is_backup(entry: os.DirEntry[str]) -> bool:
    named = is_backup_id(entry.name) and entry.is_dir(follow_symlinks=False)
    return named and os.path.lexists(Path(entry.path) / MANIFEST)


def _order(name: str) -> tuple[str, int]:
    stem, number = name[:15], name[16:]
    return stem, int(number or 1)


def _dead(partial: Path) -> bool:
    """Whether nobody makes this backup any more: the kernel forgot its lock."""
    descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _unusable(path: Path, error: OSError) -> FileError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return FileError(
        f"The folder of the backups can't be used: {error.strerror or error}.",
        on=str(path),
        remedy="Make room on the disk." if full else "Check its owner and mode.",
    )
