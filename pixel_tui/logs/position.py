"""Where the reader of a log is: the lines on the screen, and the reader's own among them. Pure.

A position is anchored by a line's number: lines that come, go or are put before the first never
make the text slide under the reader.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Protocol

from pixel_tui.stack.feed.feed import HistoryExtent


class ShownLines(Protocol):
    """The shown lines of a log, and the screen that they are seen on.

    A line has a number that it keeps, and a place among the shown ones, from 0.
    """

    @property
    def first(self) -> int:
        """The number of the oldest line that is held."""

    @property
    def stop(self) -> int:
        """The number after that of the newest line that is held."""

    @property
    def shown(self) -> int:
        """How many lines are shown."""

    @property
    def height(self) -> int:
        """Rows on the screen, at least one."""

    @property
    def reach(self) -> HistoryExtent:
        """How the lines lie in what the engine has."""

    def number(self, place: int) -> int:
        """The number of the line at a place; of the newest one if none is there."""

    def place(self, number: int) -> int:
        """The place of a line; of the next shown one if it is not shown."""

    def number_at(self, stamp: bytes) -> int:
        """The number of the first shown line that is not older than this, or of the end."""

    def row_count(self, place: int) -> int:
        """How many rows the line at a place has: one, unless long lines are folded."""


class Goal(Enum):
    """Where the reader wants to be once the feed has read it."""

    FIRST = auto()
    LAST = auto()
    MOMENT = auto()


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines from one to another, chosen by the reader."""

    start: int
    stop: int
    """The last of them."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where the reader is. Each method returns the position after a move."""

    following: bool = True
    """It stays at the end, whatever comes."""
    top: int = 0
    """The place of the first line on the screen."""
    skip: int = 0
    """So many of its rows are above the screen."""
    anchor: int = 0
    """Its number: it stays there when others come and go."""
    cursor: int = 0
    """The number of the reader's line."""
    paused_at: int = 0
    """The number after the newest line when it stopped following."""
    range_from: int | None = None
    """The line from which lines are chosen, up to the cursor; None if none are."""
    goal: Goal | None = None
    moment: bytes = b""
    """The stamp that is the goal."""

    # Where it is.

    @property
    def chosen(self) -> LineRange | None:
        """The lines that the reader chooses."""
        if self.range_from is None:
            return None
        return LineRange(min(self.range_from, self.cursor), max(self.range_from, self.cursor))

    def new_lines(self, lines: ShownLines) -> int:
        """How many lines came since it stopped following."""
        return 0 if self.following else max(lines.stop - self.paused_at, 0)

    def bottom(self, lines: ShownLines) -> tuple[int, int]:
        """The place of the last line on the screen, and the last of its rows that is there."""
        place, left = self.top, lines.height + self.skip
        while place < lines.shown - 1 and (rows := lines.row_count(place)) < left:
            left -= rows
            place += 1
        return place, max(min(left, lines.row_count(place)) - 1, 0)

    # Lines come and go.

    def updated(self, lines: ShownLines, *, elsewhere: bool = False) -> "LogPosition":
        """Stay at the end, or on the same line, after lines came or went.

        Args:
            lines: The lines of now.
            elsewhere: The feed has read another part of the log: a number is another line now.
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
        """Keep the reader's line on the screen after lines got more or fewer rows."""
        if self.following:
            return self.at_end(lines)
        kept = self.with_top(lines, self.top, self.skip)
        return kept.revealing(lines, lines.place(self.cursor))

    def arrived(self, lines: ShownLines) -> "LogPosition":
        """Go to the goal, or else to the end, now that the feed has read it."""
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
        """Stay here, whatever comes."""
        return replace(self, following=False, paused_at=lines.stop) if self.following else self

    def moved(self, lines: ShownLines, place: int) -> "LogPosition":
        """Put the reader's line at a place, and bring it into view; at the end, follow."""
        if not lines.shown:
            return self
        last = lines.shown - 1
        at = min(max(place, 0), last)
        position = replace(self, cursor=lines.number(at))
        if place >= last and lines.reach.last and self.range_from is None:
            return replace(position, following=True).at_end(lines)
        return position.paused(lines).revealing(lines, at)

    def paged(self, lines: ShownLines, count: int, *, folded: bool) -> "LogPosition":
        """Move by a screen, up if `count` is below zero; by one alone if lines are folded."""
        if not folded:
            step = count * max(lines.height - 1, 1)
            scrolled = self.with_top(lines, self.top + step)
            return scrolled.moved(lines, lines.place(self.cursor) + step)
        top = self.bottom(lines) if count > 0 else _top_above(lines, self.top, self.skip)
        scrolled = self.with_top(lines, *top)
        moved = scrolled.moved(lines, scrolled.top)
        if moved.following:
            return moved
        # Not from the line's first row on: one that is larger than the screen would never end.
        return replace(moved, top=scrolled.top, skip=scrolled.skip, anchor=scrolled.anchor)

    def scrolled(self, lines: ShownLines, place: int) -> "LogPosition":
        """Put the line at a place on top, as the mouse wheel does; at the end, follow."""
        last, _ = _top_above(lines, lines.shown - 1)
        if place >= last and lines.reach.last and self.range_from is None:
            return replace(self, following=True).at_end(lines)
        top = min(place, last)
        return replace(self.paused(lines), top=top, skip=0, anchor=lines.number(top))

    def within(self, first: int, last: int) -> "LogPosition":
        """With the reader's line between these two, by their numbers."""
        return replace(self, cursor=min(max(self.cursor, first), last))

    def to_first(self, lines: ShownLines) -> "LogPosition":
        """Go to the very first line once the feed has read it."""
        return replace(self.paused(lines), goal=Goal.FIRST)

    def to_last(self) -> "LogPosition":
        """Go to the end once the feed has read it."""
        return replace(self, goal=Goal.LAST)

    def to_moment(self, lines: ShownLines, stamp: bytes) -> "LogPosition":
        """Go to a moment once the feed has read it."""
        return replace(self.paused(lines), goal=Goal.MOMENT, moment=stamp)

    def at_moment(self, lines: ShownLines, stamp: bytes) -> "LogPosition":
        """Put the first line at or after a moment, which is held, in the upper third."""
        number = lines.number_at(stamp)
        position = replace(self.paused(lines), cursor=min(number, lines.stop - 1))
        return position.with_top(lines, lines.place(number) - lines.height // 3)

    def at_match(self, lines: ShownLines, number: int) -> "LogPosition":
        """Put a line under the cursor, in the middle of the screen unless it is in view."""
        position, place = replace(self.paused(lines), cursor=number), lines.place(number)
        if not position.top <= place < position.top + lines.height:
            position = position.with_top(lines, place - lines.height // 2)
        return position.revealing(lines, place)

    # Choosing lines.

    def choosing(self, lines: ShownLines) -> "LogPosition":
        """Choose lines from the reader's one on."""
        return replace(self.paused(lines), range_from=self.cursor)

    def choosing_none(self) -> "LogPosition":
        """Choose no lines."""
        return replace(self, range_from=None)

    def pointed(self, lines: ShownLines, number: int) -> "LogPosition":
        """The reader's line is this one, and none are chosen."""
        return replace(self.paused(lines), cursor=number, range_from=None)

    def dragged(self, pressed: int, number: int) -> "LogPosition":
        """The lines from one to another are chosen."""
        return replace(self, range_from=pressed, cursor=number)

    # The first line on the screen.

    def with_top(self, lines: ShownLines, place: int, skip: int = 0) -> "LogPosition":
        """A line on top; never so far down that rows at the bottom stay empty."""
        last = _top_above(lines, lines.shown - 1)
        top, skip = min((max(place, 0), skip), last)
        return replace(self, top=top, skip=skip, anchor=lines.number(top))

    def at_end(self, lines: ShownLines) -> "LogPosition":
        """The last line is the reader's, and the last on the screen."""
        last = lines.shown - 1
        position = replace(self, cursor=lines.number(last))
        return position.with_top(lines, *_top_above(lines, last))

    def revealing(self, lines: ShownLines, place: int) -> "LogPosition":
        """Scrolled as little as it takes to have all of a line in view."""
        if place < self.top or (place == self.top and self.skip):
            return self.with_top(lines, place)
        top = _top_above(lines, place)
        return self.with_top(lines, *top) if top > (self.top, self.skip) else self


def _top_above(lines: ShownLines, place: int, row: int | None = None) -> tuple[int, int]:
    """The first line, and its rows above the screen, if a row of another one is the last there.

    Args:
        lines: The lines.
        place: The place of that line.
        row: Which of its rows; None: its last.
    """
    rows = 0
    while place >= 0:
        rows += lines.row_count(place) if row is None else row + 1
        row = None
        if rows >= lines.height:
            return place, rows - lines.height
        place -= 1
    return 0, 0
