"""The lines of the environment table. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel
from pixel_tui.environment.checks.overview import KeyRow, KeyState, Overview
from pixel_tui.redaction.redactor import redact
from pixel_tui.text import SafeText, plain
from widgets.rows.table import Cell, Tone

DOTS: Final = SafeText("••••••••")
"""The mask of a secret, whatever its length."""
STATES: Final[Mapping[KeyState, tuple[str, Tone]]] = {
    KeyState.SET: ("● set", Tone.GOOD),
    KeyState.MISSING: ("✗ missing", Tone.BAD),
    KeyState.PLACEHOLDER: ("! placeholder", Tone.WARN),
    KeyState.EMPTY: ("○ empty", Tone.NOTE),
    KeyState.UNKNOWN: ("? unknown", Tone.NOTE),
    KeyState.DUPLICATE: ("‖ duplicate", Tone.WARN),
    KeyState.COMMENTED: ("# off", Tone.MUTED),
}
MISSING_OPTIONAL: Final = ("– not set", Tone.MUTED)
"""The state of a missing key that is not required."""
OVERRIDDEN: Final = ("↓ overridden", Tone.MUTED)
OVERRIDES: Final = ("↑ overrides", Tone.GOOD)
ELSEWHERE: Final = ("→ other file", Tone.MUTED)
"""The state of a key that another environment file sets."""
NOWHERE: Final = SafeText("Not in the file")
MAX_CHARACTERS: Final = 1000
"""The characters of a text that are drawn: more would block the console."""
MARKS: Final[Mapping[EnvironmentLevel, tuple[str, Tone]]] = {
    EnvironmentLevel.ERROR: ("✗", Tone.BAD),
    EnvironmentLevel.WARNING: ("!", Tone.WARN),
    EnvironmentLevel.INFO: ("·", Tone.NOTE),
}
_WORST: Final = (EnvironmentLevel.ERROR, EnvironmentLevel.WARNING, EnvironmentLevel.INFO)


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a section."""

    words: SafeText


@dataclass(frozen=True, repr=False)
class KeyLine:
    """The line of a key. Its name stays the same when lines above it are edited."""

    name: str
    """The key, with a number if it is a duplicate: `DEBUG`, `DEBUG#2`."""
    row: KeyRow

    def __repr__(self) -> str:
        """Leave out the value."""
        return f"KeyLine({self.name})"

    @property
    def problem(self) -> bool:
        """Whether it has a problem."""
        return any(item.level is not EnvironmentLevel.INFO for item in self.row.findings)

    @cached_property
    def search_text(self) -> str:
        """The text that a filter searches, in lower case; cached."""
        row = self.row
        texts = (row.key, state_words(row)[0], row.section, row.purpose, readers(row), layer(row))
        return " ".join((*texts, shown_value(row))).lower()


TableLine = Heading | KeyLine


def named_rows(overview: Overview) -> Sequence[KeyLine]:
    """The rows with unique names."""
    seen: Counter[str] = Counter()
    lines = []
    for row in sorted(overview.rows, key=_is_unplaced):
        seen[row.key] += 1
        count = seen[row.key]
        lines.append(KeyLine(row.key if count == 1 else f"{row.key}#{count}", row))
    return lines


def _is_unplaced(row: KeyRow) -> bool:
    """Whether a key is not in the file and belongs to no section."""
    return row.entry is None and not row.section


def table_lines(
    rows: Sequence[KeyLine], words: str = "", *, problems: bool = False
) -> list[TableLine]:
    """The lines of the table: the rows that pass the filters, below the names of their sections.

    Args:
        rows: All rows.
        words: The filter; a row must contain all of its words.
        problems: Whether to show only rows with problems.
    """
    lines: list[TableLine] = []
    section: str | None = None
    for line in rows:
        if (problems and not line.problem) or not _matches(line, words):
            continue
        words_above = NOWHERE if _is_unplaced(line.row) else line.row.section
        if words_above != section:
            section = words_above
            lines.append(Heading(words_above or SafeText("Above every section")))
        lines.append(line)
    return lines


def hidden_problems(rows: Sequence[KeyLine], words: str) -> int:
    """The number of keys with problems that a filter hides."""
    return sum(line.problem and not _matches(line, words) for line in rows)


def _matches(line: KeyLine, words: str) -> bool:
    wanted = words.lower().split()
    return not wanted or all(word in line.search_text for word in wanted)


