"""The position of a reader in a log: the lines on the screen and the cursor. Pure.

A position is anchored by a line's number, so that the text does not move when lines are added
or dropped.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Protocol

from pixel_tui.stack.feed.feed import HistoryExtent


class ShownLines(Protocol):
    """The shown lines of a log, and the height of the screen.

    A line has a permanent number, and a place among the shown ones, from 0.
    """

    @property
    def first(self) -> int:
        """The number of the oldest line that is kept."""

    @property
    def stop(self) -> int:
        """The number after that of the newest line that is kept."""

    @property
    def shown(self) -> int:
        """How many lines are shown."""

    @property
    def height(self) -> int:
        """Rows on the screen, at least one."""

    @property
    def reach(self) -> HistoryExtent:
        """Which part of the engine's log the lines are."""

    def number(self, place: int) -> int:
        """Return the number of the line at a place; that of the newest if there is none."""

    def place(self, number: int) -> int:
        """Return the place of a line; that of the next shown line if it is not shown."""

    def number_at(self, stamp: bytes) -> int:
        """Return the number of the first shown line not older than a stamp, or that of the end."""

    def row_count(self, place: int) -> int:
        """Return how many rows the line at a place has: one, unless long lines are wrapped."""


class Goal(Enum):
    """Where to go once the feed has read it."""

    FIRST = auto()
    LAST = auto()
    MOMENT = auto()


