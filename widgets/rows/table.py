"""Cells and column formats of tables. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.text import SafeText

SortValue = tuple[int, float, str]


class Tone(StrEnum):
    """The meaning of a cell's colour; the text says the same without it."""

    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    NOTE = "note"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ColumnFormat:
    """The format of a column."""

    title: str
    width: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell."""

    text: SafeText
    tone: Tone = Tone.PLAIN
