"""What is looked for in lines, compiled once and asked of each. Pure."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.logs.level import LogLevel
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.text import SafeText, plain

LONGEST: Final = 64 * 1024
"""Bytes of a line that are searched."""
LONGEST_PATTERN: Final = 1000
"""Characters of a query."""
MOST_SPANS: Final = 200
"""Places in one line that are marked."""
_ESCAPE = LatePattern(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)"
)


class CaseSensitivity(StrEnum):
    """Whether upper and lower case are the same."""

    SMART = "smart"
    """The same unless the query has an upper-case letter."""
    SAME = "same"
    EXACT = "exact"


_DEPENDS_ON_PLACE = LatePattern(r"[\^$]|\\[AZbB]|\(\?|[*+?}]\+")
"""Parts of an expression that look at what is around a match, or at the ends of a line."""


@dataclass(frozen=True, slots=True)
class Query:
    """What an operator has typed, and how it is meant."""

    text: str
    regex: bool = False
    case: CaseSensitivity = CaseSensitivity.SMART
    inverted: bool = False
    """Lines that do not match are looked for."""


@dataclass(frozen=True, slots=True)
class BadPattern:
    """A regular expression that is none: a result, for it is typed letter by letter."""

    what: SafeText
    """What is wrong, in one sentence."""
    position: int
    """The place in the query, from 0."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A query, compiled."""

    query: Query
    matches: Callable[[bytes], bool]
    """Whether a raw line is looked for; colours in it do not matter."""
    shown: re.Pattern[str]
    """The same in text that is shown, for marking it."""

    rough: Callable[[bytes], bool] | None = None
    """Whether bytes of many lines might hold a match: never no where one does, unless colours
    stand in them. None where that can't be told without taking them apart."""

    def spans(self, text: SafeText) -> tuple[tuple[int, int], ...]:
        """Where in a shown line the query is; nothing for an inverted one."""
        if self.query.inverted:
            return ()
        found: list[tuple[int, int]] = []
        for match in self.shown.finditer(text):
            if match.end() > match.start():
                found.append(match.span())
            if len(found) == MOST_SPANS:
                break
        return tuple(found)


def compile_query(query: Query) -> Matcher | BadPattern:
    """A query made ready, or what is wrong with it and where."""
    text = query.text
    if len(text) > LONGEST_PATTERN:
        return BadPattern(SafeText(f"Longer than {LONGEST_PATTERN} characters."), LONGEST_PATTERN)
    fold = query.case is CaseSensitivity.SAME or (
        query.case is CaseSensitivity.SMART and not _has_upper(query)
    )
    flags = re.IGNORECASE if fold else re.NOFLAG
    try:
        with warnings.catch_warnings():  # of what a later Python may read otherwise: `[[a`
            warnings.simplefilter("ignore")
            shown, raw = _compiled(query, flags)
    except re.error as error:
        reason = plain(error.msg)
        return BadPattern(SafeText(f"{reason[:1].upper()}{reason[1:]}."), error.pos or 0)
    except (ValueError, OverflowError, RecursionError) as error:
        return BadPattern(plain(str(error)), 0)
    found = _by_pattern(raw, shown) if query.regex else _by_words(text, fold=fold)
    rough = None if query.inverted else _rough(query, raw, fold=fold)
    return Matcher(query, _negated(found) if query.inverted else found, shown, rough)


def _rough(
    query: Query, raw: re.Pattern[bytes] | None, *, fold: bool
) -> Callable[[bytes], bool] | None:
    """A look at many lines at once, where a match depends on nothing around it."""
    if query.regex:
        if raw is None or _DEPENDS_ON_PLACE.search(query.text):
            return None
        search = raw.search
        return lambda data: search(data) is not None
    needle = query.text.encode("utf-8", "replace")
    if not fold:
        return lambda data: needle in data
    if not query.text.isascii():
        return None
    folded = re.compile(re.escape(needle), re.IGNORECASE)
    return lambda data: folded.search(data) is not None


def _compiled(
    query: Query, flags: re.RegexFlag
) -> tuple[re.Pattern[str], re.Pattern[bytes] | None]:
    """For what is shown, and for raw lines where bytes say the same."""
    text = query.text
    shown = re.compile(text if query.regex else re.escape(text), flags)
    if not (query.regex and text.isascii()):
        return shown, None
    try:
        return shown, re.compile(text.encode(), flags)
    except (re.error, ValueError):  # `\u2026` and the like are known in text alone
        return shown, None


def _has_upper(query: Query) -> bool:
    r"""Whether an upper-case letter was typed; the one of `\S` or `\W` is none."""
    text = re.sub(r"\\.", "", query.text) if query.regex else query.text
    return any(letter.isupper() for letter in text)


def _by_words(text: str, *, fold: bool) -> Callable[[bytes], bool]:
    if fold and not text.isascii():
        lower = text.lower()
        return lambda line: lower in _bare(line).decode("utf-8", "replace").lower()
    needle = text.encode("utf-8", "replace")
    if fold:
        needle = needle.lower()

        def folded(line: bytes) -> bool:
            if b"\x1b" in line or len(line) > LONGEST:
                line = _bare(line)
            return needle in line.lower()

        return folded

    def exact(line: bytes) -> bool:
        if b"\x1b" in line or len(line) > LONGEST:
            line = _bare(line)
        return needle in line

    return exact


def _by_pattern(raw: re.Pattern[bytes] | None, shown: re.Pattern[str]) -> Callable[[bytes], bool]:
    if raw is None:
        return lambda line: shown.search(_bare(line).decode("utf-8", "replace")) is not None
    search = raw.search

    def found(line: bytes) -> bool:
        if b"\x1b" in line or len(line) > LONGEST:
            line = _bare(line)
        return search(line) is not None

    return found


def _negated(matches: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    return lambda line: not matches(line)


def _bare(line: bytes) -> bytes:
    line = line[:LONGEST]
    return _ESCAPE.sub(b"", line) if b"\x1b" in line else line


@dataclass(frozen=True, slots=True)
class FilterStack:
    """What of a log is shown: all of several queries, a level, some sources."""

    queries: tuple[Matcher, ...] = ()
    level: LogLevel = LogLevel.UNKNOWN
    """The least that is shown; with `UNKNOWN`, everything."""
    sources: frozenset[str] | None = None
    """The containers that are shown; None for all."""

    @property
    def empty(self) -> bool:
        """Whether every line passes."""
        return not self.queries and self.level is LogLevel.UNKNOWN and self.sources is None

    def passes(self, line: LogLine, level: LogLevel = LogLevel.UNKNOWN) -> bool:
        """Whether a line is shown.

        The console's own marks are, whatever is looked for: a restart explains what is
        missing around it.

        Args:
            line: The line.
            level: Its level, or that of the line it continues.
        """
        if self.sources is not None and line.source not in self.sources:
            return False
        if line.kind is LineKind.MARK:
            return True
        if level < self.level:
            return False
        text = line.text
        for query in self.queries:  # noqa: SIM110  a generator costs more than the search
            if not query.matches(text):
                return False
        return True
