"""Finds lines that continue the one before: stack traces, details, indented text. Pure."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.logs.level import LogLevel, level_of
from pixel_tui.logs.level_words import ERROR_ITSELF, STAMP_PATTERN
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import SECOND, nanoseconds

MAX_GROUP: Final = 1000
"""Lines of a group; the next line starts another, so that groups are bounded."""
HEAD: Final = 512
"""Bytes of a line that are examined."""


_QUIET: Final = frozenset({LogLevel.TRACE, LogLevel.DEBUG, LogLevel.INFO})
_SPACES: Final = frozenset({b" ", b"\t"})


class _Inside(Enum):
    """The kind of block that the last line is in, which decides what may follow."""

    NOTHING = 0
    TRACE = 1
    """Frames of Java, Node or Python."""
    PYTHON = 2
    """After `Traceback`; the error line that ends it is not indented."""
    RAISED = 3
    """After the error line; a chained traceback may follow."""
    THROWN = 4
    """Node prints the line that threw, then the error."""
    GO = 5
    """A panic: goroutines, separated by blank lines."""
    RUST = 6
    """A panic: its message, a hint, a backtrace."""


_STAMPED = LatePattern(STAMP_PATTERN, re.VERBOSE)
_TRACEBACK = LatePattern(rb"(?:Exception Group )?Traceback \(most recent call last\)")
_CHAIN = LatePattern(
    rb"\s*$|During handling of the above|The above exception was|Traceback \(|Exception Group Tr"
)
_ERROR_ITSELF = LatePattern(ERROR_ITSELF, re.VERBOSE)
_TRACE_PART = LatePattern(
    rb"\s*+(?:at [\w$.<>/\\ \[\]@*-]{1,300}+(?:\(|:\d)|Caused by: |Suppressed: "
    rb"|\.\.\. \d+ (?:more|common frames))"
)
_CREATED = LatePattern(rb"goroutine \d+ \[|created by ")
_HEAD_WITHIN = LatePattern(
    rb"\s++(?:[\[(<]?[A-Z]{3,9}[\s\]:)>(]|[\[(<]?\w{3,9}[\])>]|" + STAMP_PATTERN + rb")", re.VERBOSE
)
_CLOSING = LatePattern(rb"[}\])]+[;,]?\s*$")
_CARETS = LatePattern(rb"\s+[\^~]+\s*$")
_GO_PANIC = LatePattern(rb"panic: |fatal error: |goroutine \d+ \[|[\d/: ]{0,30}http: panic serving")
_GO_PART = LatePattern(
    rb"\s*$|\s|goroutine \d+ \[|created by |\[signal |panic: |exit status|runtime: |\[originating "
    rb"|[\w./*()\[\]{}-]{1,300}+(?<=\))$|[\w./*-]{1,200}+\("
)
_RUST_PANIC = LatePattern(rb"thread '[^']{0,80}' (?:\(\d+\) )?panicked at")
_RUST_PART = LatePattern(rb"\s|note: |stack backtrace:|\s*$")
_DETAILS = LatePattern(rb"\b(?:DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION):  ")
_PROCESS = LatePattern(rb"[^\[\]]{0,60}\[(\d{1,9})(?:-\d+)?\]")

_NOTABLE = LatePattern(
    rb"""[\s}\])]|$|at\ |Caused\ by|Suppressed:|\.\.\.\ |goroutine\ |created\ by|thread\ '|panic:
    |fatal\ error|[\d/:\ ]{0,30}http:\ panic|"""
    + ERROR_ITSELF,
    re.VERBOSE,
)
"""Starts of lines that may open a block or continue a group outside of one."""


@dataclass(slots=True)
class _Group:
    """The current group of a stream."""

    start: int
    stamp: bytes
    """The stamp of its last line."""
    level: LogLevel
    head: bytes
    """The start of its first line; it is examined only when needed."""
    part_of: _Inside | None = None
    size: int = 1
    deeper: bool = False
    """Whether the last line was indented more than the first, or closed a bracket."""

    @property
    def inside(self) -> _Inside:
        """The kind of block that its last line is in."""
        if self.part_of is None:
            self.part_of = _opened(self.head)
        return self.part_of

    @property
    def indent(self) -> int:
        """The indentation of its first line."""
        return _width(self.head)


class Grouper:
    """Assigns each line to a group, line by line.

    Each stream of each container has its own group, so that lines of another stream don't
    split a stack trace. A group ends at the next line of its stream that has a stamp or a
    level of its own.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[str, LineKind], _Group] = {}

    def feed(self, index: int, line: LogLine, level: LogLevel | None = None) -> int:
        """Add the next line.

        Args:
            index: Its number; increasing, such as the ring's sequence number.
            line: The line.
            level: Its own level, if already known.

        Returns:
            The number of the first line of its group; its own if it starts one.
        """
        if line.kind is LineKind.MARK:
            self._groups = {
                key: group for key, group in self._groups.items() if key[0] != line.source
            }
            return index
        text = line.text[:HEAD]
        own = level_of(line.text) if level is None else level
        key = (line.source, line.kind)
        group = self._groups.get(key)
        known: _Inside | None = None
        if own in _QUIET and text[:1] not in _SPACES and b":  " not in text:
            pass  # its own level says that it is not part of an error before it
        elif is_ordinary(text) and (group is None or group.inside is _Inside.NOTHING):
            known = _Inside.NOTHING
        elif group is not None and group.size < MAX_GROUP:
            inside = _continues(group, text, own, line.stamp)
            if inside is not None:
                group.part_of = inside
                group.size += 1
                group.stamp = line.stamp
                group.deeper = _width(text) > group.indent or _CLOSING.match(text) is not None
                if group.level is LogLevel.UNKNOWN and inside is not _Inside.NOTHING:
                    group.level = own
                return group.start
        self._groups[key] = _Group(index, line.stamp, own, text, known)
        return index

    def level(self, line: LogLine) -> LogLevel:
        """Return the level of the current group of a line's stream.

        It is that of the first line, or in a stack trace that of the first line that has one.
        """
        group = self._groups.get((line.source, line.kind))
        return group.level if group is not None else LogLevel.UNKNOWN


