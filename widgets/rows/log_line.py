"""From a log line to the pieces that are painted. Pure."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rich.cells import cell_len, chop_cells

from pixel_tui.humanize import age
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.structure import MAX_SIZE, parse_structured
from pixel_tui.redaction.known import KnownSecrets, mask_known
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import SECOND, timestamp_nanoseconds
from pixel_tui.text import SafeText, plain, shown_line

MAX_CHARACTERS: Final = 4000
"""The characters of a line that are painted; a note stands for the rest."""
_PARSED_BYTES: Final = 4 * MAX_CHARACTERS
"""The bytes of a line that are parsed for that."""
_LOOKAHEAD_BYTES: Final = 4 * KnownSecrets.MAX_LENGTH
"""Further bytes, in which a secret that starts before may end."""

Mask = Callable[[bytes], bytes]
"""Masks secrets in a line."""


class Stamps(StrEnum):
    """The format of a line's time."""

    TIME = "time"
    DATE = "date"
    AGO = "ago"
    NONE = "none"


class LineTone(StrEnum):
    """The tone of a line: its level or stream."""

    TEXT = "text"
    DEBUG = "debug"
    WARN = "warn"
    BAD = "bad"
    MARK = "mark"


_TONES: Final = {
    LogLevel.TRACE: LineTone.DEBUG,
    LogLevel.DEBUG: LineTone.DEBUG,
    LogLevel.WARN: LineTone.WARN,
    LogLevel.ERROR: LineTone.BAD,
    LogLevel.FATAL: LineTone.BAD,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line that is painted in one style."""

    text: SafeText
    role: str
    """`stamp`, `source-N`, `field`, or the value of a `LineTone`."""


def line_pieces(
    line: LogLine,
    *,
    stamps: Stamps,
    now: bytes,
    level: LogLevel,
    label: SafeText,
    label_width: int,
    label_role: str,
    raw: bool,
    mask: Mask = mask_known,
) -> tuple[Piece, ...]:
    """The parts of a line, left to right.

    Args:
        line: The raw line.
        stamps: How its time is shown.
        now: The current time, for ages.
        level: The level of its group.
        label: The label of its container.
        label_width: The cells of the label; 0 to leave it out.
        label_role: The role of the label.
        raw: Whether to show a structured line as it was written, or its message and fields.
        mask: Masks secrets.
    """
    stamp = _stamp(line.stamp, stamps, now)
    pieces = [Piece(SafeText(f"{stamp} "), "stamp")] if stamp else []
    if line.kind is LineKind.MARK:
        return (*pieces, Piece(plain(f"── {text_of(line, mask)} ──"), LineTone.MARK.value))
    if label_width:
        pieces.append(Piece(SafeText(f"{_fit(label, label_width)} │ "), label_role))
    tone = _TONES.get(level, LineTone.TEXT).value
    size = len(line.text)
    text = mask(line.text) if size <= MAX_SIZE else b""
    parts = None if raw or size > MAX_SIZE else parse_structured(text)

    if parts is None:
        words = _cut(shown_line(text), size) if size <= _PARSED_BYTES else text_of(line, mask)
        return (*pieces, Piece(words, tone))
    fields = [
        Piece(SafeText(f"  {field.name}={field.value}"), "field")
        for field in parts.fields
        if not field.quiet
    ]
    message = parts.message
    if b"\\" in text:  # an escape may have hidden a secret until it was decoded
        fields = [replace(piece, text=_masked(piece.text, mask)) for piece in fields]
        message = _masked(message, mask)
    message = message or SafeText("" if fields else text_of(line, mask))
    return (*pieces, Piece(_cut(message, size), tone), *_bounded(fields))


def text_of(line: LogLine, mask: Mask = mask_known) -> SafeText:
    """The text of a line, safe to paint, and cut to the characters that can be painted.

    Args:
        line: The line.
        mask: Masks secrets.
    """
    raw, whole = line.text, len(line.text) <= _PARSED_BYTES
    if not whole:
        # Of a line that was overwritten, the last state counts.
        last = raw[-_PARSED_BYTES:]
        again = b"\r" in last.rstrip(b"\r")
        raw = last.partition(b"\r")[2] if again else raw[: _PARSED_BYTES + _LOOKAHEAD_BYTES]
    text = shown_line(mask(raw))
    if len(text) > MAX_CHARACTERS or not whole:
        return SafeText(f"{text[:MAX_CHARACTERS]} … ({len(line.text):,} bytes)")
    return text


def colour_of(service: str, count: int) -> int:
    """The index of a service's colour; the same in every view and every run."""
    return zlib.crc32(service.encode("utf-8", "replace")) % count


def wrapped(pieces: Sequence[Piece], width: int, indent: int) -> tuple[tuple[Piece, ...], ...]:
    """A line as rows of at most `width` cells; those below the first are indented.

    A row ends between words, unless that would move more than half of a row. Nothing is lost.
    Where the indent leaves less than half of a row, or not the two cells that a wide character
    needs, there is none.
    """
    indent = indent if indent * 2 <= width and width - indent >= 2 else 0
    rows: list[list[Piece]] = [[]]
    left = width
    for piece in pieces:
        rest: str = piece.text
        while rest:
            size = cell_len(rest)
            if size <= left:
                rows[-1].append(Piece(SafeText(rest), piece.role))
                left -= size
                break
            part = chop_cells(rest, left)[0] if left > 0 else ""
            if cell_len(part) > left:  # no room even for one wide character
                part = ""
            empty = left == width - (indent if len(rows) > 1 else 0)
            part = _ended_between_words(part, rest, () if empty else rows[-1], width // 2)
            if part:
                rows[-1].append(Piece(SafeText(part), piece.role))
            elif empty:
                part = rest[0]  # too narrow for anything: rather too wide than endless
                rows[-1].append(Piece(SafeText(part), piece.role))
            rest = rest[len(part) :]
            rows.append([Piece(SafeText(" " * indent), "text")] if indent else [])
            left = width - indent
    if len(rows) > 1 and not any(piece.text.strip(" ") for piece in rows[-1]):
        rows.pop()
    return tuple(map(tuple, rows))


def _ended_between_words(part: str, rest: str, row: Sequence[Piece], most: int) -> str:
    """The part of a text that stays in a row, without a word that would be cut.

    Args:
        part: The part that has room.
        rest: The text from there on.
        row: The pieces already in the row.
        most: A longer beginning of a word, in characters, is not moved to the next row.
    """
    if rest[len(part) : len(part) + 1] in {"", " "}:
        return part
    at = part.rfind(" ") + 1
    starts_word = at > 0 or (bool(row) and row[-1].text.endswith(" "))
    moved = len(part) - at
    return part[:at] if starts_word and moved <= most else part


def local_second(stamp: bytes) -> str:
    """A stamp in local time, to the second; empty if it is not valid."""
    return _local(stamp[:19]) if len(stamp) >= 19 else ""


def _fit(label: SafeText, width: int) -> str:
    cells = cell_len(label)
    if cells <= width:
        return label + " " * (width - cells)
    cut = chop_cells(label, width - 1)[0]
    return cut + "…" + " " * (width - 1 - cell_len(cut))


def _masked(text: SafeText, mask: Mask) -> SafeText:
    return plain(mask(text.encode()))


def _cut(text: SafeText, size: int) -> SafeText:
    return (
        text
        if len(text) <= MAX_CHARACTERS
        else SafeText(f"{text[:MAX_CHARACTERS]} … ({size:,} bytes)")
    )


def _bounded(fields: Sequence[Piece]) -> Iterator[Piece]:
    room = MAX_CHARACTERS
    for piece in fields:
        room -= len(piece.text)
        if room < 0:
            yield Piece(SafeText("  …"), "field")
            return
        yield piece


def _stamp(raw: bytes, stamps: Stamps, now: bytes) -> str:
    if stamps is Stamps.NONE or len(raw) < 19:
        return ""
    if stamps is Stamps.AGO:
        return _ago(raw, now)
    local = _local(raw[:19])
    if stamps is Stamps.TIME:
        return local[11:]
    return f"{local}.{raw[20:23].decode('ascii', 'replace')}" if raw[20:23].isdigit() else local


def _ago(raw: bytes, now: bytes) -> str:
    logged, present = timestamp_nanoseconds(raw), timestamp_nanoseconds(now)
    if logged is None or present is None:
        return " " * 7
    return f"{age((present - logged) // SECOND):>7}"


@lru_cache(maxsize=512)
def _local(raw: bytes) -> str:
    """An RFC 3339 time in UTC as local time, to the second."""
    try:
        at = datetime.fromisoformat(raw.decode("ascii", "replace")).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
