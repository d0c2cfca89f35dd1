"""What two environment files have not in common, without a value of a secret.

Not even a secret's length is told: of one that changed it is said that it changed.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.line_matcher import LineMatcher
from pixel_tui.environment.dotenv.units import groups
from pixel_tui.redaction.redactor import MASK, is_secret_value, redact
from pixel_tui.text import SafeText, plain

CONTEXT: Final = 3
"""Lines that are shown before and behind each difference."""
_CHANGED: Final = " (changed)"
_DIFFERENTLY: Final = " (the same value, written differently)"
_INVISIBLY: Final = " (different invisible characters)"

_COMMENTED = re.compile(
    r"(?P<head>\s*#[#\s]*(?:export\s+)?(?P<key>[\w.\-]+)\s*[=:]\s*)(?P<quote>['\"]?)", re.ASCII
)


_USUAL_KEY = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)

IsSecret = Callable[[DotenvEntry], bool]
"""Whether the value of an entry is secret."""


class KeyDifference(StrEnum):
    """What became of a key."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    COMMENTED_OUT = "commented out"
    RESTORED = "restored"
    """It was commented out, and counts again."""
    REORDERED = "reordered"
    """It means the same, at another place."""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key that is not in both files alike."""

    key: SafeText
    kind: KeyDifference
    secret: bool
    before: SafeText | None
    """Its value as written, masked where it is secret; None where it did not count."""
    after: SafeText | None


class DiffLineKind(StrEnum):
    """Which file a line is of."""

    BOTH = " "
    OLD = "-"
    NEW = "+"
    GAP = "@"
    """Lines of both are left out here."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line as it is shown; a value of several lines is one."""

    kind: DiffLineKind
    text: SafeText
    number: int
    """In the file that it is of, from 1; of both, in the new one. 0 for a gap."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two files compared."""

    changes: tuple[KeyChange, ...]
    """In the order of the new file, then those that are gone."""
    lines: tuple[DiffLine, ...]

    @property
    def is_empty(self) -> bool:
        """Whether they are the same, to the letter."""
        return not self.lines


def difference(
    old: DotenvDocument, new: DotenvDocument, secret: IsSecret, *, context: int = CONTEXT
) -> Difference:
    """Compare two files.

    Args:
        old: The file before.
        new: The file after.
        secret: Whether a value is secret. A key that has a secret value anywhere in the files is
            masked everywhere in them.
        context: How many lines are shown around each difference.
    """
    secrets = frozenset(item.key for item in (*old.entries, *new.entries) if secret(item))
    return Difference(tuple(_changes(old, new, secrets)), tuple(_lines(old, new, secrets, context)))


def _changes(
    old: DotenvDocument, new: DotenvDocument, secrets: Collection[str]
) -> Iterator[KeyChange]:
    before, after = _counting(old), _counting(new)
    moved = _moved(list(before), list(after))
    off_before, off_after = _commented(old), _commented(new)
    for key, entry in after.items():
        was = before.get(key)
        kind: KeyDifference | None = None
        if was is None:
            kind = KeyDifference.RESTORED if key in off_before else KeyDifference.ADDED
        elif (was.raw, was.has_value) != (entry.raw, entry.has_value):
            kind = KeyDifference.CHANGED
        elif key in moved:
            kind = KeyDifference.REORDERED
        if kind is not None:
            yield _change(key, kind, was, entry, secrets)
    for key, entry in before.items():
        if key not in after:
            kind = KeyDifference.COMMENTED_OUT if key in off_after else KeyDifference.REMOVED
            yield _change(key, kind, entry, None, secrets)


def _change(
    key: str,
    kind: KeyDifference,
    was: DotenvEntry | None,
    now: DotenvEntry | None,
    secrets: Collection[str],
) -> KeyChange:
    before = None if was is None else _shown(was, secrets)
    after = None if now is None else _shown(now, secrets)
    if kind is KeyDifference.CHANGED and before == after and after is not None:
        after = SafeText(after + (_CHANGED if MASK in after else _INVISIBLY))
    return KeyChange(plain(key), kind, key in secrets, before, after)


def _counting(document: DotenvDocument) -> dict[str, DotenvEntry]:
    """The entries that count: of each key the last."""
    found: dict[str, DotenvEntry] = {}
    for entry in document.entries:
        if entry.key and not entry.commented:
            found.pop(entry.key, None)
            found[entry.key] = entry
    return found


def _commented(document: DotenvDocument) -> frozenset[str]:
    return frozenset(entry.key for entry in document.entries if entry.commented)


