"""Putting a backup back. What is there now is put aside and never overwritten.

Whenever it dies, each file is the old one or the new one: what it becomes is said before it is
done, the new content is whole beside its place before the old one leaves it, and one rename
puts it there.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from pixel_tui.backups.aside import fresh_name
from pixel_tui.backups.copies import hash_file
from pixel_tui.backups.deployment import RanImage
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, Kind, Manifest, relative_path
from pixel_tui.backups.postgres import Postgres, database_of
from pixel_tui.backups.stack_view import ASK_SECONDS, StackView
from pixel_tui.backups.verify import check_item, item_file
from pixel_tui.backups.volumes import volume_source
from pixel_tui.errors import ConsoleError, FileError, OperationError
from pixel_tui.files import PRIVATE_FILE, sync_folder

READY_SECONDS: Final = 60.0
SIDE_FILES: Final = ("-wal", "-shm", "-journal")


def wanted_for_deployment(item: Item) -> bool:
    """Whether an item says how the project runs: a compose file, or an environment file."""
    name = item.source.rpartition("/")[2]
    environment = name.startswith(".env") or name.endswith(".env")
    return item.kind is Kind.FILE and (item.details.get("compose") is True or environment)


def wanted_for_restore(item: Item) -> bool:
    """Whether an item is data or a file, and no record of how it ran."""
    return item.kind is not Kind.DEPLOYMENT


class Restorer:
    """Puts items of one backup back.

    Args:
        folder: The backup's.
        project: The project's folder.
        servers: Postgres servers that run, by service.
        mark: What is put aside is called `NAME.MARK`.
        say: Told a line for each thing that is done.
        volumes: The folders of volumes, by name.
    """

    def __init__(
        self,
        folder: Path,
        project: Path,
        servers: Mapping[str, Postgres],
        *,
        mark: str,
        say: Say,
        volumes: Mapping[str, Path] | None = None,
    ) -> None:
        self._folder = folder
        self._project = project
        self._servers = servers
        self._mark = mark
        self._say = say
        self._volumes = volumes or {}
        self.aside: list[str] = []
        """What was put aside, relative to the project's folder."""

    def restore(self, manifest: Manifest, wanted: Callable[[Item], bool]) -> None:
        """Put the wanted items back, once all of them have been found whole.

        Raises:
            OperationError: The backup is damaged (nothing was changed), or an item could not be
                put back; it says what was put aside.
            FileError: The same, of a file.
        """
        items = [item for item in manifest.items if wanted(item)]
        items.sort(key=lambda item: item.kind is not Kind.ROLES)  # databases belong to them
        for item in items:
            self._require_whole(item)
        self._say(f"all {len(items)} are whole; what they replace is kept as NAME.{self._mark}")
        for item in items:
            try:
                if item.server:
                    self._restore_server(item)
                else:
                    self._put_back(item)
            except (OSError, ConsoleError, sqlite3.Error) as error:
                reason = (error.strerror or error) if isinstance(error, OSError) else error
                raise OperationError(
                    f"{item.title} could not be put back: {reason}. {self.aside_words}"
                ) from error
        self._say(self.aside_words)

    @property
    def aside_words(self) -> str:
        """What was put aside and where, as a sentence."""
        if not self.aside:
            return "Nothing had to be put aside."
        return f"Put aside in {self._project}: {', '.join(self.aside)}."

    def _require_whole(self, item: Item) -> None:
        trouble, _ = check_item(self._folder, item, self._servers)
        if not trouble and item.server:
            trouble = self._why_not_ready(item.source)
        if not trouble and item.volume and item.volume not in self._volumes:
            trouble = "its volume can't be opened on this machine (is the stack up?)"
        if trouble:
            raise OperationError(
                f"Nothing was restored, since {item.title} can't be: {trouble}.",
                on=self._folder.name,
            )

    def _restore_server(self, item: Item) -> None:
        """Put a database, or those roles that are gone, back into its server."""
        server, file = self._servers[item.server], item_file(self._folder, item)
        if item.kind is Kind.ROLES:
            made = server.restore_roles(file)
            self._say(f"{item.kind.value:<10} {item.title}  {made} made again")
            return
        server.restore(file, database_of(item))
        self._say(f"{item.kind.value:<10} {item.title}  restored")

    def _why_not_ready(self, service: str) -> str:
        server = self._servers.get(service)
        if server is None:
            return "its Postgres server does not run (start it first)"
        deadline = time.monotonic() + READY_SECONDS
        while not server.ready():
            if time.monotonic() >= deadline:
                return f"its Postgres server takes no connection within {READY_SECONDS:.0f} s"
            time.sleep(0.5)
        return ""

    def _put_back(self, item: Item) -> None:
        target = self._target(item)
        source = item_file(self._folder, item)
        same = item.kind is Kind.FILE and target.is_file() and hash_file(target) == item.sha256
        if same:
            self._say(f"{item.kind.value:<10} {item.source}  is the same already")
            return
        _make_folders(target.parent)
        fresh = self._copy_beside(source, target, item)
        try:
            beside: list[Path] = []
            if item.kind is Kind.SQLITE:
                _require_unused(target)
                names = [target.with_name(f"{target.name}{suffix}") for suffix in SIDE_FILES]
                beside = [path for path in names if os.path.lexists(path)]
            # The database first: one that is not there is taken for no other's, but one that
            # lost its `-wal`, or met another's, is torn.
            for path in (target, *beside):
                self._put_aside(path, replaced=not beside)
            fresh.rename(target)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)
        self._say(f"{item.kind.value:<10} {item.source}  restored")

    def _target(self, item: Item) -> Path:
        """Where an item goes: a link is followed as long as it stays in the project."""
        if item.volume:
            return self._in_volume(item)
        target = self._project / relative_path(item.source)
        real = target.resolve()
        # A data folder may be on another disk; a single file that leads away is a trap.
        if target.is_symlink() and not real.is_relative_to(self._project.resolve()):
            raise FileError("A link leads out of the project's folder.", on=str(target))
        return real

    def _in_volume(self, item: Item) -> Path:
        """Where a database of a volume goes. Whoever fills the volume may have put links there."""
        place = self._volumes[item.volume].resolve()
        relative = item.source.removeprefix(volume_source(item.volume, ""))
        target = place / relative_path(relative)
        if target.resolve() != target:
            raise FileError("A link leads to another place than in the backup.", on=str(target))
        return target

    def _copy_beside(self, source: Path, target: Path, item: Item) -> Path:
        fresh = target.with_name(fresh_name(target.name))
        fresh.unlink(missing_ok=True)  # of a restore that died
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as new, source.open("rb") as old:
                shutil.copyfileobj(old, new, 1024 * 1024)
                new.flush()
                _copy_rights(target, new.fileno(), item)
                os.fsync(new.fileno())
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        return fresh

    def _put_aside(self, path: Path, *, replaced: bool) -> None:
        """Give a file the name under which it is kept.

        Args:
            path: The file; nothing happens where it is not there.
            replaced: It keeps its place as well, until another is renamed over it.
        """
        if not os.path.lexists(path):
            return
        aside = path.with_name(f"{path.name}.{self._mark}")
        if os.path.lexists(aside):
            raise FileError("Something is put aside there already.", on=str(aside))
        shown = self._shown(aside)
        self._say(f"aside      {self._shown(path)} -> {shown}")
        if not (replaced and _linked(path, aside)):
            path.rename(aside)
        self.aside.append(shown)

    def _shown(self, path: Path) -> str:
        try:
            return str(path.relative_to(self._project.resolve()))
        except ValueError:
            return str(path)


