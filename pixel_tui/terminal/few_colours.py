"""Recognizes terminals with few colours by their names. Pure."""

from typing import Final

_TERMS: Final = frozenset({"linux", "vt100", "vt220", "ansi", "screen", "xterm"})


def has_few_colours(term: str) -> bool:
    """Whether a terminal of this name (`TERM`) has at most sixteen colours."""
    return term in _TERMS or term.endswith("-16color")