def _moved(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """Keys that both files have, and that others have overtaken."""
    both = set(before) & set(after)
    old, new = ([key for key in keys if key in both] for keys in (before, after))
    stay = LineMatcher(old, new).get_matching_blocks()
    return frozenset(both.difference(*(old[block.a : block.a + block.size] for block in stay)))


def _shown(entry: DotenvEntry, secrets: Collection[str]) -> SafeText:
    """The value as it is written, or the mask."""
    if not entry.raw:
        return SafeText("")
    # Of what compose can't read nobody knows where it was to end.
    if _is_hidden(entry, secrets):
        return SafeText(MASK)
    return plain(redact(entry.raw))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file, or the lines of one entry."""

    content: bytes = field(repr=False)
    shown: SafeText
    number: int
    entries: tuple[DotenvEntry, ...]


def _lines(
    old: DotenvDocument, new: DotenvDocument, secrets: Collection[str], context: int
) -> Iterator[DiffLine]:
    before, after = _shown_lines(old, secrets), _shown_lines(new, secrets)
    matcher = LineMatcher([line.content for line in before], [line.content for line in after])
    values: dict[str, set[str]] = {}
    for entry in old.entries:
        values.setdefault(entry.key, set()).add(entry.raw)
    for group in matcher.get_grouped_opcodes(context):
        if group[0][1] or group[0][3]:
            yield DiffLine(DiffLineKind.GAP, SafeText(""), 0)
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                for line in after[new_start:new_end]:
                    yield DiffLine(DiffLineKind.BOTH, line.shown, line.number)
                continue
            gone = before[old_start:old_end]
            for line in gone:
                yield DiffLine(DiffLineKind.OLD, line.shown, line.number)
            alike = {line.shown for line in gone}
            for line in after[new_start:new_end]:
                told = line.shown + _what_is_hidden(line, values, alike=line.shown in alike)
                yield DiffLine(DiffLineKind.NEW, SafeText(told), line.number)


def _what_is_hidden(line: _Line, values: Mapping[str, Collection[str]], *, alike: bool) -> str:
    """What a new line has that can't be seen in it.

    Args:
        line: The line.
        values: The values that each key had in the old file.
        alike: Whether a line that is shown like this one has gone.
    """
    if MASK in line.shown:
        known = [entry for entry in line.entries if entry.key in values]
        if any(entry.raw not in values[entry.key] for entry in known):
            return _CHANGED
        return _DIFFERENTLY if alike else ""
    return _INVISIBLY if alike else ""


def _shown_lines(document: DotenvDocument, secrets: Collection[str]) -> list[_Line]:
    quote = ""
    lines: list[_Line] = []
    for group in groups(document, document.entries):
        text = group.data.decode("utf-8", "replace")
        usual = any(not entry.commented or _begins_anew(entry) for entry in group.entries)
        if quote and not usual and text.lstrip().startswith("#"):
            # The lines of a secret that was commented out: its quote is never closed.
            shown = SafeText(f"# {MASK}")
            quote = "" if quote in text else quote
        else:
            shown, quote = _shown_group(text, group.entries, secrets)
        lines.append(_Line(group.data.removesuffix(b"\n"), shown, group.line, group.entries))
    return lines


def _shown_group(
    text: str, entries: Sequence[DotenvEntry], secrets: Collection[str]
) -> tuple[SafeText, str]:
    """Lines without their secrets, and the quote that a comment leaves open."""
    if any(_is_hidden(entry, secrets) for entry in entries):
        return plain(" ".join(_masked(entry, secrets) for entry in entries)), ""
    if entries or not text.strip():
        return plain(redact(text)), ""
    if not text.lstrip().startswith("#"):
        # Compose can't read it, so nobody knows what it is: perhaps a line of a secret.
        return SafeText(MASK), ""
    match = _COMMENTED.match(text)
    if match is None:
        return plain(redact(text)), ""
    value = text[match.end() :].strip().removesuffix(match["quote"])
    if match["key"] not in secrets and not is_secret_value(match["key"], value):
        return plain(redact(text)), ""
    return plain(f"{match['head']}{MASK}"), match["quote"]


def _begins_anew(entry: DotenvEntry) -> bool:
    """Whether it looks like an assignment rather than like a line of a long secret."""
    return entry.has_value and _USUAL_KEY.fullmatch(entry.key) is not None


def _is_hidden(entry: DotenvEntry, secrets: Collection[str]) -> bool:
    return entry.broken or not entry.key or entry.key in secrets


def _masked(entry: DotenvEntry, secrets: Collection[str]) -> str:
    """An entry without what stands behind its value: an old secret is often kept there."""
    exported = "export " if entry.exported else ""
    separator = "=" if entry.has_value else ""
    return f"{entry.mark}{exported}{entry.key}{separator}{_shown(entry, secrets)}"
