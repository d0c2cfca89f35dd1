"""What tables are made of: cells and how their columns are drawn. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from pixel_tui.text import SafeText

SortValue = tuple[int, float, str]


class Tone(StrEnum):
    """What a cell says beside its words; never the words' only carrier."""

    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    NOTE = "note"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """How a column is drawn."""

    title: str
    width: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell."""

    text: SafeText
    tone: Tone = Tone.PLAIN
