"""Checks everything that could fail in a restore, without changing anything."""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pixel_tui.backups.aside import temporary_name
from pixel_tui.backups.differences import is_same
from pixel_tui.backups.file_swap import side_files
from pixel_tui.backups.holders import Holder
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind, Manifest
from pixel_tui.backups.open_files import open_files
from pixel_tui.backups.ownership import Owners, access_hint
from pixel_tui.backups.postgres import Postgres
from pixel_tui.backups.restorable import (
    RestoreRoots,
    is_side_file,
    require_content,
    target_of,
)
from pixel_tui.backups.restore_space import require_space
from pixel_tui.backups.verify import check_item, item_file
from pixel_tui.errors import ConsoleError, FileError, OperationError
from pixel_tui.files import PRIVATE_FILE
from pixel_tui.humanize import span

READY_SECONDS: Final = 60.0


class RestoreCheck:
    """Checks everything that could fail when items of one backup are restored.

    Args:
        folder: The backup's folder.
        roots: Where files may be written.
        servers: The running Postgres servers, by service.
        say: Prints a line for each result.
        running: Returns the running containers with their mounts; None if it does not matter who
            uses the restored files.
        owners: Sets the owners of files.
        state_folder: The folder with this user's state, and so with the reserve.
    """

    def __init__(
        self,
        folder: Path,
        roots: RestoreRoots,
        servers: Mapping[str, Postgres],
        say: Say,
        running: Callable[[], Sequence[Holder]] | None,
        owners: Owners,
        state_folder: Path,
    ) -> None:
        self._folder = folder
        self._roots = roots
        self._servers = servers
        self._say = say
        self._running = running
        self._owners = owners
        self._state_folder = state_folder
        self._unknown = set[str]()
        backups = roots.backups
        self.dump_folder = backups if backups and os.access(backups, os.W_OK) else None
        """The folder for the copy of a dump; None for the system's temporary folder."""
        self.untouched = "Nothing was restored"
        """The start of error messages."""

    def select_items(self, manifest: Manifest, wanted: Callable[[Item], bool]) -> list[Item]:
        """Return the items to restore, in order."""
        items = [item for item in manifest.items if wanted(item)]
        if not manifest.items:
            raise OperationError("Nothing was restored: the backup is empty.")
        items.sort(key=lambda item: item.kind is not ItemKind.ROLES)  # databases belong to them
        for item in [item for item in items if is_side_file(item, items)]:
            self._say(f"{item.kind.value:<10} {item.source}  skipped: its database has everything")
            items.remove(item)
        return items

    def check_items(
        self, items: Sequence[Item], *, also_needed: Sequence[tuple[Path, int]] = ()
    ) -> tuple[Mapping[str, Path], Sequence[Item]]:
        """Check everything that could fail.

        Returns:
            The targets of items, by their paths; and the items that differ from the current files.
        """
        targets: dict[str, Path] = {}
        for item in items:
            with self.reporting_untouched(f"{item.title} can't be"):
                self._require_intact(item)
                if not item.server:
                    target = target_of(item, self._roots)
                    if target in targets.values():
                        raise FileError("Two items have the same path.", on=str(target))
                    targets[item.path] = target
        self._require_separate_targets(targets)
        files = [item for item in items if item.path in targets]
        with self.reporting_untouched("the backup can't be"):
            changed = [item for item in files if not is_same(item, targets[item.path])]
            copied = max((item.size for item in items if item.kind is ItemKind.POSTGRES), default=0)
            if self.dump_folder is not None and copied:
                also_needed = [*also_needed, (self.dump_folder / "dump", copied)]
            needs = [*also_needed, *((targets[item.path], item.size) for item in changed)]
            require_space(needs, self._state_folder)
        for item in changed:
            with self.reporting_untouched(f"{item.title} can't be"):
                self._require_ownable(targets[item.path])
        return targets, changed

    def _require_separate_targets(self, targets: Mapping[str, Path]) -> None:
        """Refuse an item whose target is a parent folder of another's."""
        places = set(targets.values())
        for place in places:
            for above in place.parents:
                if above in places:
                    with self.reporting_untouched("the backup can't be"):
                        raise FileError("One item would be below another.", on=str(place))

    def _require_intact(self, item: Item) -> None:
        trouble, _ = check_item(self._folder, item, self._servers)
        if not trouble and item.server:
            trouble = self._why_not_ready(item.source)
        if not trouble and item.volume and item.volume not in (self._roots.volumes or {}):
            trouble = "its volume can't be opened on this machine (is the stack running?)"
        if trouble:
            raise OperationError(trouble)
        require_content(item, item_file(self._folder, item))

    def _why_not_ready(self, service: str) -> str:
        server = self._servers.get(service)
        if server is None:
            return "its Postgres server is not running (start it first)"
        deadline = time.monotonic() + READY_SECONDS
        while not server.is_ready():
            if time.monotonic() >= deadline:
                return f"its Postgres server accepts no connection within {span(READY_SECONDS)}"
            time.sleep(0.5)
        return ""

    def _require_ownable(self, target: Path) -> None:
        """Test whether a new file beside the target can get its owner."""
        folder = target.parent
        while not folder.is_dir():
            folder = folder.parent
        owner_source = target if target.is_file() else folder
        test_file = folder / temporary_name(target.name)
        test_file.unlink(missing_ok=True)  # of a restore that died
        try:
            os.close(os.open(test_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
            self._owners.set_owner(
                test_file, owner_source.stat().st_uid, owner_source.stat().st_gid
            )
        except PermissionError as error:
            raise OperationError(
                f"this user can't write to {folder}", hint=access_hint(folder)
            ) from error
        finally:
            test_file.unlink(missing_ok=True)

    def require_unused(
        self, files: Sequence[Item], targets: Mapping[str, Path], stopping: Collection[str] = ()
    ) -> None:
        """Raise `OperationError` if a running container could write to one of these.

        Args:
            files: The items to restore.
            targets: Their targets, by their paths.
            stopping: Ids of containers that don't count, because they are stopped before.
        """
        if not files:
            return
        holders: Sequence[Holder] = ()
        if self._running is not None:
            with self.reporting_untouched("its users are unknown"):
                holders = [holder for holder in self._running() if holder.id not in stopping]
        for item in files:
            place = str(targets[item.path])
            users = [holder.name for holder in holders if holder.holds(place, item.volume)]
            with self.reporting_untouched(f"{item.title} can't be"):
                if users:
                    raise OperationError(
                        f"{', '.join(users[:3])} is running and mounts it",
                        hint=f"Stop it first: docker stop {' '.join(users[:3])}",
                    )
        self._require_closed(files, targets, stopping)

    def _require_closed(
        self, files: Sequence[Item], targets: Mapping[str, Path], stopping: Iterable[str]
    ) -> None:
        """Raise `OperationError` if a process has one of these open; all are checked at once."""
        parts: dict[Path, Item] = {}
        for item in files:
            target = targets[item.path]
            side = side_files(target) if item.kind is ItemKind.SQLITE else []
            parts |= dict.fromkeys([*side, target], item)
        with self.reporting_untouched("the processes that use it are unknown"):
            found = open_files(parts, stopping=stopping)
        for words in found.unknown:
            if words not in self._unknown:
                self._unknown.add(words)
                self._say(f"unknown    {words}")
        for path, users in found.holders.items():
            for words in users:
                self._say(f"open       {self._roots.shown(path)}  {words}")
        for path, users in found.holders.items():
            with self.reporting_untouched(f"{parts[path].title} can't be"):
                raise OperationError(f"{', '.join(users[:3])} has it open", hint="Stop it first")

    @contextmanager
    def reporting_untouched(self, why: str) -> Iterator[None]:
        """Add to the message of any failure that nothing was changed."""
        try:
            yield
        except (OSError, ValueError, ConsoleError) as error:
            hints = [str(error.hint)] if isinstance(error, ConsoleError) else []
            if self._running is not None:
                hints.append("The services stopped for it are still stopped: start them again.")
            raise OperationError(
                f"{self.untouched}: {why}: {failure_reason(error)}.",
                on=self._folder.name,
                hint=" ".join(f"{words.removesuffix('.')}." for words in hints if words),
            ) from error


def failure_reason(error: Exception) -> str:
    """Return why something failed, without a full stop."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error.sentence if isinstance(error, ConsoleError) else error).removesuffix(".")
