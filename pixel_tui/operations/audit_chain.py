"""Whether an audit trail is as it was written. Pure.

Each record names the SHA-256 of the line before it, and a small file beside the trail that
of the last line: an edit, a removal and a cut show, each at its place. It is no seal
against somebody who writes both files anew; a copy elsewhere is.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.json_reading import parse_json

VERSION: Final = 2
"""Records of version 1 had no chain."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the trail that could be read."""

    line: int
    """From 1."""
    facts: Mapping[str, object]

    def word(self, name: str) -> str:
        """A fact as text; empty where it is not there."""
        value = self.facts.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail as it was read."""

    records: tuple[Record, ...]
    problems: tuple[str, ...]
    """What was changed or is missing, a sentence each; empty where all is as it was written."""
    torn: int = 0
    """Records that a full disk or a power loss cut short, and that the next one knows of."""
    unchained: int = 0
    """Records from before there was a chain."""
    skipped: int = 0
    """Older lines, which were not read."""


def digest(line: bytes) -> str:
    """What the next record says of a line; without its line end."""
    return hashlib.sha256(line).hexdigest()


def read_trail(content: bytes, head: str | None, *, skipped: int = 0) -> Trail:
    """Read a trail and compare it with its chain.

    Args:
        content: The file, or its end from the beginning of a line on.
        head: What the file beside it says of the last line; None where it is not there.
        skipped: How many lines are before; what the first one says of them is not compared.
    """
    *lines, rest = content.split(b"\n")
    if rest:
        lines.append(rest)
    records: list[Record] = []
    problems: list[str] = []
    torn: list[int] = []
    unchained, chained, before, previous = 0, False, "", None
    for number, line in enumerate(lines, skipped + 1):
        facts = _facts(line)
        if facts is None:
            torn.append(number)
        else:
            records.append(Record(number, facts))
            previous = facts.get("previous")
            if isinstance(previous, str):
                chained = True
                if previous != before and not (skipped and number == skipped + 1):
                    problems.append(_broken(number))
                    torn = [at for at in torn if at != number - 1]
            elif chained:
                problems.append(f"Line {number} has no place in the chain: it was put there.")
            else:
                unchained += 1
        before = digest(line)
    problems += _compared(head, before, previous, chained=chained, empty=not lines)
    return Trail(tuple(records), tuple(problems), len(torn), unchained, skipped)


def _broken(number: int) -> str:
    if number == 1:
        return "The beginning is missing: the first line names one before it."
    return f"Line {number - 1} was changed, or lines between it and line {number} were removed."


def _compared(
    head: str | None, last: str, previous: object, *, chained: bool, empty: bool
) -> Sequence[str]:
    """What the head tells of the end."""
    if head is None:
        return ["The file that names the last line is gone."] if chained else []
    if empty:
        return ["Every record is gone."]
    if head in {last, previous}:  # a power loss may come between the record and the head
        return []
    return ["The last line was changed, or lines behind it were removed."]


def _facts(line: bytes) -> Mapping[str, object] | None:
    try:
        found = parse_json(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
