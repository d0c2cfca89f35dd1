"""Extracts compose's warnings from its standard error."""

from pixel_tui.late_pattern import LatePattern

_ESCAPED = LatePattern(r"\\(.)")
_WARNING = LatePattern(r'level=warning msg="((?:[^"\\]|\\.)*)"')


def compose_warnings(messages: str) -> tuple[str, ...]:
    """Return the distinct warnings in compose's standard error."""
    found = (
        _ESCAPED.sub(lambda sign: " " if sign[1] in "nrt" else sign[1], text)
        for text in _WARNING.findall(messages)
    )
    return tuple(dict.fromkeys(found))
