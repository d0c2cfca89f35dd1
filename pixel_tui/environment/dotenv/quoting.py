"""Quotes a value so that compose reads exactly that.

A value is left unquoted only if it is read literally, and single-quoted only if a shell reads it
the same way; any other is written in double quotes, on one line, with escapes.
"""

import re
from typing import Final

from pixel_tui.environment.dotenv.entry import Quoting
from pixel_tui.environment.dotenv.grammar import WHITESPACE
from pixel_tui.errors import ConsoleError

_BARE = re.compile(rf"(?![\"'#{WHITESPACE}])(?:(?! \#)[^\n\r$])*(?<![{WHITESPACE}])")
# A backslash before the closing quote would escape it.
_SINGLE = re.compile(r"(?:[^'\r\\]|\\[^'\r])*")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"})
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unwritable(ConsoleError):
    """A key or value that can't be written in a `.env`."""


def quote(value: str, like: Quoting = Quoting.NONE) -> str:
    """Return the value as written in the file, in the given style if that is possible.

    Raises:
        Unwritable: The value can't be written in a `.env`.
    """
    if "\0" in value:
        raise Unwritable("An environment variable can't contain a NUL.", hint="Remove it.")
    if _SURROGATE.search(value):
        raise Unwritable("The value is not valid UTF-8.", hint="Enter it again.")
    if like is Quoting.NONE and (not value or _BARE.fullmatch(value)):
        return value
    single = like is Quoting.SINGLE or (like is Quoting.NONE and "\n" not in value)
    if single and _SINGLE.fullmatch(value):
        return f"'{value}'"
    return f'"{value.translate(_ESCAPES)}"'
