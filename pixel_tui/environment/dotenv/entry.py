"""What a `.env` is made of: entries, and the faults for which compose refuses it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pixel_tui.text import SafeText


class Quoting(StrEnum):
    """How a value is written."""

    NONE = "none"
    SINGLE = "single"
    DOUBLE = "double"

    @property
    def character(self) -> str:
        """What stands around a value that is written so."""
        return _CHARACTERS[self]


_CHARACTERS: Final = {Quoting.NONE: "", Quoting.SINGLE: "'", Quoting.DOUBLE: '"'}


@dataclass(frozen=True, slots=True)
class DotenvEntry:
    """One `KEY=value` of the file, or one that is commented out."""

    key: str
    """Empty for a value without a name: `=x`, or a key alone at the very end of the file."""
    line: int
    """Of its first line, from 1."""
    lines: int
    """How many lines it covers: more than one where a quoted value has line ends in it."""
    raw: str = field(repr=False)
    """What stands behind the separator, as written: quotes included, comment and line end not."""
    written: str = field(repr=False)
    """`raw` without its quotes; escapes and variables are not resolved."""
    quoting: Quoting = Quoting.NONE
    exported: bool = False
    has_value: bool = True
    """False for a key alone, which compose takes from its own environment."""
    commented: bool = False
    """`#KEY=value`: it is kept, and means nothing to compose."""
    section: SafeText = SafeText("")
    """The banner above it; empty where there is none."""
    broken: bool = False
    """Compose refuses the file for this entry; a fault of the same line says why."""
    mark: str = ""
    """What makes a comment of each of its lines: `# `."""
    start: int = 0
    """Where it begins in its first line, the mark not counted."""
    value_start: int = 0
    """Where `raw` begins in its first line, the mark not counted."""

    @property
    def last_line(self) -> int:
        """From 1."""
        return self.line + self.lines - 1


@dataclass(frozen=True, slots=True)
class DotenvFault:
    """Syntax for which compose refuses the whole file."""

    line: int
    key: str
    """Empty where none can be made out."""
    message: SafeText
    hint: SafeText
