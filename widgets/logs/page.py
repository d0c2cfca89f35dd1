"""A page of a log: only what is on the screen is ever made."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from pixel_tui.logs.index import LogIndex, ShownLine, Standing
from pixel_tui.logs.level import Level
from pixel_tui.logs.search import Matcher
from pixel_tui.logs.shown import View
from pixel_tui.redaction.known import known
from pixel_tui.stack.feed.feed import LogFeed
from pixel_tui.stack.feed.ring import LogLine
from widgets.lines.line_view import SteadyView
from widgets.logs.painter import GUTTER, NOTHING, ROLES, LogPainter, Look, Painted, Signs


class LogLines(SteadyView):
    """Draws the lines that stand at a place of a log, as they are wanted and searched."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{role}" for role in ROLES}
    DEFAULT_CSS = """
    LogLines {
        height: 1fr; overflow-y: scroll;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    LogLines > .log--stamp, LogLines > .log--field, LogLines > .log--debug {
        color: $foreground-muted;
    }
    LogLines > .log--around { color: $foreground-muted; }
    LogLines > .log--text { color: $foreground; }
    LogLines > .log--warn { color: $text-warning; }
    LogLines > .log--bad { color: $text-error; text-style: bold; }
    LogLines > .log--mark { color: $accent; text-style: bold; }
    LogLines > .log--match { text-style: reverse; }
    LogLines > .log--current { text-style: reverse bold underline; }
    LogLines > .log--bar { color: $accent; text-style: bold; }
    LogLines > .log--sign { color: $accent; }
    LogLines > .log--source-0 { color: $text-primary; }
    LogLines > .log--source-1 { color: $text-success; }
    LogLines > .log--source-2 { color: $text-secondary; }
    LogLines > .log--source-3 { color: $text-accent; }
    LogLines > .log--source-4 { color: $text-warning; }
    LogLines > .log--source-5 { color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._feed: LogFeed | None = None
        self._index: LogIndex | None = None
        self._seen = Standing(epoch=-1)
        self._top = 0
        """The place of the first line on the screen, among the shown ones."""
        self._skip = 0
        """So many of its rows are above the screen; where lines are folded only."""
        self._look = Look()
        self._view = View()
        self._matcher: Matcher | None = None
        self._painter = LogPainter(self._style)
        self._page: tuple[tuple[int, int], ...] | None = None
        """The number and the row of what is on each row of the screen."""
        self._known: dict[int, ShownLine] = {}
        """What is known of the lines on the screen."""
        self._on_page: dict[int, LogLine] = {}
        """The lines on the screen."""

    def on_unmount(self) -> None:
        """Nobody needs the index any more."""
        if self._index is not None:
            self._index.close()

    # What is held.

    @property
    def feed(self) -> LogFeed | None:
        """The log that is shown."""
        return self._feed

    @property
    def standing(self) -> Standing:
        """What was taken in so far."""
        return self._seen

    @property
    def lines(self) -> int:
        """How many lines are shown."""
        return self._seen.shown

    @property
    def view(self) -> View:
        """Which lines are wanted."""
        return self._view

    @property
    def matcher(self) -> Matcher | None:
        """What is searched."""
        return self._matcher

    @property
    def settled(self) -> bool:
        """Whether what was chosen and searched last is what is shown."""
        index = self._index
        return index is not None and index.settled and index.standing == self._seen

    @property
    def last_stamp(self) -> bytes:
        """The stamp of the newest line that was shown to the reader."""
        line = self._line(self._seen.stop - 1)
        return line.stamp if line is not None else b""

    @property
    def first_stamp(self) -> bytes:
        """The stamp of the oldest line that is held."""
        line = self._line(self._seen.first)
        return line.stamp if line is not None else b""

    def _line(self, number: int) -> LogLine | None:
        if number in self._on_page:
            return self._on_page[number]
        held = self._held((number,))
        return held[0] if held else None

    def _held(self, numbers: Sequence[int]) -> list[LogLine]:
        if self._feed is None or not numbers:
            return []
        ring = self._feed.ring
        if len(numbers) == numbers[-1] - numbers[0] + 1:
            return list(ring.window(numbers[0], numbers[-1] + 1).lines)
        return [line for number in numbers for line in ring.window(number, number + 1).lines]

    def _look_up(self, number: int) -> ShownLine:
        """What is known of a line that is not on the screen yet."""
        index = self._index
        page = index.page(index.place(number), 1) if index is not None else ()
        return page[0] if page and page[0].number == number else ShownLine(number, Level.UNKNOWN)

    def _number_at_place(self, place: int) -> int:
        if self._index is None:
            return 0
        numbers = self._index.numbers(place, place + 1)
        return numbers[0] if numbers else max(self._seen.stop - 1, self._seen.first)

    # What is on the screen.

    @property
    def is_on_screen(self) -> bool:
        """Whether there is anything to paint on."""
        return self.size.height > 0 and self.screen.is_current

    @property
    def height(self) -> int:
        """Rows on the screen."""
        return max(int(self.scrollable_content_region.height), 1)

    def _rows(self) -> tuple[tuple[int, int], ...]:
        """The number and the row of what is on each row of the screen."""
        if self._page is None:
            self._known, self._on_page = {}, {}
            self._page = tuple(self._rows_from(self._top, self._skip))
        return self._page

    def _rows_from(self, top: int, skip: int) -> Iterator[tuple[int, int]]:
        if self._index is None:
            return
        left = self.height
        page = self._index.page(top, left)
        numbers = [item.number for item in page]
        # At once: a flood holds the ring half of the time, and each look would wait for it.
        held = self._held(numbers)
        self._on_page = dict(zip(numbers, held, strict=False)) if len(held) == len(page) else {}
        for item in page:
            number = item.number
            self._known[number] = item
            rows = len(self._strips(number)) if self._look.wrap else 1
            for row in range(skip, min(rows, skip + left)):
                yield number, row
            left -= max(rows - skip, 0)
            skip = 0
            if left <= 0:
                return

    def _number_at_row(self, y: int) -> int | None:
        rows = self._rows()
        return rows[y][0] if 0 <= y < len(rows) else None

    def _last_top(self) -> tuple[int, int]:
        return self._top_above(self._seen.shown - 1)

    def _top_above(self, place: int) -> tuple[int, int]:
        """What stands at the top when this line's last row stands at the bottom."""
        if not self._look.wrap:
            return max(place + 1 - self.height, 0), 0
        rows = 0
        while place >= 0:
            rows += len(self._strips(self._number_at_place(place)))
            if rows >= self.height:
                return place, rows - self.height
            place -= 1
        return 0, 0

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether lines can be moved sideways, also where the screen was laid out before them."""
        return not self._look.wrap

    # How it looks.

    def _restyle(self) -> None:
        """What was painted looks otherwise now."""
        self._painter.forget(self._look, self._matcher)
        self._page, self._known, self._on_page = None, {}, {}
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._restyle()

    def _style(self, role: str) -> Style:
        found = self._styles.get(role)
        if found is None:
            full = self.get_component_rich_style(f"log--{role}")
            found = self.ground + Style(
                color=full.color,
                bold=full.bold,
                reverse=full.reverse,
                underline=full.underline,
            )
            self._styles[role] = found
        return found

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width = self.scrollable_content_region.width
        rows = self._rows()
        if y >= len(rows):
            return Strip.blank(width, self.ground)
        number, row = rows[y]
        strips = self._strips(number)
        strip = strips[min(row, len(strips) - 1)] if strips else Strip([])
        body = max(width - GUTTER, 0)
        left = 0 if self._look.wrap else int(self.scroll_x)
        if self._painter.grown:
            self.call_later(self._widen)
        return Strip(
            [*self._gutter(number, row), *strip.crop_extend(left, left + body, self.ground)],
            width,
        )

    def _widen(self) -> None:
        self._painter.grown = False
        self.resize_content(Size(self._painter.widest + GUTTER, self._seen.shown))

    def _gutter(self, number: int, row: int) -> tuple[Segment, ...]:
        return Segment(self._bar(number), self._style("bar")), Segment(
            f"{self._sign(number) if row == 0 else ' '} ", self._style("sign")
        )

    def _bar(self, _number: int) -> str:
        """Whether the reader is on a line, or has chosen it."""
        return " "

    def _sign(self, number: int) -> str:
        """What is to be said of a line beside its words."""
        known = self._known.get(number)
        return Signs.MATCH if known is not None and known.match else " "

    def _strips(self, number: int) -> Sequence[Strip]:
        return self._painted(number).rows

    def _painted(self, number: int) -> Painted:
        shown = self._known.get(number)
        if shown is None:
            shown = self._look_up(number)
        found = self._painter.kept(number, shown)
        if found is not None:
            return found
        line = self._line(number)
        if line is None:
            return NOTHING
        width = max(self.scrollable_content_region.width - GUTTER, 8)
        return self._painter.paint(line, shown, width=width)

    @property
    def has_secrets(self) -> bool:
        """Whether a line on the screen has a known secret, masked or not."""
        if not known.any or not self.size.height:
            return False
        return any(self._painted(number).secret for number in {row[0] for row in self._rows()})
