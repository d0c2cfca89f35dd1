"""Entries and syntax faults of a `.env`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pixel_tui.text import SafeText


class Quoting(StrEnum):
    """How a value is quoted."""

    NONE = "none"
    SINGLE = "single"
    DOUBLE = "double"

    @property
    def character(self) -> str:
        """The quote character; empty for an unquoted value."""
        return _CHARACTERS[self]


_CHARACTERS: Final = {Quoting.NONE: "", Quoting.SINGLE: "'", Quoting.DOUBLE: '"'}


@dataclass(frozen=True, slots=True)
class DotenvEntry:
    """One `KEY=value` of the file; it may be commented out."""

    key: str
    """Empty for a value without a name: `=x`, or a bare key at the very end of the file."""
    line: int
    """The number of its first line, from 1."""
    lines: int
    """How many lines it covers: more than one if a quoted value contains line ends."""
    raw: str = field(repr=False)
    """The text after the separator, with quotes, without a comment and the line end."""
    written: str = field(repr=False)
    """`raw` without its quotes; escapes and variables are not resolved."""
    quoting: Quoting = Quoting.NONE
    exported: bool = False
    has_value: bool = True
    """False for a bare key, whose value compose takes from its own environment."""
    commented: bool = False
    """Whether it is a comment: `#KEY=value`. Compose ignores it."""
    section: SafeText = SafeText("")
    """The title of the banner above it; empty if there is none."""
    broken: bool = False
    """Whether compose refuses the file because of it; the fault of the same line has the reason."""
    comment_prefix: str = ""
    """The prefix of each of its lines if it is commented out, such as `# `."""
    start: int = 0
    """Its offset in its first line, without the comment prefix."""
    value_start: int = 0
    """The offset of `raw` in its first line, without the comment prefix."""

    @property
    def last_line(self) -> int:
        """The number of its last line, from 1."""
        return self.line + self.lines - 1


@dataclass(frozen=True, slots=True)
class DotenvFault:
    """A syntax error for which compose refuses the file."""

    line: int
    key: str
    """Empty if it is unknown."""
    message: SafeText
    hint: SafeText
