"""Restores a backup. Current files are renamed and never overwritten.

Each step is printed before it is done, so that the output shows which files to check if the
process dies.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pixel_tui.backups.broken_off import NOTHING_REPLACED_YET, restoring_line
from pixel_tui.backups.file_swap import CHANGED, FileSwap, copy_checked
from pixel_tui.backups.holders import Holder
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind, Manifest
from pixel_tui.backups.ownership import Owners
from pixel_tui.backups.postgres import MAX_ROLE_BYTES, Postgres, database_of
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore_check import RestoreCheck, failure_reason
from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.backups.server_space import require_server_space
from pixel_tui.backups.verify import item_file
from pixel_tui.errors import ConsoleError, FileError, OperationError
from pixel_tui.files import open_regular, read_regular


def wanted_for_restore(item: Item) -> bool:
    """Whether an item is data or a file, not a record of the deployment."""
    return item.kind is not ItemKind.DEPLOYMENT


class Restorer:
    """Restores items of one backup.

    Args:
        folder: The backup's folder.
        roots: Where files may be written.
        servers: The running Postgres servers, by service.
        mark: A replaced file is kept as `NAME.MARK`.
        say: Prints a line for each thing that is done.
        state_folder: The folder with this user's state, and so with the reserve.
        running: Returns the running containers with their mounts; None if it does not matter who
            uses the restored files.
        owners: Sets the owners of files.
        secrets: Keeps copies of environment files private.
    """

    def __init__(
        self,
        folder: Path,
        roots: RestoreRoots,
        servers: Mapping[str, Postgres],
        *,
        mark: str,
        say: Say,
        state_folder: Path,
        running: Callable[[], Sequence[Holder]] | None = None,
        owners: Owners | None = None,
        secrets: SecretCopies | None = None,
    ) -> None:
        owners = owners or Owners()
        secrets = secrets or SecretCopies()
        self._folder = folder
        self._servers = servers
        self._say = say
        self._check = RestoreCheck(folder, roots, servers, say, running, owners, state_folder)
        self._files = FileSwap(folder, roots, mark, say, owners, secrets, state_folder)

    @property
    def kept_files(self) -> list[str]:
        """The kept files, relative to the project's folder."""
        return self._files.kept_files

    @property
    def kept_text(self) -> str:
        """The kept files and their folder, as a sentence."""
        return self._files.kept_text

    def check(
        self,
        manifest: Manifest,
        wanted: Callable[[Item], bool],
        *,
        also_needed: Sequence[tuple[Path, int]] = (),
        stopping: Iterable[str] = (),
    ) -> None:
        """Check everything that can be checked while services still run.

        Nothing is changed.

        Args:
            manifest: The backup's.
            wanted: Whether an item is to be restored.
            also_needed: Paths, and the bytes that are needed there for something else.
            stopping: Ids of the containers that are stopped before the restore.

        Raises:
            OperationError: An item can't be restored, there is not enough space, or another
                container mounts a file, or another process has it open.
        """
        self._check.untouched = "Nothing was stopped or restored"
        items = self._check.select_items(manifest, wanted)
        targets, changed = self._check.check_items(items, also_needed=also_needed)
        with self._check.reporting_untouched("the backup can't be"):
            require_server_space(items, self._servers, self._say)
        self._check.require_unused(changed, targets, frozenset(stopping))
        self._say(f"all {len(items)} are intact and can be restored")

    def restore(self, manifest: Manifest, wanted: Callable[[Item], bool]) -> None:
        """Restore the wanted items, after checking all of them.

        Raises:
            OperationError: One can't be restored (nothing was changed), or failed; the message says
                which files were kept.
        """
        items = self._check.select_items(manifest, wanted)
        targets, changed = self._check.check_items(items)
        self._check.require_unused(changed, targets)
        for item in changed:
            self._files.announce(targets[item.path])
        self._say(f"all {len(items)} are intact; {NOTHING_REPLACED_YET}")
        new_files: list[tuple[Item, Path]] = []
        try:
            for item in changed:
                with self._reporting_kept_files(item):
                    new_files.append((item, self._files.write_copy(item, targets[item.path])))
            # Check again, because copying took time.
            self._check.require_unused(changed, targets)
            for item, copy in new_files:
                with self._reporting_kept_files(item):
                    self._files.swap(item, copy, targets[item.path])
        finally:
            for _, copy in new_files:
                copy.unlink(missing_ok=True)
        for item in items:
            if item.server:
                with self._reporting_kept_files(item):
                    self._restore_server(item)
            elif item not in changed:
                self._say(f"{item.kind.value:<10} {item.source}  is identical already")
        self._say(self.kept_text)

    @contextmanager
    def _reporting_kept_files(self, item: Item) -> Iterator[None]:
        """Add the kept files to the message of any failure."""
        try:
            yield
        except (OSError, ValueError, ConsoleError) as error:
            raise OperationError(
                f"{item.title} could not be restored: {failure_reason(error)}. {self.kept_text}",
                hint=str(error.hint) if isinstance(error, ConsoleError) else "",
            ) from error

    def _restore_server(self, item: Item) -> None:
        """Restore a database into its server, or create its missing roles."""
        server, file = self._servers[item.server], item_file(self._folder, item)
        self._say(restoring_line(f"{item.kind.value:<10} {item.title}"))
        if item.kind is ItemKind.ROLES:
            roles = read_regular(file, MAX_ROLE_BYTES, follow=False)
            if hashlib.sha256(roles).hexdigest() != item.sha256:
                raise FileError(CHANGED)
            made = server.restore_roles(roles)
            self._say(f"{item.kind.value:<10} {item.title}  {made} recreated")
            return
        # The server executes the content, so it must read the copy that was checked.
        with tempfile.TemporaryFile(dir=self._check.dump_folder) as dump:
            with open_regular(file, follow=False) as old:
                copy_checked(old, dump, item.sha256)
            dump.seek(0)
            server.restore(dump, database_of(item))
        self._say(f"{item.kind.value:<10} {item.title}  restored")
