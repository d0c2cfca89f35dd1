"""Compares two environment files, with secrets masked.

A changed secret is only marked as changed; not even its length is shown.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.line_matcher import LineMatcher
from pixel_tui.environment.dotenv.units import line_blocks
from pixel_tui.redaction.redactor import MASK, is_secret_value, redact
from pixel_tui.text import SafeText, plain

CONTEXT: Final = 3
"""Lines that are shown above and below each difference."""
_CHANGED: Final = " (changed)"
_WRITTEN_DIFFERENTLY: Final = " (the same value, written differently)"
_INVISIBLE: Final = " (different invisible characters)"

_COMMENTED = re.compile(
    r"(?P<head>\s*#[#\s]*(?:export\s+)?(?P<key>[\w.\-]+)\s*[=:]\s*)(?P<quote>['\"]?)", re.ASCII
)


_USUAL_KEY = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)

IsSecret = Callable[[DotenvEntry], bool]
"""Whether the value of an entry is secret."""


class KeyChangeKind(StrEnum):
    """How a key changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    COMMENTED_OUT = "commented out"
    RESTORED = "restored"
    """It was commented out before."""
    REORDERED = "reordered"
    """Moved, with the same value."""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key that differs between the files."""

    key: SafeText
    kind: KeyChangeKind
    secret: bool
    before: SafeText | None
    """The value as written, masked if it is secret; None if the key was not set."""
    after: SafeText | None


class DiffLineKind(StrEnum):
    """Which file a line belongs to."""

    BOTH = " "
    OLD = "-"
    NEW = "+"
    GAP = "@"
    """Lines of both files are left out here."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line as shown; a multi-line value is one."""

    kind: DiffLineKind
    text: SafeText
    number: int
    """The line number in its file, from 1; in the new file for `BOTH`; 0 for a gap."""


