"""Splits text into terminal cells, and marks those whose width terminals disagree about. Pure.

The width of a character comes from a table, and the tables of Rich, of terminals and of tmux
have different ages: skin tones, joined emoji, Indic clusters, recent emoji and whatever became
wide meanwhile (`☰`) take one cell in one and two in another.
"""

from bisect import bisect_right
from functools import lru_cache
from sys import intern
from typing import Final

from rich.cells import cell_len, split_graphemes

from pixel_tui.late_pattern import LatePattern
from pixel_tui.text import defuse, is_harmless

_STABLE_RANGES: Final = (
    # One cell: Latin, Greek and Cyrillic letters.
    " ~", "\u00a1\u00ac", "\u00ae\u02ff", "\u0370\u03ff", "\u0400\u0482", "\u048a\u052f",
    "\u1e00\u1eff",
    # One cell: punctuation, currencies, arrows, mathematics, pictures of control characters.
    "\u00a0\u00a0", "\u2010\u2027", "\u2030\u205e", "\u20a0\u20bf", "\u2190\u21ff",
    "\u2200\u22ff", "\u2400\u2426", "\ufffd\ufffd",
    # One cell: lines, blocks and geometric shapes, but for those that became emoji.
    "\u2500\u25a9", "\u25ac\u25b5", "\u25b7\u25bf", "\u25c1\u25fa", "\u2713\u2713",
    "\u2715\u2718",
    # Two cells: Japanese, Chinese and Korean.
    "\u3001\u3003", "\u3008\u3011", "\u3041\u3096", "\u30a1\u30fa", "\u30fc\u30fc",
    "\u3400\u4db5", "\u4e00\u9fa5", "\uac00\ud7a3", "\uff01\uff5e",
)  # fmt: skip
"""First and last characters of ranges that all tables have agreed about for many years."""
_FIRST_CHARS: Final = sorted(first for first, _ in _STABLE_RANGES)
_LAST_CHARS: Final = dict(
    zip(_FIRST_CHARS, sorted(last for _, last in _STABLE_RANGES), strict=True)
)
_LAST_LETTER: Final = "\u1eff"
"""Characters up to here may have accents and stay one cell wide."""
_ACCENTS: Final = LatePattern("[\u0300-\u034e]*")


class Contested(str):
    """A cell's text that may take more or fewer cells in the terminal than here."""

    __slots__ = ()


def cells_of(text: str) -> tuple[list[str], bool]:
    """Return the text of each cell; the second cell of a wide character is empty.

    Returns:
        The cells, and whether any of them is contested.
    """
    cells, contested = _measured(text)
    return list(cells), contested


@lru_cache(maxsize=512)
def _measured(text: str) -> tuple[tuple[str, ...], bool]:
    if not is_harmless(text):
        text = defuse(text)
    cells: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        cluster = intern(text[start:end])  # one object for all cells of a border
        if width == 0 and cells:
            at = len(cells) - 1
            while at and not cells[at]:
                at -= 1  # to the previous character, however wide it is
            cells[at] = _cell(f"{cells[at]}{cluster}")
        elif width:  # else the text was cut, and a terminal would add it to another character
            cells += [_cell(cluster), *[""] * (width - 1)]
    width = cell_len(text)
    if len(cells) != width:
        # Together they are shown differently than alone: paint them as one, or not at all.
        return ((Contested(text), *[""] * (width - 1)) if width else ()), True
    return tuple(cells), any(type(cell) is Contested for cell in cells)


def _cell(cluster: str) -> str:
    return cluster if cluster.isascii() or _is_stable(cluster) else Contested(cluster)


def _is_stable(cluster: str) -> bool:
    char, accents = cluster[:1], cluster[1:]
    at = bisect_right(_FIRST_CHARS, char)
    if not at or char > _LAST_CHARS[_FIRST_CHARS[at - 1]]:
        return False
    return not accents or (
        "\u00a0" != char <= _LAST_LETTER and _ACCENTS.fullmatch(accents) is not None
    )
