"""Putting a backup back. What is there now is put aside and never overwritten.

Whenever it dies, each file is the old one or the new one: what it becomes is said before it is
done, the new content is whole beside its place before the old one leaves it, and one rename
puts it there.
"""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

from pixel_tui.backups.aside import fresh_name
from pixel_tui.backups.broken_off import NOTHING_YET, making, putting_back, replacing
from pixel_tui.backups.deployment import RanImage
from pixel_tui.backups.differences import is_same
from pixel_tui.backups.holders import Holder
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, Kind, Manifest
from pixel_tui.backups.open_files import open_files
from pixel_tui.backups.ownership import Owners, opening_words
from pixel_tui.backups.postgres import MOST_ROLE_BYTES, Postgres, database_of
from pixel_tui.backups.restorable import (
    SIDE_FILES,
    Grounds,
    is_beside_database,
    mode_of,
    require_content,
    target_of,
)
from pixel_tui.backups.room import require_room
from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.backups.server_room import require_server_room
from pixel_tui.backups.stack_view import ASK_SECONDS, StackView
from pixel_tui.backups.verify import check_item, item_file
from pixel_tui.errors import ConsoleError, FileError, OperationError
from pixel_tui.files import PRIVATE_FILE, open_regular, read_regular, sync_folder
from pixel_tui.humanize import span
from pixel_tui.reserve import with_reserve
from pixel_tui.settings import state_folder

CHUNK: Final = 1024 * 1024
READY_SECONDS: Final = 60.0


def wanted_for_restore(item: Item) -> bool:
    """Whether an item is data or a file, and no record of how it ran."""
    return item.kind is not Kind.DEPLOYMENT


