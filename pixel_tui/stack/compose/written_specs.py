"""Finds the source text in a compose file of a resolved text. Pure."""

import re
from collections.abc import Iterable
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.compose.written_secrets import ComposeInput
from pixel_tui.stack.compose.yaml_scalars import scalars

_VARIABLE: Final = LatePattern(r"\$\{(?P<name>[A-Za-z_]\w*)[^{}]*\}|\$(?P<bare>[A-Za-z_]\w*)")


def source_text(resolved: str, files: Iterable[ComposeInput]) -> str:
    """Return the first text that may resolve to this one, with its variables and its path.

    Defaults of variables are left out. Empty if no compose file has such a text.
    """
    for file in files:
        if file.sets_variables:
            continue
        for path, text in scalars(file.text):
            if text == resolved:
                return text
            if "$" in text and _may_resolve_to(text, resolved):
                shown = _VARIABLE.sub(lambda item: f"${{{item['name'] or item['bare']}}}", text)
                place = ".".join(str(part) for part in path if isinstance(part, str))
                return f"{shown} ({place}{f' of {file.name}' if file.name else ''})"
    return ""


def _may_resolve_to(text: str, resolved: str) -> bool:
    parts, at = list[str](), 0
    for item in _VARIABLE.finditer(text):
        parts += re.escape(text[at : item.start()]), ".*"
        at = item.end()
    pattern = "".join((*parts, re.escape(text[at:])))
    return bool(parts) and re.fullmatch(pattern, resolved, re.DOTALL) is not None
