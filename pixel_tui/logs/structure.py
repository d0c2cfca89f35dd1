"""Parses structured log lines into a message and fields. Pure.

A line that is a JSON object, or `key=value` pairs, is parsed so that its message can be read
and its fields shown next to it. Other lines are left as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.json_reading import parse_json
from pixel_tui.late_pattern import LatePattern
from pixel_tui.text import SafeText, plain


class LineFormat(StrEnum):
    """The format of a structured line."""

    JSON = "json"
    LOGFMT = "logfmt"


@dataclass(frozen=True, slots=True)
class Field:
    """A key and its value, sanitized and on one line."""

    name: SafeText
    value: SafeText
    quiet: bool
    """Whether to dim it: shown elsewhere (time, level) or constant (process, host)."""


@dataclass(frozen=True, slots=True)
class Structured:
    """A parsed line."""

    form: LineFormat
    message: SafeText
    """Empty if no field is the message."""
    fields: tuple[Field, ...]
    """All other fields, in order."""


MAX_SIZE: Final = 64 * 1024
"""Bytes of a line that is parsed; a longer one is left as it is."""
MAX_FIELDS: Final = 64
"""Fields of a line; a last one counts the rest."""
MAX_VALUE: Final = 500
"""Characters of a value."""

_MESSAGES: Final = (
    "msg",
    "message",
    "@message",
    "@m",
    "@mt",
    "log",
    "event",
    "textpayload",
    "text",
)
_QUIET: Final = frozenset(
    word
    for words in (
        "time ts t timestamp @timestamp @t asctime datetime date",
        "level severity lvl log.level loglevel log_level levelname levelno severity_text @l s",
        "pid hostname host v",
    )
    for word in words.split()
)
_PAIR = LatePattern(
    r"""([A-Za-z_@][\w.@/:-]{0,63})=(?:"([^"\\]*+(?:\\.[^"\\]*+)*)"|([^\s"=]*+|[^\s"]*+))(?=\s|$)\s*"""
)
_WORD = LatePattern(r"\S{1,4096}\s*")
_ESCAPED = LatePattern(r"\\(.)")
_UNESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}

Json = Mapping[str, object]


def parse_structured(text: bytes | str) -> Structured | None:
    """Parse a line; None if it is neither JSON nor logfmt."""
    if len(text) > MAX_SIZE:
        return None
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if line[:1] == "{":
        record = json_object(line)
        return None if record is None else _of_json(record)
    if "=" not in line:
        return None
    pairs = logfmt_pairs(line)
    return None if pairs is None else _build(LineFormat.LOGFMT, [*pairs])


def json_object(line: str) -> Json | None:
    """Parse a line that is a JSON object; None for any other. Never raises."""
    try:
        record: object = parse_json(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def logfmt_pairs(line: str) -> list[tuple[str, str]] | None:
    """Return the pairs of a logfmt line, or None if it is none.

    A logfmt line has at least two pairs, and either a message or almost nothing but pairs:
    `key=value` in a sentence is not enough.
    """
    pairs: list[tuple[str, str]] = []
    position, size, words = 0, len(line), 0
    while position < size:
        if match := _PAIR.match(line, position):
            quoted = match[2]
            pairs.append((match[1], match[3] if quoted is None else _unescape(quoted)))
        elif match := _WORD.match(line, position):
            words += 1
            if words > 2 and words > len(pairs):
                return None
        else:
            position += 1
            continue
        position = match.end()
    if len(pairs) < 2:
        return None
    has_message = any(name.lower() in _MESSAGES for name, _ in pairs)
    return pairs if (words == 0 or (has_message and words * 2 <= len(pairs))) else None


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: _UNESCAPED.get(match[1], match[1]), value)


def _of_json(record: Json) -> Structured:
    return _build(
        LineFormat.JSON, [(name, _compact(value)) for name, value in record.items()], record
    )


def _compact(value: object) -> str:
    """Return a value on one line: a string as it is, anything else as compact JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return "…"


def _build(
    form: LineFormat, pairs: list[tuple[str, str]], record: Json | None = None
) -> Structured:
    named = {name.lower(): at for at, (name, _) in reversed(list(enumerate(pairs)))}
    at = -1
    for name in _MESSAGES:
        index_of_name = named.get(name, -1)
        # A message is a string: an `event` that is an object is a field like others.
        if index_of_name >= 0 and (
            record is None or isinstance(record[pairs[index_of_name][0]], str)
        ):
            at = index_of_name
            break
    rest = [pair for index, pair in enumerate(pairs) if index != at]
    fields = [
        Field(_short(name, 100), _short(value, MAX_VALUE), name.lower() in _QUIET)
        for name, value in rest[:MAX_FIELDS]
    ]
    if len(rest) > MAX_FIELDS:
        fields.append(Field(SafeText("…"), SafeText(f"{len(rest) - MAX_FIELDS} more"), quiet=True))
    message = plain(pairs[at][1]) if at >= 0 else SafeText("")
    return Structured(form, message, tuple(fields))


def _short(text: str, limit: int) -> SafeText:
    return plain(text) if len(text) <= limit else SafeText(f"{plain(text[:limit])}…")
