"""Paints only the cells that differ from what the terminal already shows.

Textual repaints complete lines of a widget when anything in them changes, and repeats all
colours for every piece of text. Over a slow link, keys wait for that. Here each frame is
compared, cell by cell, with the previous one, and only the differences are sent, with only
those colours and attributes that change from one cell to the next.

If terminals disagree about a character's width (`cell_text`), its cells are cleared, it is
painted, the cursor is placed after it as if it had the width expected here, and the rest of the
row is painted again: whatever the terminal's width, no cell keeps old content.

It is also the second safeguard after `text.plain`: control characters that a terminal would
execute are replaced here, where all text passes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from pixel_tui.terminal.cell_text import Contested, cells_of

SHORT_GAP: Final = 6
"""Up to so many unchanged cells are painted again: skipping them takes as many bytes."""
MAX_STYLES: Final = 1024
REPLACEMENT: Final = "\ufffd"
"""Shown at the screen's edge instead of a character that may be too wide for it."""

_ATTRIBUTES: Final = {
    "bold": "1", "dim": "2", "italic": "3", "underline": "4", "blink": "5", "reverse": "7",
    "conceal": "8", "strike": "9", "underline2": "21", "overline": "53",
}  # fmt: skip
"""Rich's names of attributes, and their SGR codes (ECMA-48, 8.3.117)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pen:
    """The SGR parameters of a cell; one object for each combination, compared by identity."""

    attributes: str = ""
    colour: str = ""
    background: str = ""

    def change(self, before: "Pen") -> str:
        """Return the parameters that change the previous pen to this one; may be empty."""
        parts = []
        if self.attributes != before.attributes:
            parts.append(self.attributes)
            if before.attributes:
                # Resetting them one by one would take more bytes, and more code.
                parts.insert(0, "0")
                before = NO_PEN
        if self.colour != before.colour:
            parts.append(self.colour or "39")
        if self.background != before.background:
            parts.append(self.background or "49")
        return ";".join(part for part in parts if part)


NO_PEN: Final = Pen()


class ChangedCells:
    """The content of a terminal, and the output that changes it."""

    def __init__(self) -> None:
        self._texts: list[list[str]] = []
        """The text of each cell; the second cell of a wide character is empty."""
        self._pens: list[list[Pen | None]] = []
        """The pen of each cell; None if unknown."""
        self._contested: set[int] = set()
        """Rows with cells whose width the terminal may not share."""
        self._colour_system = ColorSystem.TRUECOLOR
        self._pen_of_style: dict[Style, Pen] = {}
        self._pen_of_codes: dict[tuple[str, str, str], Pen] = {("", "", ""): NO_PEN}

    def forget(self) -> None:
        """Paint everything again, because other output may be on the terminal."""
        self._texts.clear()
        self._pens.clear()
        self._contested.clear()

    def changes(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """Return the output for an update, based on all previous output.

        The terminal's pen is the default before and after.
        """
        colour_system = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        if colour_system is not self._colour_system:
            self._colour_system = colour_system
            self._pen_of_style.clear()
            self.forget()
        changed: dict[int, list[int]] = {}
        for y, x, strip in _pieces(update):
            self._apply(y, x, strip, changed.setdefault(y, []))
        out: list[str] = []
        pen = NO_PEN
        for y, columns in changed.items():
            contested = self._contested_columns(y) if y in self._contested else ()
            for start, end in self._runs(y, columns):
                out.append(f"\x1b[{y + 1};{start + 1}H")
                if any(start <= place < end for place in contested):
                    pen = self._write_rest(y, start, pen, out)
                    break
                pen = self._write(y, start, end, pen, out)
        if pen is not NO_PEN:
            out.append("\x1b[0m")
        return "".join(out)

    def _apply(self, y: int, x: int, strip: Strip, changed: list[int]) -> None:
        """Apply a piece of a line, and collect the columns in which it differs."""
        while len(self._texts) <= y:
            self._texts.append([])
            self._pens.append([])
        texts, pens = self._texts[y], self._pens[y]
        # A half-overwritten wide character is repainted: its other half is undefined.
        if x < len(texts) and not texts[x]:
            for at in range(x - 1, -1, -1):
                was_character = texts[at]
                texts[at], pens[at] = " ", None
                if was_character:
                    break
        for text, style, control in strip:
            if control or not text:
                continue
            pen = self._pen(style)
            # Printable ASCII, the usual case, takes one cell per character and is harmless.
            if text.isascii() and text.isprintable():
                cells = list(text)
            else:
                cells, contested = cells_of(text)
                if contested:
                    self._contested.add(y)
            end = x + len(cells)
            if end > len(texts):
                pens += [None] * (end - len(texts))
                texts += [" "] * (end - len(texts))
            new_pens: list[Pen | None] = [pen] * len(cells)
            old_texts, old_pens = texts[x:end], pens[x:end]
            if old_texts != cells or old_pens != new_pens:
                changed += [
                    x + at
                    for at, cell in enumerate(cells)
                    if old_pens[at] is not pen or old_texts[at] != cell
                ]
                texts[x:end] = cells
                pens[x:end] = new_pens
            x = end
        while x < len(texts) and not texts[x]:
            texts[x], pens[x] = " ", None
            x += 1

    def _runs(self, y: int, columns: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield the ranges of a line to paint, from ascending columns."""
        texts, pens = self._texts[y], self._pens[y]
        start = end = -1
        for column in columns:
            if start >= 0 and column - end <= SHORT_GAP and None not in pens[end:column]:
                end = column + 1
                continue
            if start >= 0:
                yield _complete_characters(texts, start, end)
            start, end = column, column + 1
        if start >= 0:
            yield _complete_characters(texts, start, end)

    def _write(self, y: int, start: int, end: int, pen: Pen, out: list[str]) -> Pen:
        for text, wanted in zip(self._texts[y][start:end], self._pens[y][start:end], strict=True):
            if wanted is not None and wanted is not pen:
                if change := wanted.change(pen):
                    out.append(f"\x1b[{change}m")
                pen = wanted
            out.append(text)
        return pen

    def _contested_columns(self, y: int) -> Sequence[int]:
        """Return the columns of contested characters in a row."""
        places = [at for at, text in enumerate(self._texts[y]) if type(text) is Contested]
        if not places:
            self._contested.discard(y)
        return places

    def _write_rest(self, y: int, start: int, pen: Pen, out: list[str]) -> Pen:
        """Paint a row from a column to its end, each contested character separately."""
        texts, pens = self._texts[y], self._pens[y]
        at = start
        while at < len(texts):
            text, end = texts[at], at + 1
            if type(text) is Contested:
                while end < len(texts) and not texts[end]:
                    end += 1
                wanted = pens[at]
                if wanted is not None and (change := wanted.change(pen)):
                    out.append(f"\x1b[{change}m")
                pen = wanted or pen
                blank, place = " " * (end - at), f"\x1b[{y + 1};{at + 1}H"
                shown = text if _fits(text, len(texts) - at) else REPLACEMENT
                out.append(f"{blank}{place}{shown}\x1b[{y + 1};{end + 1}H")
            else:
                while end < len(texts) and type(texts[end]) is not Contested:
                    end += 1
                pen = self._write(y, at, end, pen, out)
            at = end
        return pen

    def _pen(self, style: Style | None) -> Pen:
        if style is None:
            return NO_PEN
        found = self._pen_of_style.get(style)
        if found is None:
            if len(self._pen_of_style) >= MAX_STYLES:  # blended colours are unlimited
                self._pen_of_style.clear()
            found = self._pen_of_style[style] = self._new_pen(style)
        return found

    def _new_pen(self, style: Style) -> Pen:
        attributes = [code for name, code in _ATTRIBUTES.items() if getattr(style, name)]
        codes = (
            ";".join(attributes),
            self._codes(style, background=False),
            self._codes(style, background=True),
        )
        return self._pen_of_codes.setdefault(codes, Pen(*codes))

    def _codes(self, style: Style, *, background: bool) -> str:
        colour = style.bgcolor if background else style.color
        if colour is None or colour.is_default:
            return ""
        return ";".join(
            colour.downgrade(self._colour_system).get_ansi_codes(foreground=not background)
        )


class ChangesOnly(CompositorUpdate):
    """A Textual update that is sent as its differences.

    Args:
        update: The update that Textual would paint.
        cells: The terminal's content.
    """

    def __init__(self, update: LayoutUpdate | ChopsUpdate, cells: ChangedCells) -> None:
        self._update = update
        self._cells = cells

    def render_segments(self, console: Console) -> str:
        """Return the differences when sent: an update that is never sent changes nothing."""
        return self._cells.changes(self._update, console)


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield line, column and content of all parts of an update; columns ascend in a line."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, left, right in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is None or x >= right or end <= left:
                continue
            yield y, x, chop if end <= right else chop.crop(0, right - x)


def _fits(text: str, room: int) -> bool:
    """Whether a contested character stays in its row on every terminal.

    At the edge of the screen, a terminal that takes it for wider has no room for it, and paints
    it over the cells before.
    """
    return sum(1 if char.isascii() else 2 for char in text) <= room


def _complete_characters(texts: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Widen a range so that no wide character is cut."""
    while start > 0 and not texts[start]:
        start -= 1
    while end < len(texts) and not texts[end]:
        end += 1
    return start, end