def _linked(path: Path, second: Path) -> bool:
    """Give a file a second name, where its file system and the kernel allow that."""
    try:
        second.hardlink_to(path)
    except OSError:
        return False
    return True


def retag(view: StackView, images: list[RanImage], say: Say) -> None:
    """Give the images that ran then the names that compose calls them by.

    Raises:
        OperationError: The engine refuses it.
    """
    for ran in images:
        if not view.inspect("image", [ran.image_id]):
            say(
                f"image      {ran.service}  {ran.image_id[:19]} is not here any more: left as it is"
            )
            continue
        if ran.image.startswith("sha256:") or "@" in ran.image:
            say(f"image      {ran.service}  {ran.image[:60]} names its content itself")
            continue
        said = view.programs.run(
            view.command.docker_argv("tag", names=[ran.image_id, ran.image]), patience=ASK_SECONDS
        )
        if said.code:
            raise OperationError(f"{ran.image} can't be tagged: {said.reason}")
        say(f"image      {ran.service}  {ran.image} is {ran.image_id[:19]}")


def _require_unused(database: Path) -> None:
    """Raise `OperationError` where somebody has the database open and locked."""
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=0.5, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise OperationError(
                "Somebody still writes to the database.",
                on=str(database),
                remedy="Stop what uses it.",
            ) from error
    except sqlite3.DatabaseError:
        return  # it is damaged: that is why it is replaced


def _make_folders(folder: Path) -> None:
    """Make what is missing of a folder as open as the one above: a container has to enter it."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    above = folder.parent.stat()
    folder.mkdir()
    with suppress(PermissionError):
        os.chown(folder, above.st_uid, above.st_gid)
    folder.chmod(above.st_mode & 0o7777)


def _copy_rights(target: Path, descriptor: int, item: Item) -> None:
    """Owner and mode of what is there, else the recorded mode and the folder's owner."""
    try:
        old = target.stat()
        mode = old.st_mode & 0o7777
    except OSError:
        old = target.parent.stat()
        recorded = item.details.get("mode")
        mode = (
            int(recorded, 8) & 0o777 if isinstance(recorded, str) and recorded.isdigit() else 0o600
        )
    with suppress(PermissionError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, mode)
