"""What a check of an environment file finds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.text import SafeText

_STOPPING: Final = frozenset({"syntax", "refused"})
"""Rules about what compose refuses the whole project for."""


class EnvironmentLevel(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Compose refuses the file, or a service can't work with it."""
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class EnvironmentFinding:
    """Something wrong with a key, why, and what to do. No value of a secret is in it."""

    rule: str
    """`placeholder`: what scripts know it by."""
    level: EnvironmentLevel
    key: str
    """Empty where it is about the file."""
    line: int
    """From 1; 0 where it is about the file, or about a key that is missing."""
    message: SafeText
    hint: SafeText
    mend: str | None = None
    """The value that would put it right, where there is one that is no secret."""

    @property
    def stops_everything(self) -> bool:
        """Whether compose refuses the whole project for this, so that nothing else counts yet."""
        return self.level is EnvironmentLevel.ERROR and self.rule in _STOPPING
