"""Putting a backup back. What is there now is put aside and never overwritten.

What becomes of a file is said before it is done, so that whoever comes after this has died knows
which files to look at.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pixel_tui.backups.broken_off import NOTHING_YET, putting_back
from pixel_tui.backups.file_swap import CHANGED, FileSwap, copy_checked
from pixel_tui.backups.holders import Holder
from pixel_tui.backups.make import Say
from pixel_tui.backups.manifest import Item, ItemKind, Manifest
from pixel_tui.backups.ownership import Owners
from pixel_tui.backups.postgres import MOST_ROLE_BYTES, Postgres, database_of
from pixel_tui.backups.restorable import RestoreRoots
from pixel_tui.backups.restore_check import RestoreCheck, reason_of
from pixel_tui.backups.secret_copies import SecretCopies
from pixel_tui.backups.server_room import require_server_room
from pixel_tui.backups.verify import item_file
from pixel_tui.errors import ConsoleError, FileError, OperationError
from pixel_tui.files import open_regular, read_regular


def wanted_for_restore(item: Item) -> bool:
    """Whether an item is data or a file, and no record of how it ran."""
    return item.kind is not ItemKind.DEPLOYMENT


class Restorer:
    """Puts items of one backup back.

    Args:
        folder: The backup's.
        grounds: Where files may be put.
        servers: Postgres servers that run, by service.
        mark: What is put aside is called `NAME.MARK`.
        say: Told a line for each thing that is done.
        state_folder: Where this user's state, and with it the reserve, is kept.
        running: Asks the engine which containers run and what they mount; None if it does not
            matter who uses what is restored.
        owners: What gives files to their owners.
        secrets: What keeps copies of environment files private.
    """

    def __init__(
        self,
        folder: Path,
        grounds: RestoreRoots,
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
        self._check = RestoreCheck(folder, grounds, servers, say, running, owners, state_folder)
        self._files = FileSwap(folder, grounds, mark, say, owners, secrets, state_folder)

    @property
    def aside(self) -> list[str]:
        """What was put aside, relative to the project's folder."""
        return self._files.aside

    @property
    def aside_words(self) -> str:
        """What was put aside and where, as a sentence."""
        return self._files.aside_words

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
        self._check.untouched = "Nothing was stopped or restored"
        items = self._check.chosen(manifest, wanted)
        targets, changed = self._check.checked(items, beside=beside)
        with self._check.nothing_yet("the backup can't be"):
            require_server_room(items, self._servers, self._say)
        self._check.require_closed(changed, targets, stopping)
        self._say(f"all {len(items)} are whole, and there is a place for each")

    def restore(self, manifest: Manifest, wanted: Callable[[Item], bool]) -> None:
        """Put the wanted items back, once all of them have been looked at.

        Raises:
            OperationError: One can't be put back (nothing was changed), or could not be; it says
                what was put aside.
        """
        items = self._check.chosen(manifest, wanted)
        targets, changed = self._check.checked(items)
        self._check.require_unused(changed, targets)
        for item in changed:
            self._files.announce(targets[item.path])
        self._say(f"all {len(items)} are whole; {NOTHING_YET}")
        fresh: list[tuple[Item, Path]] = []
        try:
            for item in changed:
                with self._telling_how_far(item):
                    fresh.append((item, self._files.copied(item, targets[item.path])))
            # Again: the copies took their time.
            self._check.require_unused(changed, targets)
            for item, copy in fresh:
                with self._telling_how_far(item):
                    self._files.swap(item, copy, targets[item.path])
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

    @contextmanager
    def _telling_how_far(self, item: Item) -> Iterator[None]:
        """Say of whatever fails what has been put aside until then."""
        try:
            yield
        except (OSError, ValueError, ConsoleError) as error:
            raise OperationError(
                f"{item.title} could not be put back: {reason_of(error)}. {self.aside_words}",
                remedy=str(error.remedy) if isinstance(error, ConsoleError) else "",
            ) from error

    def _restore_server(self, item: Item) -> None:
        """Put a database, or those roles that are gone, back into its server."""
        server, file = self._servers[item.server], item_file(self._folder, item)
        self._say(putting_back(f"{item.kind.value:<10} {item.title}"))
        if item.kind is ItemKind.ROLES:
            roles = read_regular(file, MOST_ROLE_BYTES, follow=False)
            if hashlib.sha256(roles).hexdigest() != item.sha256:
                raise FileError(CHANGED)
            made = server.restore_roles(roles)
            self._say(f"{item.kind.value:<10} {item.title}  {made} made again")
            return
        # The server runs what is in it: what is compared has to be what it reads.
        with tempfile.TemporaryFile(dir=self._check.copies) as dump:
            with open_regular(file, follow=False) as old:
                copy_checked(old, dump, item.sha256)
            dump.seek(0)
            server.restore(dump, database_of(item))
        self._say(f"{item.kind.value:<10} {item.title}  restored")
