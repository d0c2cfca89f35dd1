"""Putting a file in the place of another, which is kept under a name beside it.

Whenever this dies, each file is the old one or the new one: the new content is complete beside its
place before the old one leaves it, and one rename puts it there.
"""

import hashlib
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

from pixel_tui.backups.aside import SIDE_FILES, fresh_name
from pixel_tui.backups.broken_off import making, replacing
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
    """Swaps the files of one restore.

    Args:
        folder: The backup's.
        grounds: Where files may be put.
        mark: What is replaced is kept as `NAME.MARK`, and what SQLite has beside it with it.
        say: Told a line for each thing that is done.
        owners: What gives files to their owners.
        secrets: What keeps copies of environment files private.
        state_folder: Where this user's state, and with it the reserve, is kept.
    """

    def __init__(
        self,
        folder: Path,
        grounds: RestoreRoots,
        mark: str,
        say: Say,
        owners: Owners,
        secrets: SecretCopies,
        state_folder: Path,
    ) -> None:
        self._folder = folder
        self._grounds = grounds
        self._mark = mark
        self._say = say
        self._owners = owners
        self._secrets = secrets
        self._state_folder = state_folder
        self.aside: list[str] = []
        """What was put aside, relative to the project's folder."""

    @property
    def aside_words(self) -> str:
        """What was put aside and where, as a sentence."""
        if not self.aside:
            return "Nothing had to be put aside."
        words = f"Put aside in {self._grounds.project}: {', '.join(self.aside)}."
        return f"{words} {self._secrets.words}".rstrip()

    def announce(self, target: Path) -> None:
        """Name a file that is replaced: should this die, its place tells whether it was."""
        if os.path.lexists(target):
            self._say(
                replacing(self._grounds.shown(target), self._grounds.shown(self._kept_as(target)))
            )
        else:
            self._say(making(self._grounds.shown(target)))

    def copied(self, item: Item, target: Path) -> Path:
        """The new content beside its place."""
        source = item_file(self._folder, item)
        self._make_folders(target.parent)
        # On a full disk a small file, such as `.env`, finds room in what is kept for that.
        place = self._state_folder / "restored"
        return with_reserve(place, lambda: self._copy_beside(source, target, item))

    def swap(self, item: Item, fresh: Path, target: Path) -> None:
        """Put the new content in its place, and what was there aside."""
        beside = []
        if item.kind is ItemKind.SQLITE:
            beside = [path for path in side_files(target) if os.path.lexists(path)]
        self._put_aside(target, beside)
        fresh.rename(target)
        # Not before: until then it may be the file itself under a second name.
        kept = self._kept_as(target)
        self._secrets.keep(target, kept, self._grounds.shown(kept))
        sync_folder(target.parent)
        self._say(f"{item.kind.value:<10} {item.source}  restored")

    def _copy_beside(self, source: Path, target: Path, item: Item) -> Path:
        """The new content beside its place, with owner and mode of what is there now.

        It is compared again while it is copied: whoever may write to the folder of the backups
        may have changed it since it was checked.
        """
        fresh = target.with_name(fresh_name(target.name))
        fresh.unlink(missing_ok=True)  # of a restore that died
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as new, open_regular(source, follow=False) as old:
                copy_checked(old, new, item.sha256)
                like, mode = _rights(target, item)
                os.fchmod(new.fileno(), mode)
                self._owners.give(fresh, like.st_uid, like.st_gid)
                if stat.S_IMODE(os.fstat(new.fileno()).st_mode) != mode:
                    with suppress(PermissionError):  # another owner's: as good as it gets
                        os.fchmod(new.fileno(), mode)
                os.fsync(new.fileno())
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        return fresh

    def _make_folders(self, folder: Path) -> None:
        """Make what is missing as open as the folder above: a container has to enter it."""
        if folder.is_dir():
            return
        self._make_folders(folder.parent)
        above = folder.parent.stat()
        folder.mkdir()
        folder.chmod(stat.S_IMODE(above.st_mode))
        self._owners.give(folder, above.st_uid, above.st_gid)

    def _put_aside(self, target: Path, beside: Sequence[Path]) -> None:
        """Give a file, and what SQLite keeps beside it, the names under which they are kept.

        A file alone keeps its place as well, until another is renamed over it. A database leaves
        its place before what is beside it: one that is not there is taken for no other's, but one
        that lost its `-wal`, or met another's, is torn. What is beside it has its second name by
        then, where it can have one, so that what is kept is not torn either, should this die.
        """
        names = {path: self._kept_as(target, path) for path in beside}
        if os.path.lexists(target):
            names = {target: self._kept_as(target), **names}
        for path, kept in names.items():
            if os.path.lexists(kept):
                raise FileError("Something is put aside there already.", on=str(kept))
            self._say(f"aside      {self._grounds.shown(path)} -> {self._grounds.shown(kept)}")
        doubled = {path for path in beside or names if _linked(path, names[path])}
        for path, kept in names.items():
            if path not in doubled:
                path.rename(kept)
            elif path != target:
                path.unlink()
            self.aside.append(self._grounds.shown(kept))

    def _kept_as(self, target: Path, beside: Path | None = None) -> Path:
        """Where a file is kept, or a file that SQLite keeps beside it.

        `app.db-wal` becomes `app.db.MARK-wal`: SQLite looks there for it when `app.db.MARK` is
        opened, and its last commits may be in it alone.
        """
        suffix = beside.name.removeprefix(target.name) if beside is not None else ""
        return target.with_name(f"{target.name}.{self._mark}{suffix}")


def side_files(database: Path) -> list[Path]:
    """What SQLite keeps beside a database, there or not."""
    return [database.with_name(f"{database.name}{suffix}") for suffix in SIDE_FILES]


def copy_checked(old: BinaryIO, new: IO[bytes], sha256: str) -> None:
    """Copy a file, and compare it once more.

    Raises:
        FileError: It is not the one that was checked.
    """
    digest = hashlib.sha256()
    while chunk := old.read(CHUNK):
        digest.update(chunk)
        new.write(chunk)
    if digest.hexdigest() != sha256:
        raise FileError(CHANGED)
    new.flush()


def _rights(target: Path, item: Item) -> tuple[os.stat_result, int]:
    """Owner and mode of what is there, else the folder's owner and the recorded mode."""
    if target.is_file():
        old = target.stat()
        return old, stat.S_IMODE(old.st_mode)
    return target.parent.stat(), mode_of(item)


def _linked(path: Path, second: Path) -> bool:
    """Give a file a second name, where its file system and the kernel allow that."""
    try:
        second.hardlink_to(path)
    except OSError:
        return False
    return True
