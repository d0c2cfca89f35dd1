"""The findings of environment checks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.text import SafeText

_FATAL_RULES: Final = frozenset({"syntax", "refused"})
"""Rules about errors for which compose refuses the project."""


class EnvironmentLevel(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    """Compose refuses the file, or a service can't work with it."""
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class EnvironmentFinding:
    """A problem with a key, its cause and a hint. It never contains a secret."""

    rule: str
    """Its name for scripts, such as `placeholder`."""
    level: EnvironmentLevel
    key: str
    """Empty if it is about the file."""
    line: int
    """From 1; 0 if it is about the file or a missing key."""
    message: SafeText
    hint: SafeText
    fix: str | None = None
    """A value that fixes it, if there is one that is not secret."""

    @property
    def is_fatal(self) -> bool:
        """Whether compose refuses the project because of this, so that other findings can wait."""
        return self.level is EnvironmentLevel.ERROR and self.rule in _FATAL_RULES
