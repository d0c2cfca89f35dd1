"""A log line to what is painted of it. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pixel_tui.stack.ring import LineKind, LogLine
from pixel_tui.text import SafeText, plain

LONGEST: Final = 4000
"""Characters of a line that are painted; the rest is said to be there."""
_BAD = re.compile(
    r"\b(?:ERROR|ERR|FATAL|CRITICAL|CRIT|PANIC|EMERG|SEVERE)\b|\"level\":\s*\"?(?:error|fatal|50|60)\b|\blevel=(?:error|fatal)\b",
    re.IGNORECASE,
)
_WARN = re.compile(
    r"\b(?:WARN|WARNING)\b|\"level\":\s*\"?(?:warn|40)\b|\blevel=warn", re.IGNORECASE
)


class Stamps(StrEnum):
    """How the time of a line is shown."""

    TIME = "time"
    DATE = "date"
    NONE = "none"


class LineTone(StrEnum):
    """What a line is, beside its words."""

    TEXT = "text"
    WARN = "warn"
    BAD = "bad"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line that is painted in one style."""

    text: SafeText
    role: str
    """`stamp`, `source`, or the value of a `LineTone`."""


def line_pieces(line: LogLine, *, stamps: Stamps, source_width: int) -> tuple[Piece, ...]:
    """The parts of a line, left to right.

    Args:
        line: The raw line.
        stamps: How its time is shown.
        source_width: Cells for the container's name; 0 to leave it out.
    """
    stamp = _stamp(line.stamp, stamps)
    pieces = [Piece(SafeText(f"{stamp} "), "stamp")] if stamp else []
    if line.kind is LineKind.MARK:
        return (*pieces, Piece(plain(f"── {text_of(line)} ──"), LineTone.MARK.value))
    if source_width:
        name = plain(line.source)[:source_width]
        pieces.append(Piece(SafeText(f"{name:<{source_width}} │ "), "source"))
    text = text_of(line)
    return (*pieces, Piece(text, tone(text).value))


def text_of(line: LogLine) -> SafeText:
    """The words of a line, harmless and not longer than can be painted."""
    raw = line.text
    if len(raw) > 4 * LONGEST:
        raw = raw[: 4 * LONGEST]
    text = plain(raw)
    if len(text) > LONGEST or len(raw) < len(line.text):
        return SafeText(f"{text[:LONGEST]} … ({len(line.text):,} bytes)")
    return text


def tone(text: str) -> LineTone:
    """Whether a line looks like a warning or an error."""
    head = text[:300]
    if _BAD.search(head):
        return LineTone.BAD
    return LineTone.WARN if _WARN.search(head) else LineTone.TEXT


def _stamp(raw: bytes, stamps: Stamps) -> str:
    if stamps is Stamps.NONE or len(raw) < 19:
        return ""
    local = _local(raw[:19])
    return local[11:] if stamps is Stamps.TIME else local


@lru_cache(maxsize=512)
def _local(raw: bytes) -> str:
    """The second of an RFC 3339 time in UTC on the operator's own clock."""
    try:
        at = datetime.fromisoformat(raw.decode("ascii", "replace")).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
