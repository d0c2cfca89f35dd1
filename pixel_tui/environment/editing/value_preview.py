"""Previews a value while it is typed. Pure, and fast enough for every key press."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from pixel_tui.environment.checks.finding import EnvironmentFinding
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry, Quoting
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.text import SafeText

ExamineKey = Callable[[DotenvDocument, str], KeyRow | None]
"""Returns one key of a document, with its findings."""


class InputKind(StrEnum):
    """How a typed text is to be read."""

    EXACT = "exact"
    """As the value that compose must read: it is quoted if necessary."""
    WRITTEN = "written"
    """As the text in the file, with quotes and variables."""


@dataclass(frozen=True, slots=True)
class ValuePreview:
    """The meaning of a text as the value of a key."""

    raw: str = field(default="", repr=False)
    """The text in the file."""
    effective: str | None = field(default=None, repr=False)
    """The value that compose reads."""
    displayed: str = field(default="", repr=False)
    """The value as shown: without quotes, and with variables not expanded."""
    findings: tuple[EnvironmentFinding, ...] = ()
    refusal: SafeText = SafeText("")
    """Why it can't be written in the file; empty if it can."""


class ValuePreviewer:
    """Previews values of one key.

    Args:
        document: The edited file.
        key: The key.
        example: Defines the place of a new key.
        look: Examines one key of a document.
    """

    def __init__(
        self, document: DotenvDocument, key: str, example: DotenvDocument, examine_key: ExamineKey
    ) -> None:
        self._document = document
        self._key = key
        self._example = example
        self._look = examine_key

    def __call__(self, text: str, kind: InputKind) -> ValuePreview:
        """Return the preview of a text."""
        try:
            edited = with_typed_value(self._document, self._key, text, kind, self._example)
        except ConsoleError as error:
            return ValuePreview(refusal=error.sentence)
        entry, row = edited.entry(self._key), self._look(edited, self._key)
        if entry is None or row is None:
            return ValuePreview(refusal=SafeText("Compose would read no value of this key."))
        expands = "$" in entry.written and entry.quoting is not Quoting.SINGLE
        displayed = entry.written if expands or row.effective is None else row.effective
        return ValuePreview(entry.raw, row.effective, displayed, row.findings)


def with_typed_value(
    document: DotenvDocument, key: str, text: str, kind: InputKind, example: DotenvDocument
) -> DotenvDocument:
    """Return the document with a key set to a typed text; uncomments the key if necessary.

    Args:
        document: The file.
        key: The key.
        text: The typed text.
        kind: How the text is to be read.
        example: Defines the place of a new key.

    Raises:
        ConsoleError: It can't be written in a `.env`, or compose would refuse it.
    """
    entry = document.entry(key) or _commented_entry(document, key)
    if entry is None:
        initial = text if kind is InputKind.EXACT else ""
        document = document.with_added(key, initial, after=entry_above(document, key, example))
        entry = document.entry(key)
    elif entry.commented:
        document = document.restored(entry)
        entry = document.entry(key)
    if entry is None:
        raise UsageError("A file can't have this key", on=key)
    if kind is InputKind.EXACT:
        return document.with_value(entry, text)
    edited = document.with_raw(entry, text)
    if len(edited.faults) > len(document.faults):
        new = [fault for fault in edited.faults if fault not in document.faults] or edited.faults
        raise UsageError(new[0].message, hint=new[0].hint)
    if len(edited.entries) != len(document.entries):
        raise UsageError("This would be more than one value", on=key)
    return edited


def entry_above(document: DotenvDocument, key: str, example: DotenvDocument) -> DotenvEntry | None:
    """Return the entry to insert a new key after: the nearest above it in the example."""
    keys = [entry.key for entry in example.entries]
    if key not in keys:
        return None
    entries = {entry.key: entry for entry in document.entries}
    above = keys[: keys.index(key)]
    return next((entries[name] for name in reversed(above) if name in entries), None)


def _commented_entry(document: DotenvDocument, key: str) -> DotenvEntry | None:
    found = [entry for entry in document.entries if entry.key == key and entry.commented]
    return found[-1] if found else None
