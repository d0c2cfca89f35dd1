"""The grammar of compose's dotenv reader, as patterns and one scanner.

Surprising, but so in compose:

- A bare key on the last line without a line end is the value of a variable without a name.
- The next statement may start directly after a closing quote.
- After a value, `#` starts a comment only if a space precedes it, and not directly after the
  separator.
- A key may contain tabs, dots, hyphens and brackets, but no spaces.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple, cast

WHITESPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Skipped before a statement, and stripped from the end of a key and of an unquoted value."""
BLANKS: Final = "\t\v\f\r \x85\xa0"
"""Skipped within a line, around a key and before a value."""

BYTE_ORDER_MARK: Final = "\ufeff"
"""Skipped at the start of the file."""

_STATEMENT_START = re.compile(f"[^{WHITESPACE}]")
# `\w` matches what the reader accepts as a letter, a digit or an underscore.
_HEAD = re.compile(
    rf"(export(?=[\t\n\f\r ])[{BLANKS}]*+)?([\w.\-\[\]{BLANKS}]*+)(?:([=:])[{BLANKS}]*+)?"
)
_CERTAIN_ASSIGNMENT = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?:[A-Z_][A-Z0-9_]*[ \t]*=|[A-Za-z_]\w*=[^=\s])", re.MULTILINE
)
"""A line that is certainly an assignment, and not part of a multi-line value."""
_QUOTED: Final = {
    "'": re.compile(r"'[^'\\]*+(?:\\.[^'\\]*+)*'", re.DOTALL),
    '"': re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*"', re.DOTALL),
}
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:[abcfnrtv$\"\\]|0[0-9]{0,3})")
_OCTAL = re.compile(r"\\0([0-3][0-7]{2})")
_ESCAPED: Final = {
    r"\a": "\a",
    r"\b": "\b",
    r"\f": "\f",
    r"\n": "\n",
    r"\r": "\r",
    r"\t": "\t",
    r"\v": "\v",
    r"\"": '"',
    r"\\": "\\",
    # A literal dollar sign is doubled for the expansion that follows.
    r"\$": "$$",
}


class RefusalReason(StrEnum):
    """Why compose's reader refuses a file."""

    CHARACTER = "a character that is not allowed in a name"
    BLANK = "a blank in the name"
    MISSING_NAME = "nothing after `export` at the end of the file"
    UNTERMINATED = "a quote that is never closed"
    CLOSED_ON_ANOTHER_LINE = "a quote that is closed on another line only"
    AFTER_QUOTE = "text after the closing quote"


_UNCLOSED: Final = (RefusalReason.UNTERMINATED, RefusalReason.CLOSED_ON_ANOTHER_LINE)


class Statement(NamedTuple):
    """One assignment, as offsets into the scanned text."""

    start: int
    key: str
    exported: bool
    has_separator: bool
    """Whether there is a `=` or a `:`; without one it is a bare key."""
    value_start: int
    """For a bare key, the end of the key."""
    value_end: int
    """After the closing quote, or after the last character of the value."""
    quote: str
    """The quote character; empty if the value is unquoted."""
    refused: RefusalReason | None = None
    character: str = ""
    """The character that is not allowed."""


def statements(text: str) -> Iterator[Statement]:
    """Yield all statements of a text, including those that compose refuses.

    Compose stops at the first that it refuses; this continues with the next line. After an unclosed
    quote it continues at the next line that is certainly an assignment: the lines before may belong
    to the value, and be secret.
    """
    position = 0
    while True:
        position = _statement_start(text, position)
        if position == len(text):
            return
        statement, position = _statement(text, position)
        if statement.quote and not statement.refused:
            following = _statement_start(text, position)
            if following < len(text) and "\n" not in text[position:following]:
                statement, position = _check_after_quote(text, statement, following)
        if statement.key or statement.has_separator or statement.refused:
            yield statement
        if statement.refused in _UNCLOSED:
            assignment = _CERTAIN_ASSIGNMENT.search(text, position)
            position = assignment.start() if assignment else len(text)


