"""A finding: something that is wrong, why, and what to do. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from pixel_tui.stack.model.snapshot import Service, StackSnapshot
from pixel_tui.text import NO_TEXT, SafeText


class Severity(IntEnum):
    """How much a finding matters."""

    NOTE = 1
    WARNING = 2
    BROKEN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with one service, or with the stack: then `service` is empty."""

    service: SafeText
    severity: Severity
    what: SafeText
    why: SafeText = NO_TEXT
    remedy: SafeText = NO_TEXT


Rule = Callable[[Service, StackSnapshot, datetime], Finding | None]
