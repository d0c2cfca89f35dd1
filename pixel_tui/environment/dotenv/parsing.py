"""Parses the lines of a `.env` to entries, faults and sections."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from pixel_tui.environment.dotenv.comments import SectionTitles, commented_entry
from pixel_tui.environment.dotenv.entry import DotenvEntry, DotenvFault, Quoting
from pixel_tui.environment.dotenv.expansion import is_well_formed
from pixel_tui.environment.dotenv.grammar import (
    BYTE_ORDER_MARK,
    WHITESPACE,
    RefusalReason,
    Statement,
    statements,
    unescape,
)
from pixel_tui.text import SafeText, plain

_QUOTING: Final = {quoting.character: quoting for quoting in Quoting}

_NO_ASSIGNMENT: Final = "Write KEY=value, or start the line with # to make it a comment."


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parsed lines."""

    entries: tuple[DotenvEntry, ...]
    faults: tuple[DotenvFault, ...]
    sections: tuple[SafeText, ...]


def parse_lines(lines: Sequence[str], max_entries: int) -> Parsed | None:
    """Parse a file's lines; None if they have more entries than that."""
    return _Parser(lines).parsed(max_entries)


class _Parser:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        if lines and lines[0].startswith(BYTE_ORDER_MARK):
            # A space has the same length, and no meaning before a statement.
            self._lines = (f" {lines[0][1:]}", *lines[1:])
        self._starts = list(accumulate(map(len, lines), initial=0))
        self._banners = SectionTitles()
        self._entries: list[DotenvEntry] = []
        self._faults: list[DotenvFault] = []
        self._next = 0
        """The index of the first line that is not parsed yet."""

    def parsed(self, max_entries: int) -> Parsed | None:
        text = "".join(self._lines)
        line = 0
        for statement in statements(text):
            while self._starts[line + 1] <= statement.start:
                line += 1
            if self._next < line:
                self._parse_comments(line)
            self._statement(text, statement, line)
            self._banners.end_comments()
            while self._starts[line + 1] < statement.value_end:
                line += 1
            self._next = line + 1
            if len(self._entries) > max_entries:
                return None
        self._parse_comments(len(self._lines))
        return Parsed(tuple(self._entries), tuple(self._faults), tuple(self._banners.found))

    def _parse_comments(self, end: int) -> None:
        """Parse the lines between statements."""
        while self._next < end:
            line = self._lines[self._next].lstrip(WHITESPACE)
            if line.startswith("#"):
                self._comment(line)
            else:
                self._banners.end_comments()
                self._next += 1

    def _comment(self, line: str) -> None:
        found = commented_entry(self._lines, self._next) if "=" in line else None
        if found is None:
            self._banners.comment(line)
            self._next += 1
            return
        self._banners.end_comments()
        entry = self._entry(
            found.statement, found.text, self._next, comment_prefix=found.comment_prefix
        )
        self._entries.append(entry)
        self._next += entry.lines

    def _statement(self, text: str, statement: Statement, line: int) -> None:
        """Parse a statement of compose, or one for which it refuses the file."""
        entry = self._entry(statement, text, line, offset=self._starts[line])
        may_be_refused = statement.refused or "${" in entry.raw
        fault = _fault(statement, entry) if may_be_refused else None
        if fault is not None:
            self._faults.append(fault)
        if statement.has_separator or statement.key:
            self._entries.append(entry if fault is None else replace(entry, broken=True))

    def _entry(
        self,
        statement: Statement,
        text: str,
        line: int,
        *,
        offset: int = 0,
        comment_prefix: str = "",
    ) -> DotenvEntry:
        raw = text[statement.value_start : statement.value_end]
        return DotenvEntry(
            key=statement.key,
            line=line + 1,
            lines=raw.count("\n") + 1,
            raw=raw,
            written=_unquoted(statement, raw),
            quoting=_QUOTING[statement.quote],
            exported=statement.exported,
            has_value=statement.has_separator,
            commented=bool(comment_prefix),
            section=self._banners.current,
            comment_prefix=comment_prefix,
            start=statement.start - offset,
            value_start=statement.value_start - offset,
        )


def _unquoted(statement: Statement, raw: str) -> str:
    if not statement.quote:
        return raw
    if statement.refused:
        return raw.removeprefix(statement.quote).removesuffix(statement.quote)
    return raw[1:-1]


def _fault(statement: Statement, entry: DotenvEntry) -> DotenvFault | None:
    """Return why compose refuses this statement, regardless of the variables' values."""
    problem = _refusal(statement, entry.key)
    if problem is None and entry.quoting is not Quoting.SINGLE:
        problem = _reference_problem(statement, entry)
    if problem is None:
        return None
    message, hint = problem
    return DotenvFault(entry.line, entry.key, plain(message), plain(hint))


def _refusal(statement: Statement, key: str) -> tuple[str, str] | None:
    """Return the message and the hint for a refused statement; None if compose accepts it."""
    match statement.refused:
        case RefusalReason.CHARACTER:
            return f"A name can't have “{statement.character}” in it.", _NO_ASSIGNMENT
        case RefusalReason.BLANK:
            return "A name can't have a blank in it.", _NO_ASSIGNMENT
        case RefusalReason.MISSING_NAME:
            return "There is no name after “export”.", _NO_ASSIGNMENT
        case RefusalReason.UNTERMINATED:
            return (
                f"The quote that opens the value of {key} is never closed.",
                f"Close it with {statement.quote} or remove it.",
            )
        case RefusalReason.CLOSED_ON_ANOTHER_LINE:
            return (
                f"The value of {key} ends at a quote on another line, with text after it.",
                f"Close it on its own line with {statement.quote} or remove the quote.",
            )
        case RefusalReason.AFTER_QUOTE:
            return (
                f"There is text after the closing quote of {key}.",
                'Put all of it in one pair of double quotes, with \\" for a quote in it.',
            )
        case None:
            return None


def _reference_problem(statement: Statement, entry: DotenvEntry) -> tuple[str, str] | None:
    if is_well_formed(unescape(entry.raw, statement.quote)):
        return None
    return (
        f"A “${{” in {entry.key} has no variable name or no closing “}}”.",
        "Use single quotes if it is not a variable.",
    )
