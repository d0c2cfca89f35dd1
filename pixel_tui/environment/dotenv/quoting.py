"""How a value has to be written so that compose reads exactly that.

A value stands unquoted only where it is read as it looks, and in single quotes only where they
mean the same to a shell; anything else is written in double quotes, on one line, with escapes.
"""

import re
from typing import Final

from pixel_tui.environment.dotenv.entry import Quoting
from pixel_tui.environment.dotenv.grammar import WHITESPACE
from pixel_tui.errors import ConsoleError

_BARE = re.compile(rf"(?![\"'#{WHITESPACE}])(?:(?! \#)[^\n\r$])*(?<![{WHITESPACE}])")
# A backslash before the closing quote would keep it from closing.
_SINGLE = re.compile(r"(?:[^'\r\\]|\\[^'\r])*")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"})
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unwritable(ConsoleError):
    """A `.env` can't say this."""


def quoted(value: str, like: Quoting = Quoting.NONE) -> str:
    """The value as it stands in the file, in the way that is there now where that can say it.

    Raises:
        Unwritable: No way of writing is read as this value by compose.
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
