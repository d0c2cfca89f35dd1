"""What a value that is being typed would mean. Pure, and quick enough for every key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from pixel_tui.environment.checks.finding import EnvironmentFinding
from pixel_tui.environment.checks.overview import KeyRow
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry, Quoting
from pixel_tui.errors import ConsoleError, UsageError
from pixel_tui.text import SafeText

LookAt = Callable[[DotenvDocument, str], KeyRow | None]
"""One key of a document, with its findings."""


class InputKind(StrEnum):
    """What a typed text is."""

    EXACT = "exact"
    """The value that compose shall read: quotes are put around it where it needs any."""
    WRITTEN = "written"
    """As it stands in the file, quotes and variables and all."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a text would mean as the value of a key."""

    raw: str = field(default="", repr=False)
    """How it stands in the file."""
    effective: str | None = field(default=None, repr=False)
    """What compose reads."""
    meant: str = field(default="", repr=False)
    """What a person sees of it: without quotes; a `$` is one."""
    findings: tuple[EnvironmentFinding, ...] = ()
    refusal: SafeText = SafeText("")
    """Why the file can't say it; empty where it can."""


class Judge:
    """Judges what is typed as the value of one key.

    Args:
        document: The file that it is typed for.
        key: Of which key.
        example: Where a new key finds its place.
        look: Examines one key of a document.
    """

    def __init__(
        self, document: DotenvDocument, key: str, example: DotenvDocument, look: LookAt
    ) -> None:
        self._document = document
        self._key = key
        self._example = example
        self._look = look

    def __call__(self, text: str, way: InputKind) -> Judgement:
        """What this text would mean."""
        try:
            made = with_text(self._document, self._key, text, way, self._example)
        except ConsoleError as error:
            return Judgement(refusal=error.sentence)
        entry, row = made.entry(self._key), self._look(made, self._key)
        if entry is None or row is None:
            return Judgement(refusal=SafeText("Compose would read no value of this key."))
        expands = "$" in entry.written and entry.quoting is not Quoting.SINGLE
        meant = entry.written if expands or row.effective is None else row.effective
        return Judgement(entry.raw, row.effective, meant, row.findings)


def with_text(
    document: DotenvDocument, key: str, text: str, way: InputKind, example: DotenvDocument
) -> DotenvDocument:
    """The document in which a key has what was typed; a key that is off counts again.

    Args:
        document: The file.
        key: The key.
        text: What was typed.
        way: What the text is.
        example: A new key finds its place as it has it here.

    Raises:
        ConsoleError: No file can say it, or compose would refuse the file for it.
    """
    entry = document.entry(key) or _off(document, key)
    if entry is None:
        first = text if way is InputKind.EXACT else ""
        document = document.with_added(key, first, after=place_of(document, key, example))
        entry = document.entry(key)
    elif entry.commented:
        document = document.restored(entry)
        entry = document.entry(key)
    if entry is None:
        raise UsageError("A file can't have this key", on=key)
    if way is InputKind.EXACT:
        return document.with_value(entry, text)
    made = document.with_raw(entry, text)
    if len(made.faults) > len(document.faults):
        new = [fault for fault in made.faults if fault not in document.faults] or made.faults
        raise UsageError(new[0].message, hint=new[0].hint)
    if len(made.entries) != len(document.entries):
        raise UsageError("This would be more than one value", on=key)
    return made


def place_of(document: DotenvDocument, key: str, example: DotenvDocument) -> DotenvEntry | None:
    """Behind which entry a new key belongs: the nearest above it in the example that is here."""
    keys = [entry.key for entry in example.entries]
    if key not in keys:
        return None
    here = {entry.key: entry for entry in document.entries}
    above = keys[: keys.index(key)]
    return next((here[name] for name in reversed(above) if name in here), None)


def _off(document: DotenvDocument, key: str) -> DotenvEntry | None:
    found = [entry for entry in document.entries if entry.key == key and entry.commented]
    return found[-1] if found else None
