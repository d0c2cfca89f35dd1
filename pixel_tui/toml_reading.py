"""Parses TOML from outside: the settings file.

Invalid or too deeply nested text is always a `ValueError`.
"""

import re
from typing import Final

from pixel_tui.json_reading import is_too_deep

MAX_DEPTH: Final = 64
"""Parts of a dotted name. Python's parser takes quadratic time for them."""
_PART: Final = r"(?:[A-Za-z0-9_\-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_DEEP_NAME: Final = rf"(?:^|[\[{{,])[ \t]*+{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MAX_DEPTH},}}"


def parse_toml(text: str) -> dict[str, object]:
    """Parse a TOML text.

    Raises:
        ValueError: It is invalid, or nested too deeply.
    """
    import tomllib  # most users have no such file

    if text.count(".") >= MAX_DEPTH and re.search(_DEEP_NAME, text, re.MULTILINE):
        raise ValueError("nested too deep")
    try:
        value: dict[str, object] = tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if is_too_deep(value):
        raise ValueError("nested too deep")
    return value
