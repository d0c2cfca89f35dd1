"""Writing the ledger beside programs that take no lock.

The others read, change and rename. So whatever stands under the ledger's name is read again
right before each write, and what is written changes places with it (`exchange`): what comes
out is either what was read, or somebody was faster. Then the two change back at once, and all
begins anew. What others made of the file in between, and ours where it was written over, is
looked for afterwards and put in again (`PendingChange`).
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
from pixel_tui.ledger.writing.pending import PendingChange, paid, pending_changes, put_in
from pixel_tui.ledger.writing.versions import OldVersions

Change = Callable[[LedgerDocument[Task]], bytes]
"""Makes a new file of the one that is there; raises `OperationError` where that is no good."""

ATTEMPTS: Final = 2000
"""So often a file that changes all the time is tried."""
PATIENT_ATTEMPTS: Final = 3
"""So often everything is on the disk before it gets the ledger's name."""
STUBBORN_SECONDS: Final = 60.0
"""For so long a change that is written over is put in again."""
MARGIN_SECONDS: Final = 0.2
"""So much longer than the pauses the looks may take."""
PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the looks at whether a change has stayed."""


@dataclass(slots=True)
class ChangeOutcome:
    """What came of a change."""

    faster: int = 0
    """How often somebody else wrote between our reading and our writing."""
    overwritten: int = 0
    """How often ours was written over by somebody who had read the file before."""
    rescued: int = 0
    """How often what others had written was put in again."""


class LedgerStore:
    """Changes one ledger.

    Args:
        path: The ledger.
        old: Where the versions are kept that were replaced.
        pauses: Seconds between the looks at whether a change has stayed.
        sleep: How it waits.
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

    def change(self, make: Change) -> ChangeOutcome:
        """Change the ledger, and see that the change stays.

        Raises:
            OperationError: The change makes no sense for what is there now, or others
                write over it again and again.
            FileError: The file can't be read or written, or is no ledger.
        """
        outcome = ChangeOutcome()
        begun = self._monotonic()
        written = self._write(make, outcome)
        ours = [item for item in written if item.ours]
        theirs = self._until(written)
        while lost := self._lost(ours, theirs):
            if self._monotonic() > begun + STUBBORN_SECONDS:
                raise OperationError(
                    "Other programs write over the change again and again.",
                    on=str(self._path),
                    remedy="See what writes the ledger all the time.",
                )
            outcome.overwritten += sum(item.ours for item in lost)
            outcome.rescued += sum(not item.ours for item in lost)
            theirs += self._until(self._write(partial(_put_in_again, lost), outcome))
        return outcome

    def _until(self, written: Sequence[PendingChange]) -> list[tuple[float, PendingChange]]:
        """What others wrote is looked for so long only: later they may undo it themselves."""
        end = self._monotonic() + sum(self._pauses) + MARGIN_SECONDS
        return [(end, item) for item in written if not item.ours]

    def _lost(
        self, ours: Sequence[PendingChange], theirs: Sequence[tuple[float, PendingChange]]
    ) -> list[PendingChange]:
        """Watch for a while whether something is undone; what is."""
        seen: Identity | None = None
        for pause in self._pauses:
            self._sleep(pause)
            with suppress(OSError):
                if identity_of(self._path) == seen:
                    continue
            content = self._read()
            if content is None:
                continue  # whoever removed it meant it
            document = self._parsed(content.raw, None)
            seen = content.identity
            now = self._monotonic()
            owed = [*ours, *(item for end, item in theirs if now <= end)]
            lost = [item for item in owed if not paid(document, item)]
            if lost:
                return lost
        return []

    def _write(self, make: Change, outcome: ChangeOutcome) -> list[PendingChange]:
        """Replace the file; what the change, and others meanwhile, made of it."""
        others: list[PendingChange] = []
        document: LedgerDocument[Task] | None = None
        for attempt in range(ATTEMPTS):
            content = self._read()
            raw = EMPTY if content is None else content.raw
            document = self._parsed(raw, document)
            changed = make(document)
            if changed == raw:
                return others
            # Where the file changes all the time, to be quick comes before to be durable.
            patient = attempt < PATIENT_ATTEMPTS
            kept = self._old.keep(raw) if content is not None and patient else None
            temporary = self._temporary(changed, content, durable=patient)
            # Between two exchanges the temporary file is somebody else's newest version.
            with signals_blocked():
                theirs = self._put(temporary, content)
                with suppress(OSError):
                    temporary.unlink()
            if theirs is None:
                self._settle(raw if content is not None and not patient else None)
                after = parse_document(changed, parse_task, document)
                return [*others, *pending_changes(document, after, ours=True)]
            if kept is not None:
                with suppress(OSError):
                    kept.unlink()
            outcome.faster += 1
            for version in theirs:
                with suppress(LedgerInvalid):
                    newer = parse_document(version, parse_task, document)
                    others += pending_changes(document, newer, ours=False)
        raise OperationError(
            "The ledger changes all the time: nothing could be written.", on=str(self._path)
        )

    def _settle(self, replaced: bytes | None) -> None:
        """Make what was written durable, and keep what it replaced where that was not done yet."""
        with suppress(OSError):
            with open_regular(self._path) as file:
                os.fsync(file.fileno())
            sync_folder(self._path.parent)
        if replaced is not None:
            self._old.keep(replaced)
        self._old.forget()

    def _put(self, temporary: Path, read: FileContent | None) -> list[bytes] | None:
        """Put a file in the ledger's place.

        Returns:
            None when it is there; else the versions of others that stood there for a moment
            in which ours did: whoever read the file then has not seen them.
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
            # What was verified a moment ago is all that can be known here.
            temporary.replace(self._path)
            return None
        if identity_of(temporary).same_content(read.identity):
            return None
        theirs: list[bytes] = []
        while True:
            # Somebody was faster: theirs gets its place again, before anybody reads ours.
            exchange(temporary, self._path)
            theirs.append(self._theirs_now())
            if identity_of(temporary).same_content(ours):
                return theirs
            # Yet another one was written over ours, and is the newer one.
            exchange(temporary, self._path)
            if self._is_there(theirs[-1], temporary):
                return theirs

    def _theirs_now(self) -> bytes:
        try:
            return read_file(self._path).raw
        except OSError:
            return b""

    @staticmethod
    def _is_there(raw: bytes, path: Path) -> bool:
        try:
            return read_file(path).raw == raw
        except OSError:
            return True

    def _read(self) -> FileContent | None:
        """The file; None where there is none."""
        try:
            return read_file(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileError(
                f"The ledger can't be read: {error.strerror or error}.",
                on=str(self._path),
                remedy="Check its owner and mode.",
            ) from error

    def _parsed(self, raw: bytes, previous: LedgerDocument[Task] | None) -> LedgerDocument[Task]:
        try:
            document = parse_document(raw, parse_task, previous)
        except LedgerInvalid as error:
            raise FileError(
                f"The ledger is no ledger: {error}. It was left as it is.",
                on=str(self._path),
                remedy="Fix it, or restore a copy.",
            ) from error
        if document.version != FORMAT:
            raise FileError(
                f"The ledger is of version {document.version}: nothing is written to it.",
                on=str(self._path),
                remedy="A newer pixel-tui may know it.",
            )
        return document

    def _temporary(self, content: bytes, old: FileContent | None, *, durable: bool) -> Path:
        """A file of this content in the same folder, with the rights of the old one."""
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


def _put_in_again(owed: Sequence[PendingChange], document: LedgerDocument[Task]) -> bytes:
    return put_in(document, owed)


def _cannot_write(path: Path, error: OSError) -> FileError:
    return FileError(
        f"The ledger can't be written: {error.strerror or error}.",
        on=str(path),
        remedy="Check the folder's owner, its mode and the free space.",
    )
