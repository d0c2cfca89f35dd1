"""The shown lines of a log; only those on the screen are painted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from pixel_tui.logs.index import IndexState, LineTally, LogIndex, ShownLine
from pixel_tui.logs.position import LogPosition
from pixel_tui.logs.search import Matcher
from pixel_tui.logs.shown import View
from pixel_tui.redaction.known import known
from pixel_tui.stack.feed.feed import HistoryExtent, LogFeed
from pixel_tui.stack.feed.ring import LogLine
from widgets.logs.painter import GUTTER, Appearance, LogPainter

NARROWEST: Final = 8
"""The least width of a folded line, in cells."""
INITIAL_STATE: Final = IndexState(epoch=-1)


@dataclass(frozen=True, slots=True)
class PageRow:
    """A row of the screen."""

    shown: ShownLine
    row: int
    """The index of the row within its line."""


class LogPage:
    """Looks up lines and paints them; implements `ShownLines` for `LogPosition`.

    Args:
        style: Returns a style by the name of its role.
        region: Returns the size of the painted region, in cells.
    """

    def __init__(self, style: Callable[[str], Style], region: Callable[[], Size]) -> None:
        self._region = region
        self._feed: LogFeed | None = None
        self._index: LogIndex | None = None
        self._state = INITIAL_STATE
        self._view = View()
        self._matcher: Matcher | None = None
        self._appearance = Appearance()
        self._painter = LogPainter(style)
        self._rows: tuple[PageRow, ...] | None = None
        self._rows_of = (0, 0)
        """The top and the skip of the position of these rows."""
        self._near: dict[int, ShownLine] = {}
        """Lines that were looked up for their rows, by index."""

    # The log and its view.

    def open(self, feed: LogFeed | None, tally: LineTally | None) -> None:
        """Show another log; None for none."""
        self.close()
        self._feed, self._state = feed, INITIAL_STATE
        self._index = LogIndex(feed.ring, tally) if feed is not None else None
        if self._index is not None:
            self._index.set_view(self._view)
            self._index.search(self._matcher)
            self._index.start()
        self.set_appearance(replace(self._appearance, sources=(), now=b"", revealed=False))

    def close(self) -> None:
        """Close the index."""
        if self._index is not None:
            self._index.close()

    @property
    def feed(self) -> LogFeed | None:
        """The log."""
        return self._feed

    @property
    def view(self) -> View:
        """The view: filters and context."""
        return self._view

    def set_view(self, view: View) -> None:
        """Change the view; the index finds its lines in the background."""
        self._view = view
        if self._index is not None:
            self._index.set_view(view)

    @property
    def matcher(self) -> Matcher | None:
        """The search; None without one."""
        return self._matcher

    def search(self, matcher: Matcher | None) -> None:
        """Highlight matches; None for no search."""
        self._matcher = matcher
        if self._index is not None:
            self._index.search(matcher)
        self.invalidate()

    @property
    def state(self) -> IndexState:
        """The state of the index that is shown."""
        return self._state

    @property
    def newest(self) -> IndexState:
        """The newest state of the index."""
        return self._index.state if self._index is not None else INITIAL_STATE

    @property
    def settled(self) -> bool:
        """Whether the last view and search are completely shown."""
        index = self._index
        return index is not None and index.settled and index.state == self._state

    def update(self, state: IndexState) -> bool:
        """Show another state of the index, with its containers.

        Returns:
            Whether it is another part of the log, so that numbers mean other lines.
        """
        elsewhere = state.epoch != self._state.epoch
        self._state, self._rows, self._near = state, None, {}
        sources = self._feed.sources if self._feed is not None else ()
        if elsewhere or sources != self._appearance.sources:
            self.set_appearance(replace(self._appearance, sources=sources))
        return elsewhere

    # `ShownLines`.

    @property
    def first(self) -> int:
        """The number of the oldest line that is held."""
        return self._state.first

    @property
    def stop(self) -> int:
        """The number after that of the newest line that is held."""
        return self._state.stop

    @property
    def shown(self) -> int:
        """The number of shown lines."""
        return self._state.shown

    @property
    def behind(self) -> int:
        """The number of held lines that are not indexed yet."""
        return self._state.behind

    @property
    def height(self) -> int:
        """Rows on the screen, at least one."""
        return max(self._region().height, 1)

    @property
    def reach(self) -> HistoryExtent:
        """The extent of the held lines within Docker's log."""
        return self._feed.reach if self._feed is not None else HistoryExtent()

    def number(self, place: int) -> int:
        """The number of the shown line at an index; of the newest if there is none."""
        if self._index is None:
            return 0
        numbers = self._index.numbers(place, place + 1)
        return numbers[0] if numbers else max(self.stop - 1, self.first)

    def place(self, number: int) -> int:
        """The index of a line among the shown ones; of the next if it is not shown."""
        return self._index.place(number) if self._index is not None else 0

    def number_at(self, stamp: bytes) -> int:
        """The number of the first shown line that is not older than this, or of the end."""
        return self._index.number_at(stamp) if self._index is not None else 0

    def row_count(self, place: int) -> int:
        """The number of rows of the line at an index: one, unless lines are folded."""
        if not self._appearance.wrap:
            return 1
        shown = self._look_up(place)
        return len(self.strips(shown)) if shown is not None else 0

    def _look_up(self, place: int) -> ShownLine | None:
        if place not in self._near and self._index is not None:
            # Its neighbours are needed next, in both directions: look them up at once.
            start = max(place - self.height, 0)
            found = self._index.page(start, place - start + self.height)
            self._near.update(enumerate(found, start))
        return self._near.get(place)

    # Single lines.

    @property
    def first_stamp(self) -> bytes:
        """The stamp of the oldest line that is held; empty without one."""
        line = self.line(self.first)
        return line.stamp if line is not None else b""

    @property
    def last_stamp(self) -> bytes:
        """The stamp of the newest indexed line; empty without one."""
        line = self.line(self.stop - 1)
        return line.stamp if line is not None else b""

    def line(self, number: int) -> LogLine | None:
        """A line; None if it is not held."""
        found = self.lines((number,))
        return found[0] if found else None

    def lines(self, numbers: Sequence[int]) -> Sequence[LogLine]:
        """These lines as of one moment; those not held are left out."""
        if self._feed is None or not numbers:
            return ()
        ring = self._feed.ring
        if len(numbers) == numbers[-1] - numbers[0] + 1:
            return ring.window(numbers[0], numbers[-1] + 1).lines
        return [line for line in ring.lines(numbers) if line is not None]

    def numbers(self, start: int, stop: int) -> Sequence[int]:
        """The numbers of the shown lines from one index up to, not including, another."""
        return self._index.numbers(start, stop) if self._index is not None else ()

    def group(self, number: int) -> Sequence[int]:
        """The numbers of the lines that belong together with this one, such as a stack trace."""
        return self._index.group(number) if self._index is not None else ()

    def next_match(self, number: int, step: int) -> tuple[int, int, bool] | None:
        """The next match, as `LogIndex.next_match`; None without a log."""
        return self._index.next_match(number, step) if self._index is not None else None

    # The screen.

    @property
    def drawn(self) -> Sequence[PageRow] | None:
        """The cached rows; None if they are outdated."""
        return self._rows

    def rows_at(self, position: LogPosition) -> Sequence[PageRow]:
        """The rows of the screen."""
        at = position.top, position.skip
        if self._rows is None or self._rows_of != at:
            self._rows, self._rows_of = tuple(self._find_rows(*at)), at
        return self._rows

    def _find_rows(self, top: int, skip: int) -> Iterator[PageRow]:
        if self._index is None:
            return
        left = self.height
        for shown in self._index.page(top, left):
            rows = len(self.strips(shown)) if self._appearance.wrap else 1
            for row in range(skip, min(rows, skip + left)):
                yield PageRow(shown, row)
            left -= max(rows - skip, 0)
            skip = 0
            if left <= 0:
                return

    def secrets_on(self, position: LogPosition) -> bool:
        """Whether a line on the screen has a known secret, masked or not."""
        if not known.any:
            return False
        lines = {row.shown.number: row.shown for row in self.rows_at(position)}
        return any(self._painter.paint(line, width=self._width).secret for line in lines.values())

    # Drawing.

    @property
    def appearance(self) -> Appearance:
        """How lines are shown."""
        return self._appearance

    def set_appearance(self, appearance: Appearance) -> None:
        """Change how lines are shown."""
        self._appearance = appearance
        self.invalidate()

    def set_time(self, now: bytes) -> None:
        """Set the time for ages, without a repaint."""
        self._appearance = replace(self._appearance, now=now)

    def invalidate(self) -> None:
        """Drop all painted lines."""
        self._painter.reset(self._appearance, self._matcher)
        self._rows, self._near = None, {}

    @property
    def outdated(self) -> bool:
        """Whether the known secrets have changed since lines were painted."""
        return self._painter.outdated

    @property
    def _width(self) -> int:
        return max(self._region().width - GUTTER, NARROWEST)

    def strips(self, shown: ShownLine) -> Sequence[Strip]:
        """The painted rows of a line; none if it was dropped."""
        return self._painter.paint(shown, width=self._width).rows

    @property
    def widest(self) -> int:
        """The width of the widest painted line, in cells."""
        return self._painter.widest

    @property
    def has_grown(self) -> bool:
        """Whether `widest` has grown since `consume_width`."""
        return self._painter.grown

    def consume_width(self) -> int:
        """Return `widest`, and reset `has_grown`."""
        self._painter.grown = False
        return self._painter.widest
