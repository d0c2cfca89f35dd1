"""The shown lines of a log, and which of them are on the screen: no others are ever painted."""

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
"""Cells that a folded line gets at least."""
NOTHING_REPLACED_YET: Final = IndexState(epoch=-1)


@dataclass(frozen=True, slots=True)
class PageRow:
    """What is on a row of the screen."""

    shown: ShownLine
    row: int
    """Which of the line's rows it is, from 0."""


class LogPage:
    """Looks lines up and paints them; what a `LogPosition` is measured against (`ShownLines`).

    Args:
        style: A style by the name of its role.
        region: The part of the screen that lines are painted on, in cells.
    """

    def __init__(self, style: Callable[[str], Style], region: Callable[[], Size]) -> None:
        self._region = region
        self._feed: LogFeed | None = None
        self._index: LogIndex | None = None
        self._state = NOTHING_REPLACED_YET
        self._view = View()
        self._matcher: Matcher | None = None
        self._appearance = Appearance()
        self._painter = LogPainter(style)
        self._rows: tuple[PageRow, ...] | None = None
        self._rows_of = (0, 0)
        """The top and the skip of the position whose rows these are."""
        self._near: dict[int, ShownLine] = {}
        """Lines by their places, where they were looked up for their rows."""

    # Which log, and which of its lines.

    def open(self, feed: LogFeed | None, tally: LineTally | None) -> None:
        """Show another log, or none."""
        self.close()
        self._feed, self._state = feed, NOTHING_REPLACED_YET
        self._index = LogIndex(feed.ring, tally) if feed is not None else None
        if self._index is not None:
            self._index.set_view(self._view)
            self._index.search(self._matcher)
            self._index.start()
        self.appear(replace(self._appearance, sources=(), now=b"", revealed=False))

    def close(self) -> None:
        """Keep up with the log no longer."""
        if self._index is not None:
            self._index.close()

    @property
    def feed(self) -> LogFeed | None:
        """The log."""
        return self._feed

    @property
    def view(self) -> View:
        """Which lines are shown."""
        return self._view

    def choose(self, view: View) -> None:
        """Show other lines, as soon as the index has found them."""
        self._view = view
        if self._index is not None:
            self._index.set_view(view)

    @property
    def matcher(self) -> Matcher | None:
        """What is searched."""
        return self._matcher

    def search(self, matcher: Matcher | None) -> None:
        """Mark what is searched."""
        self._matcher = matcher
        if self._index is not None:
            self._index.search(matcher)
        self.forget()

    @property
    def state(self) -> IndexState:
        """What was taken in of the log so far."""
        return self._state

    @property
    def newest(self) -> IndexState:
        """What there is to take in."""
        return self._index.state if self._index is not None else NOTHING_REPLACED_YET

    @property
    def settled(self) -> bool:
        """Whether what was chosen and searched last is what is shown."""
        index = self._index
        return index is not None and index.settled and index.state == self._state

    def take(self, state: IndexState) -> bool:
        """Take in what came, and which containers it is of.

        Returns:
            Whether it is another part of the log: other lines have the same numbers now.
        """
        elsewhere = state.epoch != self._state.epoch
        self._state, self._rows, self._near = state, None, {}
        sources = self._feed.sources if self._feed is not None else ()
        if elsewhere or sources != self._appearance.sources:
            self.appear(replace(self._appearance, sources=sources))
        return elsewhere

    # What a position is measured against.

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
        """How many lines are shown."""
        return self._state.shown

    @property
    def behind(self) -> int:
        """How many lines are held and not taken in yet."""
        return self._state.behind

    @property
    def height(self) -> int:
        """Rows on the screen, at least one."""
        return max(self._region().height, 1)

    @property
    def reach(self) -> HistoryExtent:
        """How the lines lie in what the engine has."""
        return self._feed.reach if self._feed is not None else HistoryExtent()

    def number(self, place: int) -> int:
        """The number of the line at a place; of the newest one if none is there."""
        if self._index is None:
            return 0
        numbers = self._index.numbers(place, place + 1)
        return numbers[0] if numbers else max(self.stop - 1, self.first)

    def place(self, number: int) -> int:
        """The place of a line; of the next shown one if it is not shown."""
        return self._index.place(number) if self._index is not None else 0

    def number_at(self, stamp: bytes) -> int:
        """The number of the first shown line that is not older than this, or of the end."""
        return self._index.number_at(stamp) if self._index is not None else 0

    def row_count(self, place: int) -> int:
        """How many rows the line at a place has: one, unless long lines are folded."""
        if not self._appearance.wrap:
            return 1
        shown = self._look_up(place)
        return len(self.strips(shown)) if shown is not None else 0

    def _look_up(self, place: int) -> ShownLine | None:
        if place not in self._near and self._index is not None:
            # Its neighbours are asked for next, in both directions: one look is enough.
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
        """The stamp of the newest line that was taken in; empty without one."""
        line = self.line(self.stop - 1)
        return line.stamp if line is not None else b""

    def line(self, number: int) -> LogLine | None:
        """A line; None if it is not held."""
        found = self.lines((number,))
        return found[0] if found else None

    def lines(self, numbers: Sequence[int]) -> Sequence[LogLine]:
        """These lines, without those that are not held, all at one moment."""
        if self._feed is None or not numbers:
            return ()
        ring = self._feed.ring
        if len(numbers) == numbers[-1] - numbers[0] + 1:
            return ring.window(numbers[0], numbers[-1] + 1).lines
        return [line for line in ring.lines(numbers) if line is not None]

    def numbers(self, start: int, stop: int) -> Sequence[int]:
        """The numbers of the shown lines from one place up to, not including, another."""
        return self._index.numbers(start, stop) if self._index is not None else ()

    def group(self, number: int) -> Sequence[int]:
        """The numbers of the lines that belong together with this one."""
        return self._index.group(number) if self._index is not None else ()

    def next_match(self, number: int, step: int) -> tuple[int, int, bool] | None:
        """As the index's; None without a log."""
        return self._index.next_match(number, step) if self._index is not None else None

    # What is on the screen.

    @property
    def drawn(self) -> Sequence[PageRow] | None:
        """The rows that were found last; None if they have to be found again."""
        return self._rows

    def rows_at(self, position: LogPosition) -> Sequence[PageRow]:
        """What is on each row of the screen."""
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

    # How it looks.

    @property
    def appearance(self) -> Appearance:
        """How lines are shown."""
        return self._appearance

    def appear(self, appearance: Appearance) -> None:
        """Show lines otherwise."""
        self._appearance = appearance
        self.forget()

    def set_time(self, now: bytes) -> None:
        """The time, for the ages of what is painted from now on."""
        self._appearance = replace(self._appearance, now=now)

    def forget(self) -> None:
        """What was painted looks otherwise now."""
        self._painter.forget(self._appearance, self._matcher)
        self._rows, self._near = None, {}

    @property
    def outdated(self) -> bool:
        """Whether other values are known to be secret than when lines were painted."""
        return self._painter.outdated

    @property
    def _width(self) -> int:
        return max(self._region().width - GUTTER, NARROWEST)

    def strips(self, shown: ShownLine) -> Sequence[Strip]:
        """The rows of a line, painted; none of one that was dropped."""
        return self._painter.paint(shown, width=self._width).rows

    @property
    def widest(self) -> int:
        """Cells of the widest line that was painted."""
        return self._painter.widest

    @property
    def has_grown(self) -> bool:
        """Whether `widest` is more than when it was taken last."""
        return self._painter.grown

    def take_width(self) -> int:
        """`widest`, which is no news any more."""
        self._painter.grown = False
        return self._painter.widest
