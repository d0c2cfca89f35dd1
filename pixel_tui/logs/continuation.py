"""Finds lines that continue the one before: stack traces, details, indented text. Pure."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.logs.level import LogLevel, level_of
from pixel_tui.logs.level_words import ERROR_ITSELF, STAMP_PATTERN
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import SECOND, timestamp_nanoseconds

MAX_GROUP: Final = 1000
"""Lines of a group; the next line starts another, so that groups are bounded."""
HEAD: Final = 512
"""Bytes of a line that are examined."""


_QUIET: Final = frozenset({LogLevel.TRACE, LogLevel.DEBUG, LogLevel.INFO})
_SPACES: Final = frozenset({b" ", b"\t"})


class _Block(Enum):
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
_INDENTED_START = LatePattern(
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
    known_block: _Block | None = None
    size: int = 1
    is_deeper_than_first: bool = False
    """Whether the last line was indented more than the first, or closed a bracket."""

    @property
    def block(self) -> _Block:
        """The kind of block that its last line is in."""
        if self.known_block is None:
            self.known_block = _opened_block(self.head)
        return self.known_block

    @property
    def indent(self) -> int:
        """The indentation of its first line."""
        return _indentation(self.head)


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
        known: _Block | None = None
        if own in _QUIET and text[:1] not in _SPACES and b":  " not in text:
            pass  # its own level says that it is not part of an error before it
        elif is_ordinary(text) and (group is None or group.block is _Block.NOTHING):
            known = _Block.NOTHING
        elif group is not None and group.size < MAX_GROUP:
            block = _block_after(group, text, own, line.stamp)
            if block is not None:
                group.known_block = block
                group.size += 1
                group.stamp = line.stamp
                group.is_deeper_than_first = (
                    _indentation(text) > group.indent or _CLOSING.match(text) is not None
                )
                if group.level is LogLevel.UNKNOWN and block is not _Block.NOTHING:
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


def _indentation(text: bytes) -> int:
    if text[:1] not in b" \t":
        return 0
    return len(text.expandtabs(8)) - len(text.expandtabs(8).lstrip(b" "))


def _process(text: bytes) -> bytes:
    """Return the process number in brackets after a stamp, as Postgres writes it."""
    match = _PROCESS.match(text)
    return match[1] if match else b""


def _opened_block(text: bytes) -> _Block:
    """Return the kind of block that a line opens."""
    if b"Traceback (" in text:
        return _Block.TRACE if text[:1] == b" " else _Block.PYTHON
    if _GO_PANIC.match(text):
        return _Block.GO
    if _RUST_PANIC.match(text):
        return _Block.RUST
    return _Block.TRACE if _ERROR_ITSELF.match(text) else _Block.NOTHING


def _block_after(group: _Group, text: bytes, level: LogLevel, stamp: bytes) -> _Block | None:
    """Return the block after this line, or None if the line starts another group."""
    found = _continued_block(group, text, level)
    if found is None:
        found = _attached_block(group, text, stamp)
    if found is not None:
        return found
    if _starts_entry(text, level):
        return None
    return _indented_block(group, text)


def _starts_entry(text: bytes, level: LogLevel) -> bool:
    """Whether a line starts an entry: an indented `err: {` doesn't, `  WARN  x` does."""
    if text[:1] in {b" ", b"\t"} and _indentation(text) > 1:
        return level is not LogLevel.UNKNOWN and _INDENTED_START.match(text) is not None
    return level is not LogLevel.UNKNOWN or text[:1] == b"{" or _STAMPED.match(text) is not None


def _continued_block(group: _Group, text: bytes, level: LogLevel) -> _Block | None:
    """Return the block after this line if it continues the current one, else None."""
    match group.block:
        case _Block.PYTHON:
            if not text or text[:1].isspace():
                return _Block.PYTHON
            is_end = _ERROR_ITSELF.match(text) or not _starts_entry(text, level)
            return _Block.RAISED if is_end else None
        case _Block.RAISED if _CHAIN.match(text):
            return _Block.PYTHON if b"Traceback (" in text else _Block.RAISED
        case _Block.THROWN if not text.strip() or _ERROR_ITSELF.match(text):
            return _Block.TRACE if text.strip() else _Block.THROWN
        case _Block.TRACE:
            is_drawn = group.indent > 0 and text.lstrip()[:1] in {b"|", b"+"}
            is_deeper = is_drawn or _indentation(text) > max(group.indent, 1)
            is_deeper = is_deeper and not _STAMPED.match(text.lstrip())
            is_end = text.startswith(b"Node.js v") or (not text and group.is_deeper_than_first)
            return _Block.TRACE if is_deeper or is_end else None
        case _Block.GO if _GO_PART.match(text):
            return _Block.GO
        case _Block.RUST if _RUST_PART.match(text) or (
            group.size == 1 and not _starts_entry(text, level)
        ):
            return _Block.RUST
        case _:
            return None


def _attached_block(group: _Group, text: bytes, stamp: bytes) -> _Block | None:
    """Return the block of a line that always continues another; None for other lines."""
    if b":  " in text and _DETAILS.search(text, 0, 200):
        return _Block.NOTHING if _process(text) == _process(group.head) else None
    if _TRACEBACK.match(text):
        return _Block.PYTHON if _may_precede_trace(group, stamp) else None
    if _CREATED.match(text):
        return _Block.GO
    names_error = group.size == 1 and _ERROR_ITSELF.match(text) and _may_precede_trace(group, stamp)
    if names_error or _TRACE_PART.match(text):
        return _Block.TRACE
    return group.block if group.is_deeper_than_first and _CLOSING.match(text) else None


def _may_precede_trace(group: _Group, stamp: bytes) -> bool:
    """Whether a stack trace right after a group is likely part of it: it warned just before."""
    if group.level < LogLevel.WARN and group.block is _Block.NOTHING:
        return False
    before, now = timestamp_nanoseconds(group.stamp), timestamp_nanoseconds(stamp)
    return before is None or now is None or now - before <= SECOND


def _indented_block(group: _Group, text: bytes) -> _Block | None:
    """Return the block of a line that is indented more than the group's first; None for others."""
    width = _indentation(text)
    if width <= group.indent or (width == 1 and not group.is_deeper_than_first) or not text.strip():
        return None
    return _Block.THROWN if _CARETS.match(text) else group.block
