"""Where the reader of a log is, and how to go elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var

from pixel_tui.logs.index import LogIndex, Standing, Tally
from pixel_tui.stack.feed.feed import LogFeed, Source
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.times import moment
from widgets.logs.page import LogLines
from widgets.logs.painter import Signs

LOOK_SECONDS: Final = 0.1


class _Goal(Enum):
    """Where the reader wants to be, once the feed stands there."""

    FIRST = auto()
    LAST = auto()
    MOMENT = auto()


@dataclass(frozen=True, slots=True)
class Range:
    """Lines from one to another, chosen by the reader."""

    start: int
    stop: int
    """The last of them."""


class LogPlace(LogLines):
    """Follows at the end, or stands still where somebody went to.

    What is shown is anchored by a line's sequence number: lines that come, go or are put
    before the first never make the text slide under the reader.
    """

    following: var[bool] = var(default=True, init=False)

    @dataclass
    class Moved(Message):
        """Lines came, or the reader went somewhere."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._anchor = 0
        """The number of the line at `_top`: it stays there when others come and go."""
        self._cursor = 0
        """The number of the reader's line."""
        self._paused_at = 0
        self._range_from: int | None = None
        self._goal: _Goal | None = None
        self._moment = b""
        self._pressed: int | None = None
        """The line on which the mouse was pressed."""
        self._placing = False
        self._leapt = False
        """Whether the last look has painted a page of which nothing was on the one before."""

    def on_mount(self) -> None:
        """Look at the lines as often as an eye can follow."""
        self.set_interval(LOOK_SECONDS, self._take_in)

    def show(self, feed: LogFeed | None, tally: Tally | None = None) -> None:
        """Show another log, from its end.

        Args:
            feed: The log.
            tally: Counts its lines.
        """
        if self._index is not None:
            self._index.close()
        self._feed = feed
        self._index = LogIndex(feed.ring, tally) if feed is not None else None
        self._seen = Standing(epoch=-1)
        self._top = self._skip = self._anchor = self._cursor = self._paused_at = 0
        self._goal, self._range_from = None, None
        self._look = replace(self._look, sources=(), now=b"", revealed=False)
        self._restyle()
        if self._index is not None:
            self._index.choose(self._view)
            self._index.search(self._matcher)
            self._index.start()
        self.following = True
        self._take_in()
        self.refresh()

    # Taking in what comes.

    def _take_in(self) -> None:
        """Take in what there is since the last time."""
        if self._index is None or self._feed is None or not self.is_on_screen:
            return
        if self._painter.outdated:
            self._look_otherwise()
        standing = self._index.standing
        if standing == self._seen or (standing.epoch != self._seen.epoch and not standing.stop):
            return
        if self._leaps(standing):
            return
        anew = standing.epoch != self._seen.epoch
        self._seen = standing
        self._take_sources()
        self.resize_content(Size(self._painter.widest, standing.shown))
        if anew:
            # Other lines have the same numbers now.
            self._restyle()
            self._arrive()
        if self.following and not self._feed.reach.last:
            self.following = False
        if self.following:
            self._to_end()
        else:
            self._cursor = max(self._cursor, standing.first)
            self._place_top(self._index.place(self._anchor), self._skip)
            if self._goal is not None:
                self._arrive()
        before, self._page = (self._page, self._known), None
        if (self._rows(), self._known) != before:
            self.refresh()
        self.post_message(self.Moved())

    def _look_otherwise(self) -> None:
        """What was painted looks otherwise now, and may have more rows or fewer."""
        self._restyle()
        if not self._look.wrap:
            return
        if self.following:
            self._to_end()
        else:
            self._place_top(self._top, self._skip)
            self._reveal(self.cursor_place)

    def _leaps(self, standing: Standing) -> bool:
        """Whether to leave this page out: each is all new, and read no worse at half the rate."""
        leaps = self.following and 0 < self._seen.stop < standing.stop - self.size.height
        self._leapt = leaps and not self._leapt
        return leaps and not self._leapt

    def _arrive(self) -> None:
        """The feed stands somewhere else: go where the reader wanted to be."""
        index, feed = self._index, self._feed
        if index is None or feed is None or not self._seen.shown:
            return
        goal = self._goal
        if not feed.reach.loading:
            self._goal = None
        if goal is _Goal.FIRST:
            self._cursor = self._number_at_place(0)
            self._place_top(0)
        elif goal is _Goal.MOMENT:
            number = index.number_at(self._moment)
            self._cursor = min(number, self._seen.stop - 1)
            self._place_top(index.place(number) - self.height // 3)
        else:
            self.following = feed.reach.last
            self._to_end()

    def _take_sources(self) -> None:
        sources: Sequence[Source] = self._feed.sources if self._feed is not None else ()
        if tuple(sources) != self._look.sources:
            self._look = replace(self._look, sources=tuple(sources))
            self._restyle()

    def on_resize(self) -> None:
        """Stay at the end, or where one was."""
        self._painter.forget(self._look, self._matcher)
        self._page = None
        self._take_in()
        if self.following:
            self._to_end()

    # Where one is.

    @property
    def new_lines(self) -> int:
        """How many lines came since the view stands still."""
        return 0 if self.following else max(self._seen.stop - self._paused_at, 0)

    @property
    def cursor_place(self) -> int:
        """The place of the reader's line among the shown ones."""
        return self._index.place(self._cursor) if self._index is not None else 0

    @property
    def cursor_line(self) -> LogLine | None:
        """The reader's line."""
        return self._line(self._cursor)

    @property
    def cursor_source(self) -> str:
        """The container that said it."""
        line = self.cursor_line
        return line.source if line is not None else ""

    @property
    def chosen(self) -> Range | None:
        """The lines that the reader chooses."""
        if self._range_from is None:
            return None
        ends = sorted((self._range_from, self._cursor))
        return Range(ends[0], ends[1])

    def _place_top(self, place: int, skip: int = 0) -> None:
        """Put a line at the top; never so far down that rows at the bottom stay empty."""
        last, last_skip = self._last_top()
        place = max(place, 0)
        place, skip = min((place, skip), (last, last_skip))
        self._top, self._skip, self._page = place, skip, None
        self._anchor = self._number_at_place(place)
        self._placing = True
        self.scroll_to(y=place, animate=False, immediate=True, force=True)
        self._placing = False

    def _to_end(self) -> None:
        self._cursor = self._number_at_place(self._seen.shown - 1)
        self._place_top(*self._last_top())

    def _place_of_row(self, row: tuple[int, int]) -> tuple[int, int]:
        return (self._index.place(row[0]) if self._index is not None else 0), row[1]

    def _bar(self, number: int) -> str:
        """Whether the reader is on a line, or has chosen it."""
        if number == self._cursor and self.has_focus and not self.following:
            return Signs.BAR
        chosen = self.chosen
        return Signs.CHOSEN if chosen and chosen.start <= number <= chosen.stop else " "

    # Moving.

    def _go(self, place: int) -> None:
        """Put the cursor on a line and bring it into sight."""
        if self._index is None or not self._seen.shown:
            return
        last = self._seen.shown - 1
        wanted, place = place, min(max(place, 0), last)
        self._cursor = self._number_at_place(place)
        at_end = self._feed is not None and self._feed.reach.last
        if wanted >= last and at_end and self._range_from is None:
            self.following = True
            self._to_end()
        else:
            self._stand_still()
            self._reveal(place)
        self._ask_for_more(wanted)
        self.refresh()
        self.post_message(self.Moved())

    def _stand_still(self) -> None:
        if self.following:
            self._paused_at = self._seen.stop
            self.following = False

    def _reveal(self, place: int) -> None:
        if place < self._top or (place == self._top and self._skip):
            self._place_top(place)
        else:
            top = self._top_above(place)
            if top > (self._top, self._skip):
                self._place_top(*top)

    def _ask_for_more(self, wanted: int) -> None:
        """Read on where the reader comes to an end of what is held."""
        if self._feed is None:
            return
        reach = self._feed.reach
        if wanted < self.height and not reach.first and not reach.loading:
            self._feed.older()
        elif wanted > self._seen.shown - self.height and not reach.last and not reach.loading:
            self._feed.newer()

    def action_lines(self, count: int) -> None:
        """Move by lines."""
        self._go(self.cursor_place + count)

    def action_pages(self, count: int) -> None:
        """Move by pages."""
        page = max(self.height - 1, 1)
        if not self._look.wrap:
            target = self.cursor_place + count * page
            self._place_top(self._top + count * page)
            self._go(target)
        elif count > 0:
            rows = self._rows()
            self._place_top(*(self._place_of_row(rows[-1]) if rows else (0, 0)))
            self._go(self._top if rows else 0)
        else:
            self._place_top(*self._top_above(self._top))
            self._go(self._top)

    def action_top(self) -> None:
        """To the very first line that the engine has."""
        if self._feed is not None and not self._feed.reach.first:
            self._stand_still()
            self._goal = _Goal.FIRST
            self._feed.to_first()
            self.post_message(self.Moved())
        self._go(0)

    def action_follow(self) -> None:
        """To the last line, and stay there."""
        self._range_from = None
        if self._feed is not None and not self._feed.reach.last:
            self._goal = _Goal.LAST
            self._feed.to_last()
        self._go(self._seen.shown)

    def go_to(self, stamp: bytes) -> None:
        """To the first line at or behind a moment, wherever it has to be read from."""
        if self._index is None or self._feed is None:
            return
        self._stand_still()
        held = bool(self._seen.stop > self._seen.first) and self.first_stamp <= stamp
        if held and (stamp <= self.last_stamp or self._feed.reach.last):
            number = self._index.number_at(stamp)
            self._cursor = min(number, max(self._seen.stop - 1, 0))
            self._place_top(self._index.place(number) - self.height // 3)
            self.refresh()
        else:
            self._goal, self._moment = _Goal.MOMENT, stamp
            at = moment(stamp)
            if at is not None:
                self._feed.to_moment(at)
        self.post_message(self.Moved())

    def action_sideways(self, direction: int) -> None:
        """Scroll long lines."""
        if not self._look.wrap:
            self.scroll_to(x=self.scroll_x + 16 * direction, animate=False, immediate=True)
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice the mouse wheel and the scroll bar too."""
        super().watch_scroll_y(old_value, new_value)
        if self._placing or self._index is None or not self._seen.shown:
            return
        place = int(new_value)
        if place == self._top:
            return
        last, _ = self._last_top()
        at_end = place >= last and self._feed is not None and self._feed.reach.last
        if at_end and self._range_from is None:
            self.following = True
            self._to_end()
        else:
            self._stand_still()
            self._top, self._skip, self._page = min(place, last), 0, None
            self._anchor = self._number_at_place(self._top)
            shown = [number for number, _ in self._rows()]
            if shown and not shown[0] <= self._cursor <= shown[-1]:
                self._cursor = min(max(self._cursor, shown[0]), shown[-1])
            self._ask_for_more(place if new_value < old_value else place + self.height)
        self.refresh()
        self.post_message(self.Moved())

    # Choosing lines.

    def action_range(self) -> None:
        """Begin to choose lines, or choose none."""
        self._range_from = self._cursor if self._range_from is None else None
        if self._range_from is not None:
            self._stand_still()
        self.refresh()
        self.post_message(self.Moved())

    def let_go(self) -> bool:
        """Choose no lines; whether any were."""
        chosen = self._range_from is not None
        if chosen:
            self.action_range()
        return chosen

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor on the line below the mouse, and begin to choose lines."""
        number = self._number_at_row(event.y)
        if number is not None and event.button == 1:
            self._stand_still()
            self._cursor, self._range_from = number, None
            self._pressed = number
            self.capture_mouse()
            self.refresh()
            self.post_message(self.Moved())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Choose lines up to the one below the mouse."""
        pressed, number = self._pressed, self._number_at_row(event.y)
        if pressed is None or number is None or number == self._cursor:
            return
        self._range_from, self._cursor = pressed, number
        self.refresh()
        self.post_message(self.Moved())

    def on_mouse_up(self) -> None:
        """The lines are chosen."""
        self._pressed = None
        self.release_mouse()
