"""A finding: what is wrong, why, and how to fix it. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from pixel_tui.confirm_keys import shown_key
from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText, plain

KEY_NAMES: Final[Mapping[str, str]] = {
    "a": "services.actions",
    "r": "services.restart",
    "s": "services.start",
    "x": "services.stop",
    "2": "pane.logs",
    "3": "pane.details",
}
"""The keys that fixes name, `(s)` or `(a, Recreate)`, and what the settings call them."""
_ACTION_KEY: Final = LatePattern(r" \([arsx]\)")
_KEY: Final = LatePattern(r"\(([arsx23])(?=[,)])")


class Severity(IntEnum):
    """The severity of a finding."""

    NOTE = 1
    WARNING = 2
    BROKEN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a service, or of the stack, in which case `service` is empty."""

    service: SafeText
    severity: Severity
    what: SafeText
    why: SafeText = NO_TEXT
    hint: SafeText = NO_TEXT
    """The fix, with a command if there is one."""
    by_key: SafeText = NO_TEXT
    """The fix with the keys of pixel-tui, if it has an action for it."""

    def fix(self, *, read_only: bool, bound: Mapping[str, str]) -> SafeText:
        """Return the fix to show on the screen.

        Args:
            read_only: Whether the console has no keys for changes, so that a command is needed.
            bound: Names of bindings to keys (`[keys]` of the settings).
        """
        words = _ACTION_KEY.sub("", self.hint) if read_only else self.by_key or self.hint

        def as_bound(found: re.Match[str]) -> str:
            return f"({shown_key(bound, KEY_NAMES[found[1]], found[1])}"

        return plain(_KEY.sub(as_bound, words))


Rule = Callable[[Service, StackSnapshot, datetime], Finding | None]