@dataclass(frozen=True, slots=True)
class LineRange:
    """A selection of lines."""

    start: int
    stop: int
    """The last line, included."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A position in a log. Each method returns the position after a move."""

    following: bool = True
    """Whether it stays at the end when lines are added."""
    top: int = 0
    """The place of the first line on the screen."""
    skip: int = 0
    """How many rows of that line are above the screen."""
    anchor: int = 0
    """The number of that line, which keeps the position when lines are added or dropped."""
    cursor: int = 0
    """The number of the line under the cursor."""
    paused_at: int = 0
    """The number after the newest line when following stopped."""
    range_from: int | None = None
    """The line at which the selection starts, up to the cursor; None without a selection."""
    goal: Goal | None = None
    moment: bytes = b""
    """The stamp to go to."""

    # State.

    @property
    def chosen(self) -> LineRange | None:
        """The selected lines."""
        if self.range_from is None:
            return None
        return LineRange(min(self.range_from, self.cursor), max(self.range_from, self.cursor))

    def new_lines(self, lines: ShownLines) -> int:
        """Return how many lines were added since following stopped."""
        return 0 if self.following else max(lines.stop - self.paused_at, 0)

    def bottom(self, lines: ShownLines) -> tuple[int, int]:
        """Return the place of the last line on the screen, and its last visible row."""
        place, left = self.top, lines.height + self.skip
        while place < lines.shown - 1 and (rows := lines.row_count(place)) < left:
            left -= rows
            place += 1
        return place, max(min(left, lines.row_count(place)) - 1, 0)

    # Changes of the lines.

    def updated(self, lines: ShownLines, *, elsewhere: bool = False) -> "LogPosition":
        """Stay at the end, or on the same line, after lines were added or dropped.

        Args:
            lines: The current lines.
            elsewhere: Whether the feed moved to another part of the log: numbers have changed.
        """
        position = self.arrived(lines) if elsewhere else self
        if position.following and not lines.reach.last:
            position = replace(position, following=False)
        if position.following:
            return position.at_end(lines)
        position = replace(position, cursor=max(position.cursor, lines.first))
        position = position.with_top(lines, lines.place(position.anchor), position.skip)
        return position.arrived(lines) if position.goal is not None else position

    def refitted(self, lines: ShownLines) -> "LogPosition":
        """Keep the cursor on the screen after the row counts of lines have changed."""
        if self.following:
            return self.at_end(lines)
        kept = self.with_top(lines, self.top, self.skip)
        return kept.revealing(lines, lines.place(self.cursor))

    def arrived(self, lines: ShownLines) -> "LogPosition":
        """Go to the goal, or else to the end, once the feed has read it."""
        if not lines.shown:
            return self
        position = self if lines.reach.loading else replace(self, goal=None)
        if self.goal is Goal.FIRST:
            return replace(position, cursor=lines.number(0)).with_top(lines, 0)
        if self.goal is Goal.MOMENT:
            return position.at_moment(lines, self.moment)
        return replace(position, following=lines.reach.last).at_end(lines)

    # Moves.

    def paused(self, lines: ShownLines) -> "LogPosition":
        """Stop following."""
        return replace(self, following=False, paused_at=lines.stop) if self.following else self

    def moved(self, lines: ShownLines, place: int) -> "LogPosition":
        """Move the cursor to a place and scroll to it; at the end, follow."""
        if not lines.shown:
            return self
        last = lines.shown - 1
        at = min(max(place, 0), last)
        position = replace(self, cursor=lines.number(at))
        if place >= last and lines.reach.last and self.range_from is None:
            return replace(position, following=True).at_end(lines)
        return position.paused(lines).revealing(lines, at)

    def paged(self, lines: ShownLines, count: int, *, folded: bool) -> "LogPosition":
        """Move by a screen, up if `count` is negative; by a single one if lines are wrapped."""
        if not folded:
            step = count * max(lines.height - 1, 1)
            scrolled = self.with_top(lines, self.top + step)
            return scrolled.moved(lines, lines.place(self.cursor) + step)
        top = self.bottom(lines) if count > 0 else _top_above(lines, self.top, self.skip)
        scrolled = self.with_top(lines, *top)
        moved = scrolled.moved(lines, scrolled.top)
        if moved.following:
            return moved
        # Not from the line's first row: a line taller than the screen could never be passed.
        return replace(moved, top=scrolled.top, skip=scrolled.skip, anchor=scrolled.anchor)

    def scrolled(self, lines: ShownLines, place: int) -> "LogPosition":
        """Scroll the line at a place to the top, as the mouse wheel does; at the end, follow."""
        last, _ = _top_above(lines, lines.shown - 1)
        if place >= last and lines.reach.last and self.range_from is None:
            return replace(self, following=True).at_end(lines)
        top = min(place, last)
        return replace(self.paused(lines), top=top, skip=0, anchor=lines.number(top))

    def within(self, first: int, last: int) -> "LogPosition":
        """Move the cursor between two lines, by their numbers."""
        return replace(self, cursor=min(max(self.cursor, first), last))

    def to_first(self, lines: ShownLines) -> "LogPosition":
        """Go to the first line of the log once the feed has read it."""
        return replace(self.paused(lines), goal=Goal.FIRST)

    def to_last(self) -> "LogPosition":
        """Go to the end once the feed has read it."""
        return replace(self, goal=Goal.LAST)

    def to_moment(self, lines: ShownLines, stamp: bytes) -> "LogPosition":
        """Go to a stamp once the feed has read it."""
        return replace(self.paused(lines), goal=Goal.MOMENT, moment=stamp)

    def at_moment(self, lines: ShownLines, stamp: bytes) -> "LogPosition":
        """Scroll the first line at or after a stamp to the upper third of the screen."""
        number = lines.number_at(stamp)
        position = replace(self.paused(lines), cursor=min(number, lines.stop - 1))
        return position.with_top(lines, lines.place(number) - lines.height // 3)

    def at_match(self, lines: ShownLines, number: int) -> "LogPosition":
        """Move the cursor to a match; unless in view, scroll it to the middle of the screen."""
        position, place = replace(self.paused(lines), cursor=number), lines.place(number)
        if not position.top <= place < position.top + lines.height:
            position = position.with_top(lines, place - lines.height // 2)
        return position.revealing(lines, place)

    # Selecting lines.

    def choosing(self, lines: ShownLines) -> "LogPosition":
        """Start a selection at the cursor."""
        return replace(self.paused(lines), range_from=self.cursor)

    def choosing_none(self) -> "LogPosition":
        """Clear the selection."""
        return replace(self, range_from=None)

    def pointed(self, lines: ShownLines, number: int) -> "LogPosition":
        """Move the cursor to a line and clear the selection."""
        return replace(self.paused(lines), cursor=number, range_from=None)

    def dragged(self, pressed: int, number: int) -> "LogPosition":
        """Select the lines from one to another."""
        return replace(self, range_from=pressed, cursor=number)

    # The first line on the screen.

    def with_top(self, lines: ShownLines, place: int, skip: int = 0) -> "LogPosition":
        """Scroll a line to the top; never so far that rows at the bottom stay empty."""
        last = _top_above(lines, lines.shown - 1)
        top, skip = min((max(place, 0), skip), last)
        return replace(self, top=top, skip=skip, anchor=lines.number(top))

    def at_end(self, lines: ShownLines) -> "LogPosition":
        """Move the cursor to the last line, at the bottom of the screen."""
        last = lines.shown - 1
        position = replace(self, cursor=lines.number(last))
        return position.with_top(lines, *_top_above(lines, last))

    def revealing(self, lines: ShownLines, place: int) -> "LogPosition":
        """Scroll as little as necessary to show all of a line."""
        if place < self.top or (place == self.top and self.skip):
            return self.with_top(lines, place)
        top = _top_above(lines, place)
        return self.with_top(lines, *top) if top > (self.top, self.skip) else self


def _top_above(lines: ShownLines, place: int, row: int | None = None) -> tuple[int, int]:
    """Return the first line and its rows above the screen, if a given row is the last on it.

    Args:
        lines: The lines.
        place: The place of the line with that row.
        row: The row of that line; None for its last.
    """
    rows = 0
    while place >= 0:
        rows += lines.row_count(place) if row is None else row + 1
        row = None
        if rows >= lines.height:
            return place, rows - lines.height
        place -= 1
    return 0, 0