class Restorer:
    """Puts items of one backup back.

    Args:
        folder: The backup's.
        grounds: Where files may be put.
        servers: Postgres servers that run, by service.
        mark: What is put aside is called `NAME.MARK`.
        say: Told a line for each thing that is done.
        running: Asks the engine which containers run and what they mount; None if it does not
            matter who uses what is restored.
        owners: What gives files to their owners.
        secrets: What keeps copies of environment files private.
    """

    def __init__(
        self,
        folder: Path,
        grounds: Grounds,
        servers: Mapping[str, Postgres],
        *,
        mark: str,
        say: Say,
        running: Callable[[], Sequence[Holder]] | None = None,
        owners: Owners | None = None,
        secrets: SecretCopies | None = None,
    ) -> None:
        self._folder = folder
        self._grounds = grounds
        self._servers = servers
        self._mark = mark
        self._say = say
        self._running = running
        self._owners = owners or Owners()
        self._secrets = secrets or SecretCopies()
        self._unknown = set[str]()
        backups = grounds.backups
        self._copies = backups if backups and os.access(backups, os.W_OK) else None
        self._untouched = "Nothing was restored"
        self.aside: list[str] = []
        """What was put aside, relative to the project's folder."""

    def check(
        self,
        manifest: Manifest,
        wanted: Callable[[Item], bool],
        *,
        beside: Sequence[tuple[Path, int]] = (),
        stopping: Iterable[str] = (),
    ) -> None:
        """Look at all that can be looked at while services use what would be replaced.

        Nothing is changed.

        Args:
            manifest: The backup's.
            wanted: Whether an item is to be put back.
            beside: Places, and the bytes that something else needs there before.
            stopping: Ids of the containers that are stopped before it is restored.

        Raises:
            OperationError: One item can't be put back, there is no room, or a process that is in
                none of these containers has a file open.
        """
        self._untouched = "Nothing was stopped or restored"
        items = self._chosen(manifest, wanted)
        targets, changed = self._checked(items, beside=beside)
        with self._nothing_yet("the backup can't be"):
            require_server_room(items, self._servers, self._say)
        self._require_closed(changed, targets, stopping)
        self._say(f"all {len(items)} are whole, and there is a place for each")

    def restore(self, manifest: Manifest, wanted: Callable[[Item], bool]) -> None:
        """Put the wanted items back, once all of them have been looked at.

        Raises:
            OperationError: One can't be put back (nothing was changed), or could not be; it says
                what was put aside.
        """
        items = self._chosen(manifest, wanted)
        targets, changed = self._checked(items)
        self._require_unused(changed, targets)
        for item in changed:
            self._announce(targets[item.path])
        self._say(f"all {len(items)} are whole; {NOTHING_YET}")
        fresh: list[tuple[Item, Path]] = []
        try:
            for item in changed:
                with self._telling_how_far(item):
                    fresh.append((item, self._copied(item, targets[item.path])))
            # Again: the copies took their time.
            self._require_unused(changed, targets)
            for item, copy in fresh:
                with self._telling_how_far(item):
                    self._swap(item, copy, targets[item.path])
        finally:
            for _, copy in fresh:
                copy.unlink(missing_ok=True)
        for item in items:
            if item.server:
                with self._telling_how_far(item):
                    self._restore_server(item)
            elif item not in changed:
                self._say(f"{item.kind.value:<10} {item.source}  is the same already")
        self._say(self.aside_words)

    def _announce(self, target: Path) -> None:
        """Name a file that is replaced: should this die, its place tells whether it was."""
        if os.path.lexists(target):
            self._say(replacing(self._shown(target), self._shown(self._kept_as(target))))
        else:
            self._say(making(self._shown(target)))

    def _kept_as(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.{self._mark}")

    @contextmanager
    def _telling_how_far(self, item: Item) -> Iterator[None]:
        """Say of whatever fails what has been put aside until then."""
        try:
            yield
        except (OSError, ValueError, ConsoleError) as error:
            raise OperationError(
                f"{item.title} could not be put back: {_reason(error)}. {self.aside_words}",
                remedy=str(error.remedy) if isinstance(error, ConsoleError) else "",
            ) from error

    def _chosen(self, manifest: Manifest, wanted: Callable[[Item], bool]) -> list[Item]:
        """What is put back, in that order."""
        items = [item for item in manifest.items if wanted(item)]
        if not manifest.items:
            raise OperationError("Nothing was restored, since the backup holds nothing.")
        items.sort(key=lambda item: item.kind is not Kind.ROLES)  # databases belong to them
        for item in [item for item in items if is_beside_database(item, items)]:
            self._say(f"{item.kind.value:<10} {item.source}  left alone: its database has it all")
            items.remove(item)
        return items

    @property
    def aside_words(self) -> str:
        """What was put aside and where, as a sentence."""
        if not self.aside:
            return "Nothing had to be put aside."
        words = f"Put aside in {self._grounds.project}: {', '.join(self.aside)}."
        return f"{words} {self._secrets.words}".rstrip()

    def _require_apart(self, targets: Mapping[str, Path]) -> None:
        """No item may go to the place of a folder that another one goes into."""
        places = set(targets.values())
        for place in places:
            for above in place.parents:
                if above in places:
                    with self._nothing_yet("the backup can't be"):
                        raise FileError("One item would be below another.", on=str(place))

    def _checked(
        self, items: Sequence[Item], *, beside: Sequence[tuple[Path, int]] = ()
    ) -> tuple[Mapping[str, Path], Sequence[Item]]:
        """Look at everything that could fail.

        Returns:
            Where items go, by their paths; and those that are no longer what they were.
        """
        targets: dict[str, Path] = {}
        for item in items:
            with self._nothing_yet(f"{item.title} can't be"):
                self._require_whole(item)
                if not item.server:
                    target = target_of(item, self._grounds)
                    if target in targets.values():
                        raise FileError("Two items go to one place.", on=str(target))
                    targets[item.path] = target
        self._require_apart(targets)
        files = [item for item in items if item.path in targets]
        with self._nothing_yet("the backup can't be"):
            changed = [item for item in files if not is_same(item, targets[item.path])]
            copied = max((item.size for item in items if item.kind is Kind.POSTGRES), default=0)
            if self._copies is not None and copied:
                beside = [*beside, (self._copies / "dump", copied)]
            require_room([*beside, *((targets[item.path], item.size) for item in changed)])
        for item in changed:
            with self._nothing_yet(f"{item.title} can't be"):
                self._require_ownable(targets[item.path])
        return targets, changed

    def _require_unused(self, files: Sequence[Item], targets: Mapping[str, Path]) -> None:
        """Raise `OperationError` if one of these may be written to by what runs now."""
        if self._running is None or not files:
            return
        with self._nothing_yet("what uses it is unknown"):
            holders = self._running()
        for item in files:
            place = str(targets[item.path])
            users = [holder.name for holder in holders if holder.holds(place, item.volume)]
            with self._nothing_yet(f"{item.title} can't be"):
                if users:
                    raise OperationError(
                        f"{', '.join(users[:3])} runs and mounts it",
                        remedy=f"Stop it first: docker stop {' '.join(users[:3])}",
                    )
        self._require_closed(files, targets)

    def _require_closed(
        self, files: Sequence[Item], targets: Mapping[str, Path], stopping: Iterable[str] = ()
    ) -> None:
        """Raise `OperationError` if a process has one of these open. All are looked for at once."""
        parts: dict[Path, Item] = {}
        for item in files:
            target = targets[item.path]
            beside = _side_files(target) if item.kind is Kind.SQLITE else []
            parts |= dict.fromkeys([*beside, target], item)
        with self._nothing_yet("which processes use it is unknown"):
            found = open_files(parts, stopping=stopping)
        for words in found.unknown:
            if words not in self._unknown:
                self._unknown.add(words)
                self._say(f"unknown    {words}")
        for path, users in found.holders.items():
            for words in users:
                self._say(f"open       {self._shown(path)}  {words}")
        for path, users in found.holders.items():
            with self._nothing_yet(f"{parts[path].title} can't be"):
                raise OperationError(
                    f"{', '.join(users[:3])} has it open", remedy="Stop that first"
                )

    @contextmanager
    def _nothing_yet(self, why: str) -> Iterator[None]:
        """Say of whatever fails that nothing has been touched."""
        try:
            yield
        except (OSError, ValueError, ConsoleError) as error:
            remedies = [str(error.remedy)] if isinstance(error, ConsoleError) else []
            if self._running is not None:
                remedies.append("What was stopped for it is still stopped: start it again.")
            raise OperationError(
                f"{self._untouched}, since {why}: {_reason(error)}.",
                on=self._folder.name,
                remedy=" ".join(f"{words.removesuffix('.')}." for words in remedies if words),
            ) from error

    def _require_whole(self, item: Item) -> None:
        trouble, _ = check_item(self._folder, item, self._servers)
        if not trouble and item.server:
            trouble = self._why_not_ready(item.source)
        if not trouble and item.volume and item.volume not in (self._grounds.volumes or {}):
            trouble = "its volume can't be opened on this machine (is the stack up?)"
        if trouble:
            raise OperationError(trouble)
        require_content(item, item_file(self._folder, item))

    def _restore_server(self, item: Item) -> None:
        """Put a database, or those roles that are gone, back into its server."""
        server, file = self._servers[item.server], item_file(self._folder, item)
        self._say(putting_back(f"{item.kind.value:<10} {item.title}"))
        if item.kind is Kind.ROLES:
            roles = read_regular(file, MOST_ROLE_BYTES, follow=False)
            if hashlib.sha256(roles).hexdigest() != item.sha256:
                raise FileError(_CHANGED)
            made = server.restore_roles(roles)
            self._say(f"{item.kind.value:<10} {item.title}  {made} made again")
            return
        # The server runs what is in it: what is compared has to be what it reads.
        with tempfile.TemporaryFile(dir=self._copies) as dump:
            with open_regular(file, follow=False) as old:
                _copy(old, dump, item.sha256)
            dump.seek(0)
            server.restore(dump, database_of(item))
        self._say(f"{item.kind.value:<10} {item.title}  restored")

    def _why_not_ready(self, service: str) -> str:
        server = self._servers.get(service)
        if server is None:
            return "its Postgres server does not run (start it first)"
        deadline = time.monotonic() + READY_SECONDS
        while not server.ready():
            if time.monotonic() >= deadline:
                return f"its Postgres server takes no connection within {span(READY_SECONDS)}"
            time.sleep(0.5)
        return ""

    def _require_ownable(self, target: Path) -> None:
        """Try out whether a new file beside the target can get its owner."""
        folder = target.parent
        while not folder.is_dir():
            folder = folder.parent
        like = target if target.is_file() else folder
        probe = folder / fresh_name(target.name)
        probe.unlink(missing_ok=True)  # of a restore that died
        try:
            os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
            self._owners.give(probe, like.stat().st_uid, like.stat().st_gid)
        except PermissionError as error:
            raise OperationError(
                f"this user may not write in {folder}", remedy=opening_words(folder)
            ) from error
        finally:
            probe.unlink(missing_ok=True)

    def _copied(self, item: Item, target: Path) -> Path:
        """The new content beside its place."""
        source = item_file(self._folder, item)
        self._make_folders(target.parent)
        # On a full disk a small file, such as `.env`, finds room in what is kept for that.
        place = state_folder() / "restored"
        return with_reserve(place, lambda: self._copy_beside(source, target, item))

    def _swap(self, item: Item, fresh: Path, target: Path) -> None:
        beside = []
        if item.kind is Kind.SQLITE:
            beside = [path for path in _side_files(target) if os.path.lexists(path)]
        # The database first: one that is not there is taken for no other's, but one that
        # lost its `-wal`, or met another's, is torn.
        for path in (target, *beside):
            self._put_aside(path, replaced=not beside)
        fresh.rename(target)
        # Not before: until then it may be the file itself under a second name.
        kept = self._kept_as(target)
        self._secrets.keep(target, kept, self._shown(kept))
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
                _copy(old, new, item.sha256)
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

    def _put_aside(self, path: Path, *, replaced: bool) -> None:
        """Give a file the name under which it is kept.

        Args:
            path: The file; nothing happens where it is not there.
            replaced: It keeps its place as well, until another is renamed over it.
        """
        if not os.path.lexists(path):
            return
        aside = self._kept_as(path)
        if os.path.lexists(aside):
            raise FileError("Something is put aside there already.", on=str(aside))
        shown = self._shown(aside)
        self._say(f"aside      {self._shown(path)} -> {shown}")
        if not (replaced and _linked(path, aside)):
            path.rename(aside)
        self.aside.append(shown)

    def _shown(self, path: Path) -> str:
        try:
            return str(path.relative_to(self._grounds.project.resolve()))
        except ValueError:
            return str(path)


def _side_files(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}{suffix}") for suffix in SIDE_FILES]


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error.sentence if isinstance(error, ConsoleError) else error).removesuffix(".")


_CHANGED: Final = "Its content has changed since it was checked."


def _copy(old: BinaryIO, new: IO[bytes], sha256: str) -> None:
    digest = hashlib.sha256()
    while chunk := old.read(CHUNK):
        digest.update(chunk)
        new.write(chunk)
    if digest.hexdigest() != sha256:
        raise FileError(_CHANGED)
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
