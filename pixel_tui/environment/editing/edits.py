"""Edits of an environment file that are not saved yet, with the way back and forth. Pure."""

from typing import Final

from pixel_tui.environment.checks.finding import Level
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import Document, Entry
from pixel_tui.errors import ConsoleError

MOST_STEPS: Final = 500


class Editing:
    """A document, what it began from, and the steps between.

    Args:
        base: The file as it is on disk.
    """

    def __init__(self, base: Document) -> None:
        self._base = base
        self._steps = [base]
        self._at = 0

    def __repr__(self) -> str:
        """Say nothing of what is in it."""
        return f"Editing(step {self._at} of {len(self._steps) - 1})"

    @property
    def base(self) -> Document:
        """The file as it is on disk."""
        return self._base

    @property
    def now(self) -> Document:
        """The file as it would be saved."""
        return self._steps[self._at]

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return self.now.data != self._base.data

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self._at < len(self._steps) - 1

    def take(self, document: Document) -> bool:
        """Go on with another document; returns False where it is the same as now."""
        if document.data == self.now.data:
            return False
        del self._steps[self._at + 1 :]
        self._steps.append(document)
        del self._steps[: -MOST_STEPS - 1]
        self._at = len(self._steps) - 1
        return True

    def undo(self) -> bool:
        """Take the last step back."""
        if self.can_undo:
            self._at -= 1
            return True
        return False

    def redo(self) -> bool:
        """Take a step again that was taken back."""
        if self.can_redo:
            self._at += 1
            return True
        return False

    def rebase(self, base: Document, now: Document | None = None) -> None:
        """The file on disk is another one.

        Args:
            base: The file as it is on disk.
            now: What the edits have become with it; None: they are gone, or were saved.
        """
        self._base = base
        self._steps = [base] if now is None or now.data == base.data else [base, now]
        self._at = len(self._steps) - 1


def effective_entries(document: Document) -> dict[str, Entry]:
    """The entry that counts of each key: the last that is not commented out."""
    return {entry.key: entry for entry in document.entries if not entry.commented}


def keeps_dollar(row: KeyRow) -> bool:
    """Whether single quotes would keep a secret whole that compose cuts at a `$`."""
    cut = any(item.rule == "dollar" and item.level is Level.ERROR for item in row.findings)
    return row.secret and cut and "\\" not in row.written


def mend_of(row: KeyRow) -> str | None:
    """The value that would put a key right; of a secret, none but what is there already."""
    offered = next((item.mend for item in row.findings if item.mend is not None), None)
    return row.written if offered is None and keeps_dollar(row) else offered


def entry_now(document: Document, row: KeyRow) -> Entry:
    """The entry of a row, in a document that may be newer than the row.

    Raises:
        ConsoleError: It is there no more.
    """
    off = row.entry is not None and row.entry.commented
    found = [item for item in document.entries if item.key == row.key and item.commented == off]
    same = [item for item in found if row.entry is not None and item.line == row.entry.line]
    if not found:
        raise ConsoleError("It is there no more.", on=row.key)
    return (same or found)[-1]


def written(document: Document, row: KeyRow, value: str) -> Document:
    """The document in which a key has this value, whether it was there or not.

    Raises:
        ConsoleError: The file can't say it.
    """
    if row.entry is None:
        return document.with_added(row.key, value)
    return document.with_value(entry_now(document, row), value)
