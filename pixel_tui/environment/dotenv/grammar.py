"""How compose takes a `.env` apart: its dotenv reader's grammar, as patterns and as one scan.

What surprises in it, and is so in compose: a key alone on the last line, with no line end behind
it, is the value of a variable without a name; behind a closing quote the next statement may
begin on the same line; `#` begins a comment behind a value only after a blank, and not directly
behind the separator; a key may have tabs, dots, hyphens and brackets in it, but no blank.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple, cast

WHITESPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What may stand before a statement, and is taken off a key and an unquoted value at the end."""
BLANKS: Final = "\t\v\f\r \x85\xa0"
"""What may stand within a line, around a key and before a value."""

BYTE_ORDER_MARK: Final = "\ufeff"
"""Passed over at the very beginning."""

_STATEMENT_START = re.compile(f"[^{WHITESPACE}]")
# `\w` is what the reader takes for a letter, a number or an underscore.
_HEAD = re.compile(
    rf"(export(?=[\t\n\f\r ])[{BLANKS}]*+)?([\w.\-\[\]{BLANKS}]*+)(?:([=:])[{BLANKS}]*+)?"
)
_SURE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?:[A-Z_][A-Z0-9_]*[ \t]*=|[A-Za-z_]\w*=[^=\s])", re.MULTILINE
)
"""A line that is an assignment beyond doubt, and no part of a value of many lines."""
_QUOTED: Final = {
    "'": re.compile(r"'(?:[^'\\]++|\\.)*+'", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL),
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
    # A dollar that is to stand for itself is doubled for the expansion that follows.
    r"\$": "$$",
}


class Refused(StrEnum):
    """Why the reader gives up on a file."""

    CHARACTER = "a character that is not allowed in a name"
    BLANK = "a blank in the name"
    NOTHING = "nothing after `export` at the end of the file"
    UNTERMINATED = "a quote that is never closed"
    SWALLOWED = "a quote that is closed on another line only"
    BEHIND_QUOTE = "text after the closing quote"


_OPEN: Final = (Refused.UNTERMINATED, Refused.SWALLOWED)


class Statement(NamedTuple):
    """One assignment, by offsets into the text that was scanned."""

    start: int
    key: str
    exported: bool
    separated: bool
    """Whether there is a `=` or a `:`. Without one it is a key alone."""
    value_start: int
    """Of a key alone: the end of the key."""
    value_end: int
    """Behind the closing quote, or behind the last character that counts."""
    quote: str
    """Empty where the value has none."""
    refused: Refused | None = None
    character: str = ""
    """The one that is not understood."""


def statements(text: str) -> Iterator[Statement]:
    """All statements of a text, those that compose refuses among them.

    Compose gives up at the first that it refuses; here the scan goes on with the next line.
    Behind a quote that is not closed it goes on with the next that is an assignment beyond doubt:
    what stands before may be more of the value, and secret.
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
                statement, position = _with_neighbour(text, statement, following)
        if statement.key or statement.separated or statement.refused:
            yield statement
        if statement.refused in _OPEN:
            sure = _SURE.search(text, position)
            position = sure.start() if sure else len(text)


def _statement_start(text: str, position: int) -> int:
    """The next character that is neither white space nor in a comment."""
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


def _with_neighbour(text: str, statement: Statement, following: int) -> tuple[Statement, int]:
    """A quoted value and what stands behind it in its line."""
    neighbour, _ = _statement(text, following)
    if neighbour.refused is None:
        return statement, following
    refused = Refused.BEHIND_QUOTE
    line_end = _line_end(text, following)
    if "\n" in text[statement.value_start : statement.value_end]:
        # It was to end in its first line: a person who mends it must not lose the others.
        refused = Refused.SWALLOWED
        line_end = _line_end(text, statement.value_start)
    value_end = _trimmed(text, statement.value_start, line_end)
    return statement._replace(value_end=value_end, refused=refused), line_end


def _trimmed(text: str, start: int, end: int) -> int:
    """The end without the white space before it."""
    return start + len(text[start:end].rstrip(WHITESPACE))


def _statement(text: str, start: int) -> tuple[Statement, int]:
    """The statement that begins here, and where to go on."""
    # It matches anything, also nothing.
    head = cast("re.Match[str]", _HEAD.match(text, start))
    exported, key, separator = head.groups()
    key = key.rstrip(WHITESPACE)
    terminator = separator or text[head.end() : head.end() + 1]
    if not terminator:
        return _nameless(text, start, head.start(2), exported=bool(exported))
    if terminator not in "=:\n":
        return _refused(text, start, Refused.CHARACTER, terminator)
    if " " in key:
        return _refused(text, start, Refused.BLANK)
    if separator:
        return _assignment(text, start, key, head.end(), exported=bool(exported))
    end = head.start(2) + len(key)
    return Statement(start, key, bool(exported), False, end, end, ""), head.end() + 1


def _refused(text: str, start: int, refused: Refused, character: str = "") -> tuple[Statement, int]:
    """A line of which no key can be made out."""
    end = _line_end(text, start)
    return Statement(start, "", False, False, start, end, "", refused, character), end


def _nameless(text: str, start: int, key_start: int, *, exported: bool) -> tuple[Statement, int]:
    """What stands at the very end with no separator is read as a value."""
    if key_start == len(text):
        return Statement(start, "", exported, False, start, start, "", Refused.NOTHING), len(text)
    end = key_start + len(_without_comment(text[key_start:]))
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
        end = _trimmed(text, value_start, line_end)
        refused = Refused.UNTERMINATED
        return Statement(start, key, exported, True, value_start, end, quote, refused), line_end
    line_end = _line_end(text, value_start)
    end = value_start + len(_without_comment(text[value_start:line_end]))
    return Statement(start, key, exported, True, value_start, end, ""), line_end


def _without_comment(value: str) -> str:
    return value.partition(" #")[0].rstrip(WHITESPACE)


def content(raw: str, quote: str) -> str:
    """What a value says before variables are expanded: quotes off, escapes resolved."""
    if not quote:
        return raw
    inner = raw[1:-1]
    if "\\" not in inner:
        return inner
    inner = _PAIR.sub(lambda pair: quote if pair[1] == quote else pair[0], inner)
    return inner if quote == "'" else _ESCAPE.sub(_resolved, inner)


def _resolved(match: re.Match[str]) -> str:
    escape = match.group()
    if octal := _OCTAL.fullmatch(escape):
        return chr(int(octal[1], base=8))
    # One that is no number of a character loses its zero.
    return _ESCAPED.get(escape, escape.replace("\\0", "\\", 1))
