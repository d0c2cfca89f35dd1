"""Replaces files of a restore; each old file is kept under another name beside the new one.

If it dies, each file is either the old or the new one: the new content is complete beside its
target before the old one is renamed, and one rename puts it in place.
"""

import hashlib
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

from pixel_tui.backups.aside import SIDE_FILES, temporary_name
from pixel_tui.backups.broken_off import making_line, replacing_line
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind
from pixel_tui.backups.ownership import Owners
from pixel_tui.backups.restorable import RestoreRoots, mode_of
from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.backups.verify import item_file
from pixel_tui.errors import FileError
from pixel_tui.files import PRIVATE_FILE, open_regular, sync_folder
from pixel_tui.reserve import with_reserve

CHUNK: Final = 1024 * 1024
CHANGED: Final = "Its content has changed since it was checked."


class FileSwap:
    """Replaces the files of one restore.

    Args:
        folder: The backup's folder.
        roots: Where files may be written.
        mark: A replaced file is kept as `NAME.MARK`, together with its SQLite side files.
        say: Prints a line for each thing that is done.
        owners: Sets the owners of files.
        secrets: Keeps copies of environment files private.
        state_folder: The folder with this user's state, and so with the reserve.
    """

    def __init__(
        self,
        folder: Path,
        roots: RestoreRoots,
        mark: str,
        say: Say,
        owners: Owners,
        secrets: SecretCopies,
        state_folder: Path,
    ) -> None:
        self._folder = folder
        self._roots = roots
        self._suffix = mark
        self._say = say
        self._owners = owners
        self._secrets = secrets
        self._state_folder = state_folder
        self.kept_files: list[str] = []
        """The kept files, relative to the project's folder."""

    @property
    def kept_text(self) -> str:
        """The kept files and their folder, as a sentence."""
        if not self.kept_files:
            return "No file was replaced."
        words = f"Old files kept in {self._roots.project}: {', '.join(self.kept_files)}."
        return f"{words} {self._secrets.words}".rstrip()

    def announce(self, target: Path) -> None:
        """Announce the replacement of a file, so that it can be checked if this dies."""
        if os.path.lexists(target):
            self._say(
                replacing_line(
                    self._roots.shown(target), self._roots.shown(self._kept_path(target))
                )
            )
        else:
            self._say(making_line(self._roots.shown(target)))

    def write_copy(self, item: Item, target: Path) -> Path:
        """Write the new content beside its target."""
        source = item_file(self._folder, item)
        self._make_folders(target.parent)
        # On a full disk, the reserve has room for a small file such as `.env`.
        place = self._state_folder / "restored"
        return with_reserve(place, lambda: self._copy_checked(source, target, item))

    def swap(self, item: Item, new_file: Path, target: Path) -> None:
        """Move the new content into place, and keep the old file."""
        side = []
        if item.kind is ItemKind.SQLITE:
            side = [path for path in side_files(target) if os.path.lexists(path)]
        self._keep_old(target, side)
        new_file.rename(target)
        # Not before: until then it may be the same file under a second name.
        kept = self._kept_path(target)
        self._secrets.keep(target, kept, self._roots.shown(kept))
        sync_folder(target.parent)
        self._say(f"{item.kind.value:<10} {item.source}  restored")

    def _copy_checked(self, source: Path, target: Path, item: Item) -> Path:
        """Write the new content beside its target, with the owner and mode of the current file.

        It is hashed again while it is copied, because whoever can write to the backups' folder may
        have changed it since the check.
        """
        new_file = target.with_name(temporary_name(target.name))
        new_file.unlink(missing_ok=True)  # of a restore that died
        try:
            descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as new, open_regular(source, follow=False) as old:
                copy_checked(old, new, item.sha256)
                owner_source, mode = _owner_and_mode(target, item)
                os.fchmod(new.fileno(), mode)
                self._owners.set_owner(new_file, owner_source.st_uid, owner_source.st_gid)
                if stat.S_IMODE(os.fstat(new.fileno()).st_mode) != mode:
                    with suppress(PermissionError):  # another user's file: as good as possible
                        os.fchmod(new.fileno(), mode)
                os.fsync(new.fileno())
        except BaseException:
            new_file.unlink(missing_ok=True)
            raise
        return new_file

    def _make_folders(self, folder: Path) -> None:
        """Create missing folders with the mode of their parent: a container must enter them."""
        if folder.is_dir():
            return
        self._make_folders(folder.parent)
        above = folder.parent.stat()
        folder.mkdir()
        folder.chmod(stat.S_IMODE(above.st_mode))
        self._owners.set_owner(folder, above.st_uid, above.st_gid)

    def _keep_old(self, target: Path, side: Sequence[Path]) -> None:
        """Rename a file, and its SQLite side files, to the names under which they are kept.

        A single file stays at its place, too, until another is renamed over it. A database leaves
        its place before its side files do: a missing one is not mistaken for another, but one
        without its `-wal`, or with another's, is corrupt. Its side files have their second names by
        then, if possible, so that the kept database is not corrupt either if this dies.
        """
        names = {path: self._kept_path(target, path) for path in side}
        if os.path.lexists(target):
            names = {target: self._kept_path(target), **names}
        for path, kept in names.items():
            if os.path.lexists(kept):
                raise FileError("An old file is already kept there.", on=str(kept))
            self._say(f"aside      {self._roots.shown(path)} -> {self._roots.shown(kept)}")
        linked = {path for path in side or names if _add_link(path, names[path])}
        for path, kept in names.items():
            if path not in linked:
                path.rename(kept)
            elif path != target:
                path.unlink()
            self.kept_files.append(self._roots.shown(kept))

    def _kept_path(self, target: Path, side: Path | None = None) -> Path:
        """Return the name under which a file, or a SQLite side file of it, is kept.

        `app.db-wal` becomes `app.db.MARK-wal`, where SQLite looks for it when `app.db.MARK` is
        opened; the last commits may be only there.
        """
        suffix = side.name.removeprefix(target.name) if side is not None else ""
        return target.with_name(f"{target.name}.{self._suffix}{suffix}")


def side_files(database: Path) -> list[Path]:
    """Return the paths of a database's SQLite side files, existing or not."""
    return [database.with_name(f"{database.name}{suffix}") for suffix in SIDE_FILES]


def copy_checked(old: BinaryIO, new: IO[bytes], sha256: str) -> None:
    """Copy a file while comparing its hash.

    Raises:
        FileError: It is not the file that was checked.
    """
    digest = hashlib.sha256()
    while chunk := old.read(CHUNK):
        digest.update(chunk)
        new.write(chunk)
    if digest.hexdigest() != sha256:
        raise FileError(CHANGED)
    new.flush()


def _owner_and_mode(target: Path, item: Item) -> tuple[os.stat_result, int]:
    """Return owner and mode of the current file, else the folder's owner and the recorded mode."""
    if target.is_file():
        old = target.stat()
        return old, stat.S_IMODE(old.st_mode)
    return target.parent.stat(), mode_of(item)


def _add_link(path: Path, second: Path) -> bool:
    """Hard-link a file; returns whether the file system and the kernel allow it."""
    try:
        second.hardlink_to(path)
    except OSError:
        return False
    return True
