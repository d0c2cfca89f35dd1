"""Compiled search queries, and the filters of a log. Pure."""

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

MAX_LINE: Final = 64 * 1024
"""Bytes of a line that are searched."""
MAX_PATTERN: Final = 1000
"""Characters of a query."""
MAX_SPANS: Final = 200
"""Matches that are highlighted in one line."""
_ESCAPE = LatePattern(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)"
)


class CaseSensitivity(StrEnum):
    """Whether case matters."""

    SMART = "smart"
    """Case matters if the query has an upper-case letter."""
    SAME = "same"
    EXACT = "exact"


_POSITION_DEPENDENT = LatePattern(r"[\^$]|\\[AZbB]|\(\?|[*+?}]\+")
"""Parts of an expression that depend on the text around a match, or on the ends of a line."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as typed, and how to read it."""

    text: str
    regex: bool = False
    case: CaseSensitivity = CaseSensitivity.SMART
    inverted: bool = False
    """Whether lines without a match are wanted."""


@dataclass(frozen=True, slots=True)
class BadPattern:
    """An invalid regular expression: a result, because it is typed letter by letter."""

    what: SafeText
    """The error, in one sentence."""
    position: int
    """The error's place in the query, from 0."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A compiled query."""

    query: Query
    matches: Callable[[bytes], bool]
    """Whether a raw line matches; colours in it are ignored."""
    shown: re.Pattern[str]
    """The same for shown text, to highlight matches."""

    prefilter: Callable[[bytes], bool] | None = None
    """Whether bytes of many lines might contain a match. Without colour codes in them, it never
    misses one. None if that can't be told without parsing the lines."""

    def spans(self, text: SafeText) -> tuple[tuple[int, int], ...]:
        """Return the matches in a shown line; none for an inverted query."""
        if self.query.inverted:
            return ()
        found: list[tuple[int, int]] = []
        for match in self.shown.finditer(text):
            if match.end() > match.start():
                found.append(match.span())
            if len(found) == MAX_SPANS:
                break
        return tuple(found)


def compile_query(query: Query) -> Matcher | BadPattern:
    """Compile a query, or return what is wrong with it and where."""
    text = query.text
    if len(text) > MAX_PATTERN:
        return BadPattern(SafeText(f"More than {MAX_PATTERN} characters."), MAX_PATTERN)
    fold = query.case is CaseSensitivity.SAME or (
        query.case is CaseSensitivity.SMART and not _has_upper(query)
    )
    flags = re.IGNORECASE if fold else re.NOFLAG
    try:
        with warnings.catch_warnings():  # about syntax of later Pythons: `[[a`
            warnings.simplefilter("ignore")
            shown, raw = _compiled(query, flags)
    except re.error as error:
        reason = plain(error.msg)
        return BadPattern(SafeText(f"{reason[:1].upper()}{reason[1:]}."), error.pos or 0)
    except (ValueError, OverflowError, RecursionError) as error:
        return BadPattern(plain(str(error)), 0)
    found = _pattern_matcher(raw, shown) if query.regex else _text_matcher(text, fold=fold)
    prefilter = None if query.inverted else _prefilter(query, raw, fold=fold)
    return Matcher(query, _negated(found) if query.inverted else found, shown, prefilter)


def _prefilter(
    query: Query, raw: re.Pattern[bytes] | None, *, fold: bool
) -> Callable[[bytes], bool] | None:
    """Return a check of many lines at once, if a match does not depend on the text around it."""
    if query.regex:
        if raw is None or _POSITION_DEPENDENT.search(query.text):
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
    """Compile for shown text, and for raw lines if the expression means the same in bytes."""
    text = query.text
    shown = re.compile(text if query.regex else re.escape(text), flags)
    if not (query.regex and text.isascii()):
        return shown, None
    try:
        return shown, re.compile(text.encode(), flags)
    except (re.error, ValueError):  # `\u2026` and the like exist only in text
        return shown, None


def _has_upper(query: Query) -> bool:
    r"""Whether the query has an upper-case letter, apart from escapes like `\S` and `\W`."""
    text = re.sub(r"\\.", "", query.text) if query.regex else query.text
    return any(letter.isupper() for letter in text)


def _text_matcher(text: str, *, fold: bool) -> Callable[[bytes], bool]:
    if fold and not text.isascii():
        lower = text.lower()
        return lambda line: lower in _stripped(line).decode("utf-8", "replace").lower()
    needle = text.encode("utf-8", "replace")
    if fold:
        needle = needle.lower()

        def folded(line: bytes) -> bool:
            if b"\x1b" in line or len(line) > MAX_LINE:
                line = _stripped(line)
            return needle in line.lower()

        return folded

    def exact(line: bytes) -> bool:
        if b"\x1b" in line or len(line) > MAX_LINE:
            line = _stripped(line)
        return needle in line

    return exact


def _pattern_matcher(
    raw: re.Pattern[bytes] | None, shown: re.Pattern[str]
) -> Callable[[bytes], bool]:
    if raw is None:
        return lambda line: shown.search(_stripped(line).decode("utf-8", "replace")) is not None
    search = raw.search

    def found(line: bytes) -> bool:
        if b"\x1b" in line or len(line) > MAX_LINE:
            line = _stripped(line)
        return search(line) is not None

    return found


def _negated(matches: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    return lambda line: not matches(line)


def _stripped(line: bytes) -> bytes:
    line = line[:MAX_LINE]
    return _ESCAPE.sub(b"", line) if b"\x1b" in line else line


@dataclass(frozen=True, slots=True)
class FilterStack:
    """The filters of a log: queries, a level, containers; a line must pass all of them."""

    queries: tuple[Matcher, ...] = ()
    level: LogLevel = LogLevel.UNKNOWN
    """The lowest level that is shown; `UNKNOWN` shows everything."""
    sources: frozenset[str] | None = None
    """The containers that are shown; None for all."""

    @property
    def empty(self) -> bool:
        """Whether every line passes."""
        return not self.queries and self.level is LogLevel.UNKNOWN and self.sources is None

    def passes(self, line: LogLine, level: LogLevel = LogLevel.UNKNOWN) -> bool:
        """Whether a line is shown.

        pixel-tui's own marks pass level and queries, because a restart explains what is
        missing around it.

        Args:
            line: The line.
            level: Its level, or that of its group.
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
