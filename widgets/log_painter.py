"""A log's lines to what is painted of them, each painted once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from pixel_tui.logs.index import ShownLine
from pixel_tui.logs.level import Level
from pixel_tui.logs.search import Matcher
from pixel_tui.stack.log_feed import Source
from pixel_tui.stack.ring import LogLine
from pixel_tui.text import SafeText
from widgets.rows.log_line import (
    LineTone,
    Piece,
    Stamps,
    colour_of,
    line_pieces,
    wrapped,
)

GUTTER: Final = 3
"""Cells on the left: the cursor's bar, a sign, and a gap."""
WIDEST_LABEL: Final = 16
COLOURS: Final = 6
"""Colours that tell containers apart."""
KEPT_STRIPS: Final = 256
_WORDS: Final = frozenset({*(tone.value for tone in LineTone), "field"})
"""The parts of a line in which words are searched."""
ROLES: Final = (
    *("stamp", "match", "current", "bar", "sign", "around", "field"),
    *(tone.value for tone in LineTone),
    *(f"source-{number}" for number in range(COLOURS)),
)


class Signs(StrEnum):
    """What stands left of a line."""

    BAR = "▌"
    CHOSEN = "┃"
    BOOKMARK = "◆"
    MATCH = "•"
    SINCE = "┄"


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are shown."""

    stamps: Stamps = Stamps.TIME
    now: bytes = b""
    """The time, for ages."""
    sources: tuple[Source, ...] = ()
    wrap: bool = False
    raw: bool = False
    """Structured lines as they were written."""


class LogPainter:
    """Paints lines, and keeps what it painted.

    Args:
        style: A style by the name of its role.
    """

    def __init__(self, style: Callable[[str], Style]) -> None:
        self._style = style
        self._look = Look()
        self._matcher: Matcher | None = None
        self._labels: dict[str, tuple[SafeText, str]] = {}
        """What stands for a container, and its role."""
        self._label_width = 0
        self._kept: LRUCache[tuple[int, Level, bool], Sequence[Strip]] = LRUCache(KEPT_STRIPS)
        self.widest = 0
        """Cells of the widest line that was painted."""
        self.grown = False
        """Whether that is more than before."""

    def forget(self, look: Look, matcher: Matcher | None) -> None:
        """Paint everything anew, like this."""
        self._look, self._matcher = look, matcher
        several = len(look.sources) > 1
        self._labels = {
            source.container: (source.label, f"source-{colour_of(source.service, COLOURS)}")
            for source in (look.sources if several else ())
        }
        widths = [cell_len(source.label) for source in look.sources] if several else []
        self._label_width = min(max(widths, default=0), WIDEST_LABEL)
        self._kept.clear()
        self.widest = 0

    def kept(self, number: int, known: ShownLine) -> Sequence[Strip] | None:
        """The rows of a line, if it was painted already as what it is known to be now."""
        return self._kept.get((number, known.level, known.around))

    def paint(self, line: LogLine, known: ShownLine, *, width: int) -> Sequence[Strip]:
        """The rows of a line.

        Args:
            line: The line.
            known: What is known of it; by that it is kept.
            width: Cells of a row where lines are folded.
        """
        look = self._look
        label, role = self._labels.get(line.source, (SafeText(""), ""))
        pieces = line_pieces(
            line,
            stamps=look.stamps,
            now=look.now,
            level=known.level,
            label=label,
            label_width=self._label_width,
            label_role=role,
            raw=look.raw,
        )
        rows = wrapped(pieces, width, self._indent(pieces)) if look.wrap else (pieces,)
        strips = [self._strip(row, around=known.around) for row in rows]
        self._kept[known.number, known.level, known.around] = strips
        widest = max((strip.cell_length for strip in strips), default=0)
        if widest > self.widest:
            self.widest, self.grown = widest, True
        return strips

    def _indent(self, pieces: Sequence[Piece]) -> int:
        """Rows below the first begin below the words."""
        return sum(cell_len(piece.text) for piece in pieces if piece.role not in _WORDS)

    def _strip(self, pieces: Sequence[Piece], *, around: bool) -> Strip:
        segments: list[Segment] = []
        for piece in pieces:
            words = piece.role in _WORDS
            style = self._style("around" if around and words else piece.role)
            spans = self._matcher.spans(piece.text) if words and self._matcher else ()
            if spans:
                segments += self._highlighted(piece.text, style, spans)
            else:
                segments.append(Segment(piece.text, style))
        return Strip(segments, sum(cell_len(segment.text) for segment in segments))

    def _highlighted(
        self, text: str, style: Style, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Segment]:
        mark, start = style + self._style("match"), 0
        for begin, end in spans:
            if begin > start:
                yield Segment(text[start:begin], style)
            yield Segment(text[begin:end], mark)
            start = end
        if start < len(text):
            yield Segment(text[start:], style)
