"""Whether an audit trail is as it was written. Pure.

Each record names the SHA-256 of the line before it, and a small file beside the trail that
of the last line: an edit, a removal and a cut show, each at its place. It is no seal
against somebody who writes both files anew; a copy elsewhere is.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.json_reading import parse_json

VERSION: Final = 2
"""Records of version 1 had no chain."""
MOST_PROBLEMS: Final = 100
"""So many are told one by one."""


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
    count: int = 0
    """Records that were read; the oldest of them need not have been kept."""
    unsealed: str = ""
    """What its seal can't vouch for, a sentence that is among the problems too; mostly empty."""


def digest(line: bytes) -> str:
    """What the next record says of a line; without its line end."""
    return hashlib.sha256(line).hexdigest()


@dataclass(frozen=True, slots=True)
class TrailLine:
    """A line of the trail's file, without its end."""

    digest: str
    content: bytes | None
    """None for one that is too long to be a record."""


def read_trail(
    lines: Iterable[TrailLine], head: str | None, *, skipped: int = 0, keep: int | None = None
) -> Trail:
    """Read a trail and compare it with its chain.

    Args:
        lines: The lines of the file, or of its end; each is looked at once and let go.
        head: What the file beside it says of the last line; None where it is not there.
        skipped: How many lines are before; what the first one says of them is not compared.
        keep: As many of the newest records are kept; all of them if None.
    """
    reading = _Reading(skipped, deque(maxlen=keep))
    for line in lines:
        reading.take(line)
    return reading.trail(head)


class _Reading:
    """How far a trail was read."""

    def __init__(self, skipped: int, records: deque[Record]) -> None:
        self._skipped = self._number = skipped
        self._records = records
        self._count = self._unchained = self._torn = self._more = 0
        self._last_torn = -1
        self._problems: list[str] = []
        self._chained = False
        self._before = ""
        self._previous: object = None

    def take(self, line: TrailLine) -> None:
        """Compare one more line with the one before it."""
        self._number += 1
        facts = None if line.content is None else _facts(line.content)
        if line.content is None:
            self._tell(f"Line {self._number} is longer than any record.")
        elif facts is None:
            self._torn += 1
            self._last_torn = self._number
        else:
            self._count += 1
            self._records.append(Record(self._number, facts))
            self._compare(facts.get("previous"))
        self._before = line.digest

    def _compare(self, previous: object) -> None:
        self._previous = previous
        if not isinstance(previous, str):
            if self._chained:
                self._tell(f"Line {self._number} does not belong to the chain: it was inserted.")
            else:
                self._unchained += 1
            return
        self._chained = True
        first_read = self._skipped and self._number == self._skipped + 1
        if previous != self._before and not first_read:
            self._tell(_broken(self._number))
            self._torn -= self._last_torn == self._number - 1

    def _tell(self, problem: str) -> None:
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(problem)
        else:
            self._more += 1

    def trail(self, head: str | None) -> Trail:
        """All that was found."""
        more = (f"{self._more:,} more lines are not intact.",) if self._more else ()
        at_end = _compared(
            head,
            self._before,
            self._previous,
            chained=self._chained,
            empty=self._number == self._skipped,
        )
        return Trail(
            tuple(self._records),
            (*self._problems, *more, *at_end),
            self._torn,
            self._unchained,
            self._skipped,
            self._count,
        )


def _broken(number: int) -> str:
    if number == 1:
        return "The beginning is missing: the first line refers to an earlier one."
    return f"Line {number - 1} was changed, or lines between it and line {number} were removed."


def _compared(
    head: str | None, last: str, previous: object, *, chained: bool, empty: bool
) -> Sequence[str]:
    """What the head tells of the end."""
    if head is None:
        return ["The file that records the last line is missing."] if chained else []
    if empty:
        return ["All records are missing."]
    if head in {last, previous}:  # a power loss may come between the record and the head
        return []
    return ["The last line was changed, or lines after it were removed."]


def _facts(line: bytes) -> Mapping[str, object] | None:
    try:
        found = parse_json(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
