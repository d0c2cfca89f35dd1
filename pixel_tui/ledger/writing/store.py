"""Writes the ledger concurrently with programs that use no lock.

The others read, change and rename. So the ledger is read again right before each write, and
the new file is swapped with it (`exchange`): if the file that comes out is not the one that
was read, another program was faster. Then the two are swapped back at once, and the change is
tried again. Afterwards the changes of others in between, and ours if they were overwritten, are
checked for and applied again (`PendingChange`).
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pixel_tui.errors import FileError, OperationError
from pixel_tui.exchange import NoExchange, exchange
from pixel_tui.files import open_regular, sync_folder
from pixel_tui.ledger.file.document import EMPTY, LedgerDocument, LedgerInvalid, parse_document
from pixel_tui.ledger.file.signals import signals_blocked
from pixel_tui.ledger.file.snapshot_file import FileContent, Identity, identity_of, read_file
from pixel_tui.ledger.reading.reading import FORMAT
from pixel_tui.ledger.reading.task import Task, parse_task
from pixel_tui.ledger.writing.pending import PendingChange, is_applied, pending_changes, reapply
from pixel_tui.ledger.writing.versions import OldVersions

Change = Callable[[LedgerDocument[Task]], bytes]
"""Returns a new file for the current one; raises `OperationError` if it is not possible."""

ATTEMPTS: Final = 2000
"""How often to try if the file changes all the time."""
DURABLE_ATTEMPTS: Final = 3
"""In how many attempts the file is synced before it replaces the ledger."""
RETRY_SECONDS: Final = 60.0
"""How long an overwritten change is applied again."""
MARGIN_SECONDS: Final = 0.2
"""How much longer than the pauses the checks may take."""
PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the checks whether a change has survived."""


@dataclass(slots=True)
class ChangeOutcome:
    """The result of a change."""

    raced: int = 0
    """How often another program wrote between our read and our write."""
    overwritten: int = 0
    """How often our change was overwritten by a program that had read the file before."""
    reapplied: int = 0
    """How often changes of others were applied again."""