def _statement_start(text: str, position: int) -> int:
    """Return the position of the next character outside white space and comments."""
    while True:
        match = _STATEMENT_START.search(text, position)
        if match is None:
            return len(text)
        position = match.start()
        if text[position] != "#":
            return position
        position = _line_end(text, position)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _check_after_quote(text: str, statement: Statement, following: int) -> tuple[Statement, int]:
    """Check the text after a quoted value on the same line."""
    next_statement, _ = _statement(text, following)
    if next_statement.refused is None:
        return statement, following
    refused = RefusalReason.AFTER_QUOTE
    line_end = _line_end(text, following)
    if "\n" in text[statement.value_start : statement.value_end]:
        # It was meant to end on its first line: fixing it must not lose the others.
        refused = RefusalReason.CLOSED_ON_ANOTHER_LINE
        line_end = _line_end(text, statement.value_start)
    value_end = _trimmed_end(text, statement.value_start, line_end)
    return statement._replace(value_end=value_end, refused=refused), line_end


def _trimmed_end(text: str, start: int, end: int) -> int:
    """Return the end of the text without trailing white space."""
    return start + len(text[start:end].rstrip(WHITESPACE))


def _statement(text: str, start: int) -> tuple[Statement, int]:
    """Return the statement that starts here, and where to continue."""
    # The pattern also matches nothing.
    head = cast("re.Match[str]", _HEAD.match(text, start))
    exported, key, separator = head.groups()
    key = key.rstrip(WHITESPACE)
    terminator = separator or text[head.end() : head.end() + 1]
    if not terminator:
        return _nameless_value(text, start, head.start(2), exported=bool(exported))
    if terminator not in "=:\n":
        return _refused(text, start, RefusalReason.CHARACTER, terminator)
    if " " in key:
        return _refused(text, start, RefusalReason.BLANK)
    if separator:
        return _assignment(text, start, key, head.end(), exported=bool(exported))
    end = head.start(2) + len(key)
    return Statement(start, key, bool(exported), False, end, end, ""), head.end() + 1


def _refused(
    text: str, start: int, refused: RefusalReason, character: str = ""
) -> tuple[Statement, int]:
    """Return a line without a readable key."""
    end = _line_end(text, start)
    return Statement(start, "", False, False, start, end, "", refused, character), end


def _nameless_value(
    text: str, start: int, key_start: int, *, exported: bool
) -> tuple[Statement, int]:
    """Return the statement at the end of the text without a separator, which is read as a value."""
    if key_start == len(text):
        return Statement(
            start, "", exported, False, start, start, "", RefusalReason.MISSING_NAME
        ), len(text)
    end = key_start + len(_strip_comment(text[key_start:]))
    return Statement(start, "", exported, True, key_start, end, ""), len(text)


def _assignment(
    text: str, start: int, key: str, value_start: int, *, exported: bool
) -> tuple[Statement, int]:
    quote = text[value_start : value_start + 1]
    if quote and quote in _QUOTED:
        match = _QUOTED[quote].match(text, value_start)
        if match:
            end = match.end()
            return Statement(start, key, exported, True, value_start, end, quote), end
        line_end = _line_end(text, value_start)
        end = _trimmed_end(text, value_start, line_end)
        refused = RefusalReason.UNTERMINATED
        return Statement(start, key, exported, True, value_start, end, quote, refused), line_end
    line_end = _line_end(text, value_start)
    end = value_start + len(_strip_comment(text[value_start:line_end]))
    return Statement(start, key, exported, True, value_start, end, ""), line_end


def _strip_comment(value: str) -> str:
    return value.partition(" #")[0].rstrip(WHITESPACE)


def unescape(raw: str, quote: str) -> str:
    """Remove the quotes of a value and resolve its escapes; variables are not expanded."""
    if not quote:
        return raw
    inner = raw[1:-1]
    if "\\" not in inner:
        return inner
    inner = _PAIR.sub(lambda pair: quote if pair[1] == quote else pair[0], inner)
    return inner if quote == "'" else _ESCAPE.sub(_resolve_escape, inner)


def _resolve_escape(match: re.Match[str]) -> str:
    escape = match.group()
    if octal := _OCTAL.fullmatch(escape):
        return chr(int(octal[1], base=8))
    # An octal number that is no character loses its zero.
    return _ESCAPED.get(escape, escape.replace("\\0", "\\", 1))
