"""Sanitizes foreign text before it is shown.

Text from containers, labels, files and commands may have terminal escape sequences, markup,
direction overrides or invalid UTF-8. `plain` turns it into one line of harmless text, of a
type of its own, so that the type checker finds places where foreign text was not sanitized.
"""

import re
from typing import Final, NewType

from pixel_tui.late_pattern import LatePattern

SafeText = NewType("SafeText", str)
"""Text of one line that a terminal shows and never interprets."""

NO_TEXT: Final = SafeText("")

TAB_STOP: Final = 8

_SEQUENCE = LatePattern(
    # Operating system commands and the other strings, ended by BEL or ST, or cut off.
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"
    # Control sequences: parameters, intermediates, final byte.
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    # Two and three character escapes.
    r"|\x1b[ -/]*[0-~]?"
)

_FIRST_COLUMN = LatePattern(r"\x1b\[1?G")
"""Moves the cursor to the first column, as a carriage return does."""
_ERASE_LINE = LatePattern(r"\x1b\[([02]?)K")
"""Erases what follows the cursor, or with 2 the complete line."""

_INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff\U0001d173-\U0001d17a"
)
"""Zero-width, direction-changing, tag and filler characters, as a regex class."""

_REMOVED: Final = f"({_SEQUENCE.pattern}|[{_INVISIBLE}]+)"
"""What `plain` removes completely; rarely needed, so compiled on demand."""

_CONTROL = LatePattern(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}]")


def _replacement(match: re.Match[str]) -> str:
    """Return a visible replacement for a character that must not reach the terminal."""
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if code < 0xA0:
        return f"\\x{code:02x}"
    return ""


def plain(raw: str | bytes) -> SafeText:
    """Sanitize foreign text into one line.

    Escape sequences and invisible characters are removed; other control characters become visible
    marks (`␀`, `␊`); tabs become spaces up to the next stop; invalid UTF-8 becomes
    `\N{REPLACEMENT CHARACTER}`. A final line end is removed.

    Args:
        raw: The text, or its bytes.

    Returns:
        The text without anything that a terminal would interpret.
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if text.isascii() and text.isprintable():
        return SafeText(text)
    text = text.rstrip("\r\n")
    if "\x1b" in text or not text.isascii():
        text = _SEQUENCE.sub("", text)
    if "\t" in text:
        text = text.expandtabs(TAB_STOP)
    return SafeText(_CONTROL.sub(_replacement, text))


def split_removed(text: str) -> list[str]:
    """Split text into parts that `plain` shows and parts that it removes, alternating.

    The first and the last part, which may be empty, are shown.
    """
    return re.split(_REMOVED, text)


def plain_lines(raw: str | bytes) -> tuple[SafeText, ...]:
    """Sanitize foreign text of several lines.

    Only LF and CR LF end a line: with the other separators that Python knows, text could pretend
    to be on a line of its own.
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return tuple(plain(line) for line in text.rstrip("\r\n").split("\n"))


def shown_line(raw: str | bytes) -> SafeText:
    """Return what a terminal finally shows of a line of output.

    After a carriage return a line is overwritten, as by progress bars: what is not overwritten or
    erased stays. Otherwise this is `plain`.
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = _FIRST_COLUMN.sub("\r", text).rstrip("\r\n")
    if "\r" not in text:
        return plain(text)
    shown = ""
    for state in text.split("\r"):
        written = ""
        for at, part in enumerate(_ERASE_LINE.split(state)):
            if at % 2 == 0:
                written += plain(part)
                continue
            shown = ""
            if part == "2":
                written = " " * len(written)
        shown = written + shown[len(written) :]
    return SafeText(shown.rstrip(" "))


def is_harmless(text: str) -> bool:
    """Whether a terminal would show every character of this text and interpret none."""
    return _CONTROL.search(text) is None


def defuse(text: str) -> str:
    """Replace control characters, keeping the width in cells.

    The second safeguard after `plain`, for text that is about to be painted, which should
    already be sanitized.
    """
    return _CONTROL.sub(lambda match: _replacement(match) or "\ufffd", text)