class LedgerStore:
    """Changes one ledger.

    Args:
        path: The ledger's path.
        old: Keeps the replaced versions.
        pauses: Seconds between the checks whether a change has survived.
        sleep: Waits for some seconds.
        monotonic: A clock that never goes back.
    """

    def __init__(
        self,
        path: Path,
        old: OldVersions,
        pauses: Sequence[float] = PAUSES,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path.resolve()
        self._old = old
        self._pauses = pauses
        self._sleep = sleep
        self._monotonic = monotonic

    def change(self, change_document: Change) -> ChangeOutcome:
        """Change the ledger, and check that the change survives.

        Raises:
            OperationError: The change is not possible in the current state, or other programs
                overwrite it again and again.
            FileError: The file can't be read or written, or is not a ledger.
        """
        outcome = ChangeOutcome()
        started = self._monotonic()
        written = self._write(change_document, outcome)
        ours = [item for item in written if item.ours]
        theirs = self._with_deadline(written)
        while lost := self._find_lost(ours, theirs):
            if self._monotonic() > started + RETRY_SECONDS:
                raise OperationError(
                    "Other programs keep overwriting the change.",
                    on=str(self._path),
                    hint="Find the program that writes the ledger.",
                )
            outcome.overwritten += sum(item.ours for item in lost)
            outcome.reapplied += sum(not item.ours for item in lost)
            theirs += self._with_deadline(self._write(partial(_reapply, lost), outcome))
        return outcome

    def _with_deadline(self, written: Sequence[PendingChange]) -> list[tuple[float, PendingChange]]:
        """Return the changes of others with a deadline: later they may revert them themselves."""
        end = self._monotonic() + sum(self._pauses) + MARGIN_SECONDS
        return [(end, item) for item in written if not item.ours]

    def _find_lost(
        self, ours: Sequence[PendingChange], theirs: Sequence[tuple[float, PendingChange]]
    ) -> list[PendingChange]:
        """Check for a while that no change is lost; returns the lost ones."""
        seen: Identity | None = None
        for pause in self._pauses:
            self._sleep(pause)
            with suppress(OSError):
                if identity_of(self._path) == seen:
                    continue
            content = self._read()
            if content is None:
                continue  # the file was removed on purpose
            document = self._parse(content.raw, None)
            seen = content.identity
            now = self._monotonic()
            pending = [*ours, *(item for end, item in theirs if now <= end)]
            lost = [item for item in pending if not is_applied(document, item)]
            if lost:
                return lost
        return []

    def _write(self, change_document: Change, outcome: ChangeOutcome) -> list[PendingChange]:
        """Replace the file; returns the changes that it and concurrent writers made."""
        others: list[PendingChange] = []
        document: LedgerDocument[Task] | None = None
        for attempt in range(ATTEMPTS):
            content = self._read()
            raw = EMPTY if content is None else content.raw
            document = self._parse(raw, document)
            changed = change_document(document)
            if changed == raw:
                return others
            # If the file changes all the time, speed matters more than durability.
            durable_first = attempt < DURABLE_ATTEMPTS
            kept = self._old.keep(raw) if content is not None and durable_first else None
            temporary = self._temporary(changed, content, durable=durable_first)
            # Between two swaps the temporary file is another program's newest version.
            with signals_blocked():
                theirs = self._replace(temporary, content)
                with suppress(OSError):
                    temporary.unlink()
            if theirs is None:
                self._make_durable(raw if content is not None and not durable_first else None)
                after = parse_document(changed, parse_task, document)
                return [*others, *pending_changes(document, after, ours=True)]
            if kept is not None:
                with suppress(OSError):
                    kept.unlink()
            outcome.raced += 1
            for version in theirs:
                with suppress(LedgerInvalid):
                    newer = parse_document(version, parse_task, document)
                    others += pending_changes(document, newer, ours=False)
        raise OperationError(
            "The ledger changes all the time, so nothing was written.", on=str(self._path)
        )

    def _make_durable(self, replaced: bytes | None) -> None:
        """Sync the new file, and keep the replaced version if that is not done yet."""
        with suppress(OSError):
            with open_regular(self._path) as file:
                os.fsync(file.fileno())
            sync_folder(self._path.parent)
        if replaced is not None:
            self._old.keep(replaced)
        self._old.forget()

    def _replace(self, temporary: Path, read: FileContent | None) -> list[bytes] | None:
        """Put a file in the ledger's place.

        Returns:
            None on success; else the versions of others that were there for a moment while ours
            was: a program that read the file then has not seen them.
        """
        try:
            if read is None:
                os.link(temporary, self._path)
                return None
            if not identity_of(self._path).same_content(read.identity):
                return []
            return self._exchange(temporary, read)
        except (FileExistsError, FileNotFoundError):
            return []
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise _cannot_write(self._path, error) from error

    def _exchange(self, temporary: Path, read: FileContent) -> list[bytes] | None:
        ours = identity_of(temporary)
        try:
            exchange(temporary, self._path)
        except NoExchange:
            # The check a moment ago is the best that is possible here.
            temporary.replace(self._path)
            return None
        if identity_of(temporary).same_content(read.identity):
            return None
        theirs: list[bytes] = []
        while True:
            # Another program was faster: swap back before anyone reads ours.
            exchange(temporary, self._path)
            theirs.append(self._read_current())
            if identity_of(temporary).same_content(ours):
                return theirs
            # A further version was written over ours, and is the newest.
            exchange(temporary, self._path)
            if self._has_content(theirs[-1], temporary):
                return theirs

    def _read_current(self) -> bytes:
        try:
            return read_file(self._path).raw
        except OSError:
            return b""

    @staticmethod
    def _has_content(raw: bytes, path: Path) -> bool:
        try:
            return read_file(path).raw == raw
        except OSError:
            return True

    def _read(self) -> FileContent | None:
        """Return the file; None if there is none."""
        try:
            return read_file(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileError(
                f"The ledger can't be read: {error.strerror or error}.",
                on=str(self._path),
                hint="Check its owner and mode.",
            ) from error

    def _parse(self, raw: bytes, previous: LedgerDocument[Task] | None) -> LedgerDocument[Task]:
        try:
            document = parse_document(raw, parse_task, previous)
        except LedgerInvalid as error:
            raise FileError(
                f"The ledger is invalid: {error}. It was not changed.",
                on=str(self._path),
                hint="Fix it, or restore a copy.",
            ) from error
        if document.version != FORMAT:
            raise FileError(
                f"The ledger has version {document.version}, so it was not changed.",
                on=str(self._path),
                hint="Try a newer pixel-tui.",
            )
        return document

    def _temporary(self, content: bytes, old: FileContent | None, *, durable: bool) -> Path:
        """Create a file with this content in the same folder, with the old one's owner and mode."""
        folder = self._path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".task-ledger.pixel-tui-", dir=folder)
        except OSError as error:
            raise _cannot_write(self._path, error) from error
        try:
            with os.fdopen(descriptor, "wb") as file:
                if old is not None:
                    with suppress(PermissionError):
                        os.fchown(file.fileno(), old.owner, old.group)
                os.fchmod(file.fileno(), old.mode if old is not None else 0o644)
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
        except BaseException as error:
            with suppress(OSError):
                Path(name).unlink()
            if isinstance(error, OSError):
                raise _cannot_write(self._path, error) from error
            raise
        return Path(name)


def _reapply(pending: Sequence[PendingChange], document: LedgerDocument[Task]) -> bytes:
    return reapply(document, pending)


def _cannot_write(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The ledger can't be written: {error.strerror or error}.",
        on=str(path),
        hint="Check the folder's owner, its mode and the free space.",
    )
