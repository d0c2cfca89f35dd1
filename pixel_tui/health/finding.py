"""A finding: what is wrong, why, and how to fix it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText, plain

_ACTION_KEY: Final = LatePattern(r" \([arsx]\)")


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

    def fix(self, *, read_only: bool) -> SafeText:
        """Return the fix to show on the screen.

        Args:
            read_only: Whether the console has no keys for changes, so that a command is needed.
        """
        if read_only:
            return plain(_ACTION_KEY.sub("", self.hint))
        return self.by_key or self.hint


Rule = Callable[[Service, StackSnapshot, datetime], Finding | None]
