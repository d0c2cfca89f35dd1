"""Detects the level of a log line. Pure.

A level is taken from where programs put one: a word at the start of a line, after stamps,
process numbers and names; a key of a JSON object or of `key=value` pairs; the status of an
access log. Words in the middle of a sentence don't count. Most lines have no level, which one
anchored expression detects.
"""

import re
from enum import IntEnum
from typing import Final

from pixel_tui.json_reading import parse_json
from pixel_tui.late_pattern import LatePattern
from pixel_tui.logs.level_words import ERROR_ITSELF, WORDS, head_pattern


class LogLevel(IntEnum):
    """The severity of a line."""

    UNKNOWN = 0
    """No level of its own. A line that continues another has that line's level."""
    TRACE = 1
    DEBUG = 2
    INFO = 3
    WARN = 4
    ERROR = 5
    FATAL = 6


HEAD: Final = 2048
"""Bytes of a line in which a level is searched, except for JSON."""
MAX_JSON: Final = 64 * 1024
"""Bytes of a JSON line that are parsed to tell its level from that of a nested object."""

_ESCAPE = LatePattern(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
_HEAD = LatePattern(head_pattern(), re.VERBOSE)
_JSON = LatePattern(
    rb'"(?:(?:level|severity|lvl|log\.level|@level|loglevel|log_level|levelname|severity_?text)"'
    rb'\s*:\s*(?:"([^"\\]{1,24})"|(\d{1,4})(?=\s*[,}]))|(?:s|@l)"\s*:\s*"([^"\\]{1,24})")',
    re.IGNORECASE,
)
_KEYS: Final = (
    "level", "severity", "lvl", "log.level", "@level", "loglevel", "log_level", "levelname",
    "severitytext", "severity_text", "@l", "s",
)  # fmt: skip
_COMMON_LOG = LatePattern(rb'\S+ \S+ \S+(?: \S+)? \[[^\]]{1,60}\] "[^"]*" (\d{3}) ')
_REQUEST = LatePattern(rb'[^"{}]*"[A-Z]{3,8} [^"]* HTTP/\d(?:\.\d)?" (\d{3})\b')
_TROUBLE = LatePattern(
    rb"""[\s\x80-\xff]*+(?:
    (?P<fatal>thread\ '[^']{0,80}'\ (?:\(\d+\)\ )?panicked\ at|Segmentation\ fault)
    |(?P<error>Traceback\ \(most\ recent|Exception\ in\ thread\ |npm\ (?:ERR!|error)\s
        |"""
    + ERROR_ITSELF
    + rb""")
    |(?P<warn>npm\ (?:WARN|warn)\s
        |(?:\(\w{1,20}:\d{1,9}\)\ )?(?:\[\w{1,20}\]\ )?\w{7,60}+(?<=Warning):\s)
    )""",
    re.VERBOSE,
)
"""Starts of the messages that runtimes print for a crash, and of their warnings."""
_BY_LETTER: Final = {
    b"I": LogLevel.INFO, b"W": LogLevel.WARN, b"E": LogLevel.ERROR, b"F": LogLevel.FATAL,
    b"D": LogLevel.DEBUG,
}  # fmt: skip
_BY_REDIS_MARK: Final = {
    b".": LogLevel.DEBUG, b"-": LogLevel.DEBUG, b"*": LogLevel.INFO, b"#": LogLevel.WARN,
}  # fmt: skip
_BY_SYSLOG: Final = (
    LogLevel.FATAL, LogLevel.FATAL, LogLevel.FATAL, LogLevel.ERROR,
    LogLevel.WARN, LogLevel.INFO, LogLevel.INFO, LogLevel.DEBUG,
)  # fmt: skip
_LEVELS: Final = {word: LogLevel[name] for word, name in WORDS.items()}


def level_of(text: bytes | str, *, client_errors: LogLevel = LogLevel.INFO) -> LogLevel:
    """Return the level of a line; never raises.

    Args:
        text: The raw line, with or without colours.
        client_errors: The level of status 400 to 499 in an access log. On a public address
            most of them are bots, so by default they are no warning.
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if b"\x1b" in raw:
        raw = _ESCAPE.sub(b"", raw[: 2 * MAX_JSON])
    if raw[:1] == b"{":
        return _of_json(raw)
    request = b" HTTP/" in raw
    if request and (match := _COMMON_LOG.match(raw, 0, HEAD)):
        return _of_status(match[1], client_errors)
    if match := _HEAD.match(raw, 0, HEAD):
        return _of_head(match)
    if request and (match := _REQUEST.match(raw, 0, HEAD)):
        return _of_status(match[1], client_errors)
    if (match := _TROUBLE.match(raw, 0, HEAD)) and match.lastgroup:
        return LogLevel[match.lastgroup.upper()]
    return LogLevel.UNKNOWN


def parse_level(word: bytes | str) -> LogLevel:
    """Return the level of a word, or of a number of pino, bunyan or syslog."""
    raw = word if isinstance(word, bytes) else word.encode("utf-8", "replace")
    raw = raw.strip().lower()
    if raw.isdigit():
        return _of_number(int(raw[:9]))
    return _LEVELS.get(raw, LogLevel.UNKNOWN)


def _of_head(match: re.Match[bytes]) -> LogLevel:
    kind = match.lastgroup
    word = match[kind] if kind else b""
    if kind in {"klog", "ruby"}:
        return _BY_LETTER[word]
    if kind == "redis":
        return _BY_REDIS_MARK[word]
    if kind == "syslog":
        return _BY_SYSLOG[int(word) & 7]
    return parse_level(word)


def _of_number(number: int) -> LogLevel:
    if 0 <= number < len(_BY_SYSLOG):
        return _BY_SYSLOG[number]
    # pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal
    return LogLevel(min(number // 10, 6)) if 10 <= number < 100 else LogLevel.UNKNOWN


def _of_status(status: bytes, client_errors: LogLevel) -> LogLevel:
    if status >= b"500":
        return LogLevel.ERROR
    return client_errors if status >= b"400" else LogLevel.INFO


def _of_json(raw: bytes) -> LogLevel:
    """Return the level of a JSON object itself, not that of a nested one.

    A quote inside a JSON string is escaped, so a quoted key is a key. If no other object
    starts before it, it belongs to the outer one; else the complete line is parsed.
    """
    match = _JSON.search(raw, 0, MAX_JSON)
    if match is None:
        return LogLevel.UNKNOWN
    if raw.count(b"{", 0, match.start()) == 1:
        level = parse_level(match[1] or match[2] or match[3])
        if level is not LogLevel.UNKNOWN:
            return level
    if len(raw) > MAX_JSON:
        return LogLevel.UNKNOWN
    try:
        record = parse_json(raw)
    except ValueError:
        return LogLevel.UNKNOWN
    if not isinstance(record, dict):
        return LogLevel.UNKNOWN
    keys = {key.lower(): value for key, value in record.items()}
    for key in _KEYS:
        value = keys.get(key)
        if isinstance(value, str):
            level = parse_level(value[:24])
        elif isinstance(value, int) and not isinstance(value, bool) and key not in {"s", "@l"}:
            level = _of_number(value)
        else:
            continue
        if level is not LogLevel.UNKNOWN:
            return level
    return LogLevel.UNKNOWN