def state_words(row: KeyRow) -> tuple[str, Tone]:
    """The state of a key: a mark with a word, and a tone."""
    if row.overridden_by and row.entry is None:
        return ELSEWHERE
    if row.overridden_by and row.state is not KeyState.COMMENTED:
        return OVERRIDDEN
    if row.overrides and row.state is KeyState.SET:
        return OVERRIDES
    if row.state is KeyState.MISSING and not row.required:
        return MISSING_OPTIONAL
    return STATES[row.state]


def layer(row: KeyRow) -> SafeText:
    """The relation of a key to other environment files; empty if there is none."""
    if row.overridden_by:
        counts = row.entry is not None and not row.entry.commented
        words = "overridden by" if counts else "set in"
        return SafeText(f"{words} {row.overridden_by}")
    return SafeText(f"overrides {row.overrides}" if row.overrides else "")


def readers(row: KeyRow) -> SafeText:
    """The names of the services that read it."""
    return SafeText(", ".join(dict.fromkeys(use.service for use in row.uses if use.service)))


def shown_value(row: KeyRow, *, revealed: bool = False) -> SafeText:
    """The value of a key; a secret is masked unless it is revealed."""
    if not row.secret or revealed:
        return safe_value(row.written, secret=False, revealed=revealed)
    return DOTS if row.written else SafeText("")


def shown_effective(row: KeyRow, *, revealed: bool = False) -> SafeText:
    """The value that compose reads, if it differs from the written one; else empty."""
    if not row.differs or row.effective is None:
        return SafeText("")
    if row.secret and not revealed:
        return SafeText("different value")
    return safe_value(row.effective, secret=False, revealed=revealed) or SafeText("(empty)")


def safe_value(value: str, *, secret: bool, revealed: bool = False) -> SafeText:
    """A value with its secrets masked; passwords in other values are masked too."""
    if secret and not revealed:
        return DOTS if value else SafeText("")
    return plain(value if revealed else redact(value))


def shortened(text: str) -> SafeText:
    """A text cut to `MAX_CHARACTERS`, with its length if it was longer."""
    if len(text) <= MAX_CHARACTERS:
        return SafeText(text)
    return SafeText(f"{text[:MAX_CHARACTERS]}… ({len(text):,} characters)")


def worst(findings: Sequence[EnvironmentFinding]) -> EnvironmentLevel | None:
    """The worst level of some findings."""
    found = {item.level for item in findings}
    return next((level for level in _WORST if level in found), None)


def cells(row: KeyRow, *, revealed: bool = False) -> Iterator[Cell]:
    """The cells of a row: mark of the findings, state, key, value, readers."""
    level = worst(row.findings)
    mark, tone = MARKS[level] if level is not None else (" ", Tone.PLAIN)
    yield Cell(SafeText(mark), tone)
    words, tone = state_words(row)
    yield Cell(SafeText(words), tone)
    muted = row.entry is None or row.entry.commented
    star = "*" if row.required else ""
    yield Cell(SafeText(f"{row.key}{star}"), Tone.MUTED if muted else Tone.PLAIN)
    effective = shown_effective(row, revealed=revealed)
    value = shown_value(row, revealed=revealed)
    if effective:
        yield Cell(SafeText(f"{value} → {effective}"), Tone.NOTE)
    else:
        yield Cell(value, Tone.MUTED if muted else Tone.PLAIN)
    yield Cell(readers(row), Tone.MUTED)


def totals_words(overview: Overview) -> Iterator[tuple[SafeText, int]]:
    """The totals, with their ranks: `41 keys`, `2 missing`, `3 errors`.

    Each with its rank in a line: the greater, the sooner it is left out.
    """
    missing = sum(
        row.state is KeyState.MISSING and row.required and not row.overridden_by
        for row in overview.rows
    )
    present = sum(row.entry is not None for row in overview.rows)
    counts: list[tuple[int, str, str, int]] = [(present, "key", "keys", 5)]
    counts.append((missing, "required missing", "required missing", 1))
    placeholders = sum(row.state is KeyState.PLACEHOLDER for row in overview.rows)
    counts.append((placeholders, "placeholder", "placeholders", 3))
    for level, rank in zip(_WORST[:2], (2, 4), strict=True):
        found = sum(item.level is level for item in overview.findings)
        counts.append((found, level.value, f"{level.value}s", rank))
    for at, (count, one, many, rank) in enumerate(counts):
        if count or not at:
            yield SafeText(f"{count} {one if count == 1 else many}"), rank
