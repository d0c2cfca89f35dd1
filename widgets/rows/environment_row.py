"""An overview of an environment to the lines of its table. Pure."""

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
"""In place of a secret, however long it is."""
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
"""A key that is missing and that nobody needs."""
OVERRIDDEN: Final = ("↓ overridden", Tone.MUTED)
OVERRIDES: Final = ("↑ overrides", Tone.GOOD)
ELSEWHERE: Final = ("→ other file", Tone.MUTED)
"""Set in another of the environment files."""
NOWHERE: Final = SafeText("Not in the file")
LONGEST: Final = 1000
"""Characters of one text that are drawn: who holds 300,000 up to the light waits for them."""
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
    """One key. Its name stays the same whatever is edited above it."""

    name: str
    """The key, and its place among those of the same key: `DEBUG`, `DEBUG#2`."""
    row: KeyRow

    def __repr__(self) -> str:
        """Say nothing of its value."""
        return f"KeyLine({self.name})"

    @property
    def problem(self) -> bool:
        """Whether something is to be done about it."""
        return any(item.level is not EnvironmentLevel.INFO for item in self.row.findings)

    @cached_property
    def searched(self) -> str:
        """What a filter looks at, in small letters; at each key of it nothing is made anew."""
        row = self.row
        said = (row.key, state_words(row)[0], row.section, row.purpose, readers(row), layer(row))
        return " ".join((*said, shown_value(row))).lower()


TableLine = Heading | KeyLine


def named_rows(overview: Overview) -> Sequence[KeyLine]:
    """The rows, each with a name of its own."""
    seen: Counter[str] = Counter()
    lines = []
    for row in sorted(overview.rows, key=_is_nowhere):
        seen[row.key] += 1
        count = seen[row.key]
        lines.append(KeyLine(row.key if count == 1 else f"{row.key}#{count}", row))
    return lines


def _is_nowhere(row: KeyRow) -> bool:
    """Neither in the file nor known to belong anywhere in it."""
    return row.entry is None and not row.section


def table_lines(
    rows: Sequence[KeyLine], words: str = "", *, problems: bool = False
) -> list[TableLine]:
    """The lines of the table: those rows that are wanted, below the names of their sections.

    Args:
        rows: All of them.
        words: Each must stand in a row.
        problems: Only those about which something is to be done.
    """
    lines: list[TableLine] = []
    section: str | None = None
    for line in rows:
        if (problems and not line.problem) or not _holds(line, words):
            continue
        words_above = NOWHERE if _is_nowhere(line.row) else line.row.section
        if words_above != section:
            section = words_above
            lines.append(Heading(words_above or SafeText("Above every section")))
        lines.append(line)
    return lines


def hidden_problems(rows: Sequence[KeyLine], words: str) -> int:
    """How many keys about which something is to be done are not listed, for these words."""
    return sum(line.problem and not _holds(line, words) for line in rows)


def _holds(line: KeyLine, words: str) -> bool:
    wanted = words.lower().split()
    return not wanted or all(word in line.searched for word in wanted)


def state_words(row: KeyRow) -> tuple[str, Tone]:
    """How a key stands: a mark, a word, and a tone."""
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
    """What other environment files have to do with a key; empty where nothing."""
    if row.overridden_by:
        counts = row.entry is not None and not row.entry.commented
        words = "overridden by" if counts else "set in"
        return SafeText(f"{words} {row.overridden_by}")
    return SafeText(f"overrides {row.overrides}" if row.overrides else "")


def readers(row: KeyRow) -> SafeText:
    """The services that read it, each once."""
    return SafeText(", ".join(dict.fromkeys(use.service for use in row.uses if use.service)))


def shown_value(row: KeyRow, *, revealed: bool = False) -> SafeText:
    """Its value as it may be shown: dots for a secret, unless it is revealed."""
    if not row.secret or revealed:
        return safe_value(row.written, secret=False, revealed=revealed)
    return DOTS if row.written else SafeText("")


def shown_effective(row: KeyRow, *, revealed: bool = False) -> SafeText:
    """What compose reads, where that is something else; empty where it is the same."""
    if not row.differs or row.effective is None:
        return SafeText("")
    if row.secret and not revealed:
        return SafeText("different value")
    return safe_value(row.effective, secret=False, revealed=revealed) or SafeText("(empty)")


def safe_value(value: str, *, secret: bool, revealed: bool = False) -> SafeText:
    """A value as it may be shown; also of one that is no secret, a password in it is masked."""
    if secret and not revealed:
        return DOTS if value else SafeText("")
    return plain(value if revealed else redact(value))


def brief(text: str) -> SafeText:
    """The beginning of a harmless text that is too long to be read, and how long it is."""
    if len(text) <= LONGEST:
        return SafeText(text)
    return SafeText(f"{text[:LONGEST]}… ({len(text):,} characters)")


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
    """How many keys there are, and what is wrong: `41 keys`, `2 missing`, `3 errors`.

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