def is_ordinary(text: bytes) -> bool:
    """Whether a line certainly opens no block, and continues no group outside of one.

    Most lines are ordinary, and this check takes a tenth of the time of the complete ones.
    """
    return _NOTABLE.match(text) is None and b":  " not in text and b"Traceback (" not in text


def _width(text: bytes) -> int:
    if text[:1] not in b" \t":
        return 0
    return len(text.expandtabs(8)) - len(text.expandtabs(8).lstrip(b" "))


def _process(text: bytes) -> bytes:
    """Return the process number in brackets after a stamp, as Postgres writes it."""
    match = _PROCESS.match(text)
    return match[1] if match else b""


def _opened(text: bytes) -> _Inside:
    """Return the kind of block that a line opens."""
    if b"Traceback (" in text:
        return _Inside.TRACE if text[:1] == b" " else _Inside.PYTHON
    if _GO_PANIC.match(text):
        return _Inside.GO
    if _RUST_PANIC.match(text):
        return _Inside.RUST
    return _Inside.TRACE if _ERROR_ITSELF.match(text) else _Inside.NOTHING


def _continues(group: _Group, text: bytes, level: LogLevel, stamp: bytes) -> _Inside | None:
    """Return the block after this line, or None if the line starts another group."""
    within = _inside(group, text, level)
    if within is None:
        within = _attached(group, text, stamp)
    if within is not None:
        return within
    if _has_head(text, level):
        return None
    return _indented(group, text)


def _has_head(text: bytes, level: LogLevel) -> bool:
    """Whether a line starts an entry: an indented `err: {` doesn't, `  WARN  x` does."""
    if text[:1] in {b" ", b"\t"} and _width(text) > 1:
        return level is not LogLevel.UNKNOWN and _HEAD_WITHIN.match(text) is not None
    return level is not LogLevel.UNKNOWN or text[:1] == b"{" or _STAMPED.match(text) is not None


def _inside(group: _Group, text: bytes, level: LogLevel) -> _Inside | None:
    """Return the block after this line if it continues the current one, else None."""
    match group.inside:
        case _Inside.PYTHON:
            if not text or text[:1].isspace():
                return _Inside.PYTHON
            its_end = _ERROR_ITSELF.match(text) or not _has_head(text, level)
            return _Inside.RAISED if its_end else None
        case _Inside.RAISED if _CHAIN.match(text):
            return _Inside.PYTHON if b"Traceback (" in text else _Inside.RAISED
        case _Inside.THROWN if not text.strip() or _ERROR_ITSELF.match(text):
            return _Inside.TRACE if text.strip() else _Inside.THROWN
        case _Inside.TRACE:
            drawn = group.indent > 0 and text.lstrip()[:1] in {b"|", b"+"}
            deep = drawn or _width(text) > max(group.indent, 1)
            deep = deep and not _STAMPED.match(text.lstrip())
            ends = text.startswith(b"Node.js v") or (not text and group.deeper)
            return _Inside.TRACE if deep or ends else None
        case _Inside.GO if _GO_PART.match(text):
            return _Inside.GO
        case _Inside.RUST if _RUST_PART.match(text) or (
            group.size == 1 and not _has_head(text, level)
        ):
            return _Inside.RUST
        case _:
            return None


def _attached(group: _Group, text: bytes, stamp: bytes) -> _Inside | None:
    """Return the block of a line that always continues another; None for other lines."""
    if b":  " in text and _DETAILS.search(text, 0, 200):
        return _Inside.NOTHING if _process(text) == _process(group.head) else None
    if _TRACEBACK.match(text):
        return _Inside.PYTHON if _may_have_trace(group, stamp) else None
    if _CREATED.match(text):
        return _Inside.GO
    named = group.size == 1 and _ERROR_ITSELF.match(text) and _may_have_trace(group, stamp)
    if named or _TRACE_PART.match(text):
        return _Inside.TRACE
    return group.inside if group.deeper and _CLOSING.match(text) else None


def _may_have_trace(group: _Group, stamp: bytes) -> bool:
    """Whether a stack trace right after a group is likely part of it: it warned just before."""
    if group.level < LogLevel.WARN and group.inside is _Inside.NOTHING:
        return False
    before, now = nanoseconds(group.stamp), nanoseconds(stamp)
    return before is None or now is None or now - before <= SECOND


def _indented(group: _Group, text: bytes) -> _Inside | None:
    """Return the block of a line that is indented more than the group's first; None for others."""
    width = _width(text)
    if width <= group.indent or (width == 1 and not group.deeper) or not text.strip():
        return None
    return _Inside.THROWN if _CARETS.match(text) else group.inside
