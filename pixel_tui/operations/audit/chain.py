"""Checks the hash chain of an audit trail. Pure.

Each record has the SHA-256 of the line before it, and a small file beside the trail has that of
the last line. So edits, removals and a missing end are found, with their place. The chain alone
does not protect against someone who rewrites both files; the seal and a copy elsewhere do.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pixel_tui.json_reading import parse_json

VERSION: Final = 2
"""Records of version 1 had no chain."""
MAX_PROBLEMS: Final = 100
"""The maximum number of problems listed one by one."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A readable line of the trail."""

    line: int
    """The line number, from 1."""
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a field as text; empty if it is missing."""
        value = self.fields.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class CheckedTrail:
    """The records of a trail, and the result of the check."""

    records: tuple[AuditRecord, ...]
    problems: tuple[str, ...]
    """Changed and missing lines, a sentence each; empty if the trail is intact."""
    truncated: int = 0
    """The number of records cut short by a full disk or a power loss, which the chain knows."""
    unchained: int = 0
    """The number of records from before records were chained."""
    skipped: int = 0
    """The number of older lines that were not read."""
    record_count: int = 0
    """The number of records read, which may be more than `records` has."""
    seal_problem: str = ""
    """The problem with the seal, as a sentence of `problems`; empty if there is none."""


def digest(line: bytes) -> str:
    """Return the hash of a line, without its line end, for the next record."""
    return hashlib.sha256(line).hexdigest()


@dataclass(frozen=True, slots=True)
class TrailLine:
    """A line of the trail's file, without its line end."""

    digest: str
    content: bytes | None
    """None if it is too long to be a record."""


def check_chain(
    lines: Iterable[TrailLine],
    head: str | None,
    *,
    skipped: int = 0,
    max_records: int | None = None,
) -> CheckedTrail:
    """Read the records of a trail and check their chain.

    Args:
        lines: The lines of the file, or of its end; read once, as a stream.
        head: The hash in the file beside it; None if that file is missing.
        skipped: The number of lines before; the first line read is not compared with them.
        max_records: The number of newest records to return; None for all.
    """
    checker = _ChainChecker(skipped, deque(maxlen=max_records))
    for line in lines:
        checker.add(line)
    return checker.result(head)


class _ChainChecker:
    """Checks lines one after the other."""

    def __init__(self, skipped: int, records: deque[AuditRecord]) -> None:
        self._skipped = self._number = skipped
        self._records = records
        self._count = self._unchained = self._truncated = self._more = 0
        self._last_truncated = -1
        self._problems: list[str] = []
        self._chained = False
        self._before = ""
        self._previous: object = None

    def add(self, line: TrailLine) -> None:
        """Check the next line against the one before."""
        self._number += 1
        fields = None if line.content is None else _parse(line.content)
        if line.content is None:
            self._add_problem(f"Line {self._number} is longer than any record.")
        elif fields is None:
            self._truncated += 1
            self._last_truncated = self._number
        else:
            self._count += 1
            self._records.append(AuditRecord(self._number, fields))
            self._compare(fields.get("previous"))
        self._before = line.digest

    def _compare(self, previous: object) -> None:
        self._previous = previous
        if not isinstance(previous, str):
            if self._chained:
                self._add_problem(
                    f"Line {self._number} does not belong to the chain: it was inserted."
                )
            else:
                self._unchained += 1
            return
        self._chained = True
        first_read = self._skipped and self._number == self._skipped + 1
        if previous != self._before and not first_read:
            self._add_problem(_broken(self._number))
            self._truncated -= self._last_truncated == self._number - 1

    def _add_problem(self, problem: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(problem)
        else:
            self._more += 1

    def result(self, head: str | None) -> CheckedTrail:
        """Return the records and all problems.

        Args:
            head: The hash in the file beside the trail; None if that file is missing.
        """
        more = (f"{self._more:,} more lines are not intact.",) if self._more else ()
        of_head = _check_head(
            head,
            self._before,
            self._previous,
            chained=self._chained,
            empty=self._number == self._skipped,
        )
        return CheckedTrail(
            tuple(self._records),
            (*self._problems, *more, *of_head),
            self._truncated,
            self._unchained,
            self._skipped,
            self._count,
        )


def _broken(number: int) -> str:
    if number == 1:
        return "The beginning is missing: the first line refers to an earlier one."
    return f"Line {number - 1} was changed, or lines between it and line {number} were removed."


def _check_head(
    head: str | None, last: str, previous: object, *, chained: bool, empty: bool
) -> Sequence[str]:
    """Return the problems with the last line, according to the head."""
    if head is None:
        return ["The file that records the last line is missing."] if chained else []
    if empty:
        return ["All records are missing."]
    if head in {last, previous}:  # a power loss may come between the record and the head
        return []
    return ["The last line was changed, or lines after it were removed."]


def _parse(line: bytes) -> Mapping[str, object] | None:
    try:
        found = parse_json(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