@dataclass(frozen=True, slots=True)
class DotenvDiff:
    """The result of comparing two files."""

    changes: tuple[KeyChange, ...]
    """In the order of the new file, then removed keys."""
    lines: tuple[DiffLine, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the files are identical."""
        return not self.lines


def difference(
    old: DotenvDocument, new: DotenvDocument, secret: IsSecret, *, context: int = CONTEXT
) -> DotenvDiff:
    """Compare two files.

    Args:
        old: The old file.
        new: The new file.
        secret: Whether a value is secret. A key with a secret value anywhere in the files is masked
            everywhere.
        context: How many lines to show around each difference.
    """
    secrets = frozenset(item.key for item in (*old.entries, *new.entries) if secret(item))
    return DotenvDiff(
        tuple(_changes(old, new, secrets)), tuple(_diff_lines(old, new, secrets, context))
    )


def _changes(
    old: DotenvDocument, new: DotenvDocument, secrets: Collection[str]
) -> Iterator[KeyChange]:
    before, after = _effective_entries(old), _effective_entries(new)
    moved = _moved_keys(list(before), list(after))
    commented_before, commented_after = _commented_keys(old), _commented_keys(new)
    for key, entry in after.items():
        old_entry = before.get(key)
        kind: KeyChangeKind | None = None
        if old_entry is None:
            kind = KeyChangeKind.RESTORED if key in commented_before else KeyChangeKind.ADDED
        elif (old_entry.raw, old_entry.has_value) != (entry.raw, entry.has_value):
            kind = KeyChangeKind.CHANGED
        elif key in moved:
            kind = KeyChangeKind.REORDERED
        if kind is not None:
            yield _change(key, kind, old_entry, entry, secrets)
    for key, entry in before.items():
        if key not in after:
            kind = KeyChangeKind.COMMENTED_OUT if key in commented_after else KeyChangeKind.REMOVED
            yield _change(key, kind, entry, None, secrets)


def _change(
    key: str,
    kind: KeyChangeKind,
    old_entry: DotenvEntry | None,
    new_entry: DotenvEntry | None,
    secrets: Collection[str],
) -> KeyChange:
    before = None if old_entry is None else _display_value(old_entry, secrets)
    after = None if new_entry is None else _display_value(new_entry, secrets)
    if kind is KeyChangeKind.CHANGED and before == after and after is not None:
        after = SafeText(after + (_CHANGED if MASK in after else _INVISIBLE))
    return KeyChange(plain(key), kind, key in secrets, before, after)


def _effective_entries(document: DotenvDocument) -> dict[str, DotenvEntry]:
    """Return the last entry of each key, which is the one that counts."""
    found: dict[str, DotenvEntry] = {}
    for entry in document.entries:
        if entry.key and not entry.commented:
            found.pop(entry.key, None)
            found[entry.key] = entry
    return found


def _commented_keys(document: DotenvDocument) -> frozenset[str]:
    return frozenset(entry.key for entry in document.entries if entry.commented)


def _moved_keys(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """Return the keys of both files whose order among them changed."""
    both = set(before) & set(after)
    old, new = ([key for key in keys if key in both] for keys in (before, after))
    stay = LineMatcher(old, new).get_matching_blocks()
    return frozenset(both.difference(*(old[block.a : block.a + block.size] for block in stay)))


def _display_value(entry: DotenvEntry, secrets: Collection[str]) -> SafeText:
    """Return the value as written, or the mask."""
    if not entry.raw:
        return SafeText("")
    # If compose can't read it, its end is unknown.
    if _must_mask(entry, secrets):
        return SafeText(MASK)
    return plain(redact(entry.raw))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file, or all lines of one entry."""

    content: bytes = field(repr=False)
    shown: SafeText
    number: int
    entries: tuple[DotenvEntry, ...]


def _diff_lines(
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
            removed = before[old_start:old_end]
            for line in removed:
                yield DiffLine(DiffLineKind.OLD, line.shown, line.number)
            alike = {line.shown for line in removed}
            for line in after[new_start:new_end]:
                text = line.shown + _hidden_change(line, values, alike=line.shown in alike)
                yield DiffLine(DiffLineKind.NEW, SafeText(text), line.number)


def _hidden_change(line: _Line, values: Mapping[str, Collection[str]], *, alike: bool) -> str:
    """Return a note about a change that can't be seen in the new line; empty if there is none.

    Args:
        line: The line.
        values: The values of each key in the old file.
        alike: Whether a removed line looks the same.
    """
    if MASK in line.shown:
        known = [entry for entry in line.entries if entry.key in values]
        if any(entry.raw not in values[entry.key] for entry in known):
            return _CHANGED
        return _WRITTEN_DIFFERENTLY if alike else ""
    return _INVISIBLE if alike else ""


def _shown_lines(document: DotenvDocument, secrets: Collection[str]) -> list[_Line]:
    quote = ""
    lines: list[_Line] = []
    for group in line_blocks(document, document.entries):
        text = group.data.decode("utf-8", "replace")
        starts_entry = any(
            not entry.commented or _looks_like_assignment(entry) for entry in group.entries
        )
        if quote and not starts_entry and text.lstrip().startswith("#"):
            # A line of a commented-out secret whose quote is still open.
            shown = SafeText(f"# {MASK}")
            quote = "" if quote in text else quote
        else:
            shown, quote = _shown_group(text, group.entries, secrets)
        lines.append(_Line(group.data.removesuffix(b"\n"), shown, group.line, group.entries))
    return lines


def _shown_group(
    text: str, entries: Sequence[DotenvEntry], secrets: Collection[str]
) -> tuple[SafeText, str]:
    """Return lines with their secrets masked, and the quote that a comment leaves open."""
    if any(_must_mask(entry, secrets) for entry in entries):
        return plain(" ".join(_masked(entry, secrets) for entry in entries)), ""
    if entries or not text.strip():
        return plain(redact(text)), ""
    if not text.lstrip().startswith("#"):
        # Compose can't read it: it may be a line of a secret.
        return SafeText(MASK), ""
    match = _COMMENTED.match(text)
    if match is None:
        return plain(redact(text)), ""
    value = text[match.end() :].strip().removesuffix(match["quote"])
    if match["key"] not in secrets and not is_secret_value(match["key"], value):
        return plain(redact(text)), ""
    return plain(f"{match['head']}{MASK}"), match["quote"]


def _looks_like_assignment(entry: DotenvEntry) -> bool:
    """Whether it looks like an assignment rather than a line of a multi-line secret."""
    return entry.has_value and _USUAL_KEY.fullmatch(entry.key) is not None


def _must_mask(entry: DotenvEntry, secrets: Collection[str]) -> bool:
    return entry.broken or not entry.key or entry.key in secrets


def _masked(entry: DotenvEntry, secrets: Collection[str]) -> str:
    """Return an entry without the comment after its value: an old secret is often kept there."""
    exported = "export " if entry.exported else ""
    separator = "=" if entry.has_value else ""
    return f"{entry.comment_prefix}{exported}{entry.key}{separator}{_display_value(entry, secrets)}"
