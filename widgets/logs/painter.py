"""From log lines to painted strips, which are cached."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from pixel_tui.logs.index import ShownLine
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import Matcher
from pixel_tui.redaction.known import LineMasker, known
from pixel_tui.stack.feed.feed import Source
from pixel_tui.stack.feed.ring import LogLine
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
"""The number of colours for containers."""
KEPT_STRIPS: Final = 256
_MASKED: Final = re.compile(r"\*+")
"""A mask, or a part of one on a folded row."""
_WORDS: Final = frozenset({*(tone.value for tone in LineTone), "field"})
"""The parts of a line that are searched."""
ROLES: Final = (
    *("stamp", "match", "current", "bar", "sign", "around", "field"),
    *(tone.value for tone in LineTone),
    *(f"source-{number}" for number in range(COLOURS)),
)


class Signs(StrEnum):
    """The signs left of a line."""

    BAR = "▌"
    CHOSEN = "┃"
    BOOKMARK = "◆"
    MATCH = "•"
    SINCE = "┄"


@dataclass(frozen=True, slots=True)
class Appearance:
    """How lines are shown: stamps, folding, raw or structured, secrets."""

    stamps: Stamps = Stamps.TIME
    now: bytes = b""
    """The current time, for ages."""
    sources: tuple[Source, ...] = ()
    wrap: bool = False
    raw: bool = False
    """Whether structured lines are shown as they were written."""
    revealed: bool = False
    """Whether secrets are shown."""


class PaintedLine(NamedTuple):
    """A painted line."""

    rows: Sequence[Strip]
    secret: bool
    """Whether it has a known secret, masked or not."""


UNPAINTED: Final = PaintedLine((), secret=False)
Spans = Sequence[tuple[int, int]]


class LogPainter:
    """Paints lines, and caches the strips.

    Args:
        style: Returns a style by the name of its role.
    """

    def __init__(self, style: Callable[[str], Style]) -> None:
        self._style = style
        self._appearance = Appearance()
        self._matcher: Matcher | None = None
        self._labels: dict[str, tuple[SafeText, str]] = {}
        """The label of each container, and its role."""
        self._label_width = 0
        self._kept: LRUCache[tuple[int, LogLevel, bool], PaintedLine] = LRUCache(KEPT_STRIPS)
        self._revision = known.revision
        self.widest = 0
        """The width of the widest painted line, in cells."""
        self.grown = False
        """Whether it has grown."""

    def reset(self, appearance: Appearance, matcher: Matcher | None) -> None:
        """Drop the cache, and paint like this from now on."""
        self._appearance, self._matcher = appearance, matcher
        several = len(appearance.sources) > 1
        self._labels = {
            source.container: (source.label, f"source-{colour_of(source.service, COLOURS)}")
            for source in (appearance.sources if several else ())
        }
        widths = [cell_len(source.label) for source in appearance.sources] if several else []
        self._label_width = min(max(widths, default=0), WIDEST_LABEL)
        self._kept.clear()
        self._revision = known.revision
        self.widest = 0

    @property
    def outdated(self) -> bool:
        """Whether the known secrets have changed since the last reset."""
        return self._revision != known.revision

    def paint(self, shown: ShownLine, *, width: int) -> PaintedLine:
        """Paint a line, or return it from the cache.

        Args:
            shown: The line; if it was dropped, there are no rows.
            width: The cells of a row if lines are folded.
        """
        kept = self._kept.get((shown.number, shown.level, shown.around))
        if kept is not None:
            return kept
        return UNPAINTED if shown.line is None else self._paint(shown.line, shown, width)

    def _paint(self, line: LogLine, shown: ShownLine, width: int) -> PaintedLine:
        appearance = self._appearance
        mask = LineMasker(revealed=appearance.revealed)
        label, role = self._labels.get(line.source, (SafeText(""), ""))
        pieces = line_pieces(
            line,
            stamps=appearance.stamps,
            now=appearance.now,
            level=shown.level,
            label=label,
            label_width=self._label_width,
            label_role=role,
            raw=appearance.raw,
            mask=mask,
        )
        spans = self._spans(pieces, line, masked=bool(mask.found) and not appearance.revealed)
        rows = wrapped(pieces, width, self._indent(pieces)) if appearance.wrap else (pieces,)
        strips = [self._strip(row, spans, around=shown.around) for row in rows]
        painted = PaintedLine(strips, bool(mask.found))
        self._kept[shown.number, shown.level, shown.around] = painted
        widest = max((strip.cell_length for strip in strips), default=0)
        if widest > self.widest:
            self.widest, self.grown = widest, True
        return painted

    def _spans(
        self, pieces: Sequence[Piece], line: LogLine, *, masked: bool
    ) -> Callable[[SafeText], Spans] | None:
        """Returns the spans to highlight: matches, or the masks if only they can hide the match."""
        matcher = self._matcher
        if matcher is None:
            return None
        hidden = masked and not matcher.query.inverted and matcher.matches(line.text)
        if hidden and not any(matcher.spans(item.text) for item in pieces if item.role in _WORDS):
            return _masks_in
        return matcher.spans

    def _indent(self, pieces: Sequence[Piece]) -> int:
        """The indent of further rows, so that they start below the text."""
        return sum(cell_len(piece.text) for piece in pieces if piece.role not in _WORDS)

    def _strip(
        self,
        pieces: Sequence[Piece],
        spans_in: Callable[[SafeText], Spans] | None,
        *,
        around: bool,
    ) -> Strip:
        segments: list[Segment] = []
        for piece in pieces:
            words = piece.role in _WORDS
            style = self._style("around" if around and words else piece.role)
            spans = spans_in(piece.text) if words and spans_in else ()
            if spans:
                segments += self._highlighted(piece.text, style, spans)
            else:
                segments.append(Segment(piece.text, style))
        return Strip(segments, sum(cell_len(segment.text) for segment in segments))

    def _highlighted(self, text: str, style: Style, spans: Spans) -> Iterator[Segment]:
        mark, start = style + self._style("match"), 0
        for begin, end in spans:
            if begin > start:
                yield Segment(text[start:begin], style)
            yield Segment(text[begin:end], mark)
            start = end
        if start < len(text):
            yield Segment(text[start:], style)


def _masks_in(text: SafeText) -> Spans:
    return [found.span() for found in _MASKED.finditer(text)]
