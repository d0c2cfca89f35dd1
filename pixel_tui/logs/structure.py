"""What a structured line says: its message, and its fields. Pure.

A line that is a JSON object, or `key=value` pairs, is taken apart so that its message
can be read and its fields stand beside it. Any other line is left as it is.
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
    """How a line is written."""

    JSON = "json"
    LOGFMT = "logfmt"


@dataclass(frozen=True, slots=True)
class Field:
    """A key and its value, harmless and on one line."""

    name: SafeText
    value: SafeText
    quiet: bool
    """Said elsewhere (time, level) or the same in every line (process, host): dimmed."""


@dataclass(frozen=True, slots=True)
class Structured:
    """A line, taken apart."""

    form: LineFormat
    message: SafeText
    """Empty where no field is one."""
    fields: tuple[Field, ...]
    """All others, in the line's own order."""


MAX_SIZE: Final = 64 * 1024
"""Bytes of a line that is taken apart; a longer one stays as it is."""
MAX_FIELDS: Final = 64
"""Fields of a line; how many more there were is said in a last one."""
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
    r"""([A-Za-z_@][\w.@/:-]{0,63})=(?:"((?:[^"\\]|\\.)*+)"|([^\s"=]*+|[^\s"]*+))(?=\s|$)\s*"""
)
_WORD = LatePattern(r"\S{1,4096}\s*")
_ESCAPED = LatePattern(r"\\(.)")
_UNESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}

Json = Mapping[str, object]


def structured(text: bytes | str) -> Structured | None:
    """A line taken apart, or None where it is neither JSON nor logfmt."""
    if len(text) > MAX_SIZE:
        return None
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if line[:1] == "{":
        record = json_object(line)
        return None if record is None else _of_json(record)
    if "=" not in line:
        return None
    pairs = logfmt_pairs(line)
    return None if pairs is None else _parts(LineFormat.LOGFMT, [*pairs])


def json_object(line: str) -> Json | None:
    """The JSON object that a line is, or None; never an error."""
    try:
        record: object = parse_json(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def logfmt_pairs(line: str) -> list[tuple[str, str]] | None:
    """The pairs of a logfmt line, or None where it is none.

    It is one with at least two pairs and either a message or nothing but pairs, but
    for a few words: `key=value` in a sentence does not make it logfmt.
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
    told = any(name.lower() in _MESSAGES for name, _ in pairs)
    return pairs if (words == 0 or (told and words * 2 <= len(pairs))) else None


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: _UNESCAPED.get(match[1], match[1]), value)


def _of_json(record: Json) -> Structured:
    return _parts(
        LineFormat.JSON, [(name, _compact(value)) for name, value in record.items()], record
    )


def _compact(value: object) -> str:
    """A value on one line: text as it is, anything else as dense JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return "…"


def _parts(
    form: LineFormat, pairs: list[tuple[str, str]], record: Json | None = None
) -> Structured:
    named = {name.lower(): at for at, (name, _) in reversed(list(enumerate(pairs)))}
    at = -1
    for name in _MESSAGES:
        found = named.get(name, -1)
        # A message is words: an `event` that is an object is a field like others.
        if found >= 0 and (record is None or isinstance(record[pairs[found][0]], str)):
            at = found
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
