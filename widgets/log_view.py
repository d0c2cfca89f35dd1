"""The lines of a log, drawn by the line: only what is on the screen is ever made."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from pixel_tui.logs.index import LogIndex, ShownLine, Standing, Tally
from pixel_tui.logs.level import Level
from pixel_tui.logs.search import FilterStack, Matcher
from pixel_tui.logs.shown import View
from pixel_tui.stack.log_feed import LogFeed, Source
from pixel_tui.stack.ring import LogLine
from pixel_tui.stack.times import between, moment
from pixel_tui.text import SafeText
from widgets.log_painter import GUTTER, ROLES, LogPainter, Look, Signs
from widgets.rows.log_line import Stamps, text_of
from widgets.steady_view import SteadyView

LOOK_SECONDS: Final = 0.1
CONTEXTS: Final = (0, 1, 3, 10)
LEVELS: Final = (Level.UNKNOWN, Level.INFO, Level.WARN, Level.ERROR)
LAST_LINES: Final = 100
"""What one key copies."""
KEPT_BOOKMARKS: Final = 500

LineKey = tuple[bytes, str, bytes]
"""What tells a line from others wherever it is held: stamp, container, beginning."""


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


class LogView(SteadyView, can_focus=True):
    """Follows at the end, or stands still where somebody went to.

    What is shown is anchored by a line's sequence number: lines that come, go or are put
    before the first never make the text slide under the reader.
    """

    BINDING_GROUP_TITLE = "Log"
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{role}" for role in ROLES}
    DEFAULT_CSS = """
    LogView {
        height: 1fr; overflow-y: scroll;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    LogView > .log--stamp, LogView > .log--field, LogView > .log--debug {
        color: $foreground-muted;
    }
    LogView > .log--around { color: $foreground-muted; }
    LogView > .log--text { color: $foreground; }
    LogView > .log--warn { color: $text-warning; }
    LogView > .log--bad { color: $text-error; text-style: bold; }
    LogView > .log--mark { color: $accent; text-style: bold; }
    LogView > .log--match { text-style: reverse; }
    LogView > .log--current { text-style: reverse bold underline; }
    LogView > .log--bar { color: $accent; text-style: bold; }
    LogView > .log--sign { color: $accent; }
    LogView > .log--source-0 { color: $text-primary; }
    LogView > .log--source-1 { color: $text-success; }
    LogView > .log--source-2 { color: $text-secondary; }
    LogView > .log--source-3 { color: $text-accent; }
    LogView > .log--source-4 { color: $text-warning; }
    LogView > .log--source-5 { color: $foreground; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "lines(-1)", "Up", show=False, id="log.up"),
        Binding("down,j", "lines(1)", "Down", show=False, id="log.down"),
        Binding("pageup,ctrl+b", "pages(-1)", "Page up", show=False, id="log.page-up"),
        Binding("pagedown,ctrl+f", "pages(1)", "Page down", show=False, id="log.page-down"),
        Binding("left,h", "sideways(-1)", "Left", show=False, id="log.left"),
        Binding("right,l", "sideways(1)", "Right", show=False, id="log.right"),
        Binding(
            "home,g",
            "top",
            "First",
            show=False,
            id="log.top",
            tooltip="To the very first line that the engine has",
        ),
        Binding("end,G", "follow", "Follow", id="log.follow", tooltip="To the last line, and on"),
        Binding("n", "match(1)", "Next match", show=False, id="log.next"),
        Binding("N", "match(-1)", "Previous match", show=False, id="log.previous"),
        Binding("enter", "open", "Open", id="log.open", tooltip="Show this line whole"),
        Binding("L", "level", "Level", id="log.level", tooltip="All, info, warnings, errors"),
        Binding("C", "context", "Context", show=False, id="log.context",
                tooltip="Lines around what a filter shows: none, 1, 3, 10"),
        Binding("w", "wrap", "Wrap", show=False, id="log.wrap", tooltip="Fold long lines"),
        Binding("u", "raw", "Raw", show=False, id="log.raw",
                tooltip="Structured lines as they were written, and back"),
        Binding(
            "t",
            "stamps",
            "Times",
            show=False,
            id="log.times",
            tooltip="Time, date and time, how long ago, or none",
        ),
        Binding("v", "range", "Range", show=False, id="log.range",
                tooltip="Choose lines from here to where you go; shows the time between"),
        Binding("y", "copy", "Copy", id="log.copy",
                tooltip="Copy the chosen lines, else the line with what belongs to it"),
        Binding("Y", "copy_last", "Copy 100", show=False, id="log.copy-last",
                tooltip="Copy the last 100 lines"),
        Binding("b", "bookmark", "Bookmark", show=False, id="log.bookmark",
                tooltip="Put a bookmark on this line, or take it away"),
        Binding("right_square_bracket", "to_bookmark(1)", "Next bookmark", show=False,
                id="log.next-bookmark"),
        Binding("left_square_bracket", "to_bookmark(-1)", "Previous bookmark", show=False,
                id="log.previous-bookmark",
                tooltip="Bookmarks, and the place that was read up to last time"),
    ]  # fmt: skip

    following: var[bool] = var(default=True, init=False)

    @dataclass
    class Moved(Message):
        """Lines came, or the reader went somewhere."""

    @dataclass
    class CopyRequested(Message):
        """The reader wants this on the clipboard."""

        text: str

    @dataclass
    class Opened(Message):
        """The reader wants to see a line whole."""

        line: LogLine
        group: Sequence[LogLine]

    @dataclass
    class FiltersChanged(Message):
        """Other lines are shown now."""

        view: View

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._feed: LogFeed | None = None
        self._index: LogIndex | None = None
        self._seen = Standing(epoch=-1)
        self._top = 0
        """The place of the first line on the screen, among the shown ones."""
        self._skip = 0
        """So many of its rows are above the screen; where lines are folded only."""
        self._anchor = 0
        """The number of the line at `_top`: it stays there when others come and go."""
        self._cursor = 0
        """The number of the reader's line."""
        self._paused_at = 0
        self._range_from: int | None = None
        self._goal: _Goal | None = None
        self._moment = b""
        self._look = Look()
        self._view = View()
        self._matcher: Matcher | None = None
        self._match: tuple[int, int, bool] | None = None
        """The match that was gone to: its number, its position, whether that went round."""
        self._pressed: int | None = None
        """The line on which the mouse was pressed."""
        self._bookmarks: OrderedDict[LineKey, None] = OrderedDict()
        self._since: bytes = b""
        """The stamp of the last line that was read when the reader left."""
        self._painter = LogPainter(self._style)
        self._page: tuple[tuple[int, int], ...] | None = None
        """The number and the row of what is on each row of the screen."""
        self._known: dict[int, ShownLine] = {}
        """What is known of the lines on the screen."""
        self._on_page: dict[int, LogLine] = {}
        """The lines on the screen."""
        self._placing = False
        self._leapt = False
        """Whether the last look has painted a page of which nothing was on the one before."""

    def on_mount(self) -> None:
        """Look at the lines as often as an eye can follow."""
        self.set_interval(LOOK_SECONDS, self._take_in)

    def on_unmount(self) -> None:
        """Nobody needs the index any more."""
        if self._index is not None:
            self._index.close()

    # What is shown.

    def show(self, feed: LogFeed | None, tally: Tally | None = None, since: bytes = b"") -> None:
        """Show another log, from its end.

        Args:
            feed: The log.
            tally: Counts its lines.
            since: The stamp of the last line that the reader has seen of it.
        """
        if self._index is not None:
            self._index.close()
        self._feed = feed
        self._index = LogIndex(feed.ring, tally) if feed is not None else None
        self._seen = Standing(epoch=-1)
        self._top = self._skip = self._anchor = self._cursor = self._paused_at = 0
        self._goal, self._range_from, self._since = None, None, since
        self._look = replace(self._look, sources=(), now=b"")
        self._restyle()
        if self._index is not None:
            self._index.choose(self._view)
            self._index.search(self._matcher)
            self._index.start()
        self.following = True
        self._take_in()
        self.refresh()

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
    def new_lines(self) -> int:
        """How many lines came since the view stands still."""
        return 0 if self.following else max(self._seen.stop - self._paused_at, 0)

    @property
    def since_left(self) -> int:
        """How many lines came since the reader left."""
        if not self._since or self._index is None:
            return 0
        later = self._index.number_at(self._since + b"\0")
        return self._seen.shown - self._index.place(later)

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

    @property
    def chosen(self) -> Range | None:
        """The lines that the reader chooses."""
        if self._range_from is None:
            return None
        ends = sorted((self._range_from, self._cursor))
        return Range(ends[0], ends[1])

    @property
    def chosen_words(self) -> str:
        """How many lines are chosen, and the time between the first and the last."""
        chosen = self.chosen
        if chosen is None or self._index is None:
            return ""
        count = self._index.place(chosen.stop) - self._index.place(chosen.start) + 1
        first, last = self._line(chosen.start), self._line(chosen.stop)
        span = between(first.stamp, last.stamp) if first and last else SafeText("")
        lines = f"{count:,} line{'' if count == 1 else 's'} chosen"
        return f"{lines}, {span}" if span and count > 1 else lines

    def mark_since(self, stamp: bytes) -> None:
        """Mark the first line that is later than this: so far the reader has come."""
        if stamp != self._since:
            self._since = stamp
            self.refresh()

    def _take_in(self) -> None:
        """Take in what there is since the last time."""
        if self._index is None or self._feed is None or not self.is_on_screen:
            return
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

    @property
    def is_on_screen(self) -> bool:
        """Whether there is anything to paint on."""
        return self.size.height > 0 and self.screen.is_current

    @property
    def height(self) -> int:
        """Rows on the screen."""
        return max(int(self.scrollable_content_region.height), 1)

    def _restyle(self) -> None:
        """What was painted looks otherwise now."""
        self._painter.forget(self._look, self._matcher)
        self._page, self._known, self._on_page = None, {}, {}
        self.refresh()

    def on_resize(self) -> None:
        """Stay at the end, or where one was."""
        self._painter.forget(self._look, self._matcher)
        self._page = None
        self._take_in()
        if self.following:
            self._to_end()

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._restyle()

    # Where one is.

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

    def _to_end(self) -> None:
        self._cursor = self._number_at_place(self._seen.shown - 1)
        self._place_top(*self._last_top())

    def _number_at_place(self, place: int) -> int:
        if self._index is None:
            return 0
        numbers = self._index.numbers(place, place + 1)
        return numbers[0] if numbers else max(self._seen.stop - 1, self._seen.first)

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

    @property
    def cursor_place(self) -> int:
        """The place of the reader's line among the shown ones."""
        return self._index.place(self._cursor) if self._index is not None else 0

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

    def _place_of_row(self, row: tuple[int, int]) -> tuple[int, int]:
        return (self._index.place(row[0]) if self._index is not None else 0), row[1]

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

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether lines can be moved sideways, also where the screen was laid out before them."""
        return not self._look.wrap

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

    def _number_at_row(self, y: int) -> int | None:
        rows = self._rows()
        return rows[y][0] if 0 <= y < len(rows) else None

    # Which lines, and how they look.

    def choose(self, view: View) -> None:
        """Show other lines, and stay as near as can be."""
        if view == self._view:
            return
        self._view = view
        if self._index is not None:
            self._index.choose(view)
        self.post_message(self.FiltersChanged(view))

    def action_level(self) -> None:
        """All lines; info and above; warnings and above; errors."""
        filters = self._view.filters
        at = LEVELS.index(filters.level) if filters.level in LEVELS else 0
        level = LEVELS[(at + 1) % len(LEVELS)]
        self.choose(replace(self._view, filters=replace(filters, level=level)))

    def action_context(self) -> None:
        """Show more lines around what a filter shows."""
        at = CONTEXTS.index(self._view.context) if self._view.context in CONTEXTS else 0
        self.choose(replace(self._view, context=CONTEXTS[(at + 1) % len(CONTEXTS)]))

    def choose_filters(self, filters: FilterStack) -> None:
        """Show the lines that pass these."""
        self.choose(replace(self._view, filters=filters))

    def action_wrap(self) -> None:
        """Fold long lines, or cut them at the edge."""
        self._look = replace(self._look, wrap=not self._look.wrap)
        self.scroll_to(x=0, animate=False, immediate=True)
        self._restyle()
        if self.following:
            self._to_end()
        else:
            self._place_top(self._top)
            self._reveal(self.cursor_place)

    def action_raw(self) -> None:
        """Structured lines as they were written, or taken apart."""
        self._look = replace(self._look, raw=not self._look.raw)
        self._restyle()

    def action_stamps(self) -> None:
        """Show times otherwise."""
        order = list(Stamps)
        at = order.index(self._look.stamps)
        self._look = replace(self._look, stamps=order[(at + 1) % len(order)])
        self._restyle()

    def tick(self, now: bytes) -> None:
        """It is later: where ages are shown, they have grown."""
        if self._look.stamps is Stamps.AGO and now != self._look.now:
            self._look = replace(self._look, now=now)
            self._restyle()
        else:
            self._look = replace(self._look, now=now)

    # Searching.

    def search(self, matcher: Matcher | None) -> None:
        """Mark what is searched; `action_match` goes there."""
        self._matcher, self._match = matcher, None
        if self._index is not None:
            self._index.search(matcher)
        self._restyle()

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
    def match_words(self) -> str:
        """At which match the reader is, of how many."""
        total = f"{self._seen.matches:,}"
        if self._match is None or self._match[0] != self._cursor:
            return total
        around = " (went round)" if self._match[2] else ""
        return f"{self._match[1]:,} of {total}{around}"

    def action_match(self, step: int) -> None:
        """To the next match, or the one before; 0 to the nearest at or before the cursor."""
        found = self._match = self.match_at(step)
        if found is not None and self._index is not None:
            self._stand_still()
            self._cursor = found[0]
            place = self._index.place(found[0])
            if not self._top <= place < self._top + self.height:
                self._place_top(place - self.height // 2)
            self._reveal(place)
            self.refresh()
        self.post_message(self.Moved())

    def match_at(self, step: int) -> tuple[int, int, bool] | None:
        """The number, the position from 1, and whether it went round; None without a match."""
        return self._index.match_near(self._cursor, step) if self._index is not None else None

    # Bookmarks and ranges.

    def action_bookmark(self) -> None:
        """Put a bookmark on the reader's line, or take it away."""
        line = self._line(self._cursor)
        if line is None:
            return
        key = line_key(line)
        if key in self._bookmarks:
            del self._bookmarks[key]
        else:
            self._bookmarks[key] = None
            if len(self._bookmarks) > KEPT_BOOKMARKS:
                self._bookmarks.popitem(last=False)
        self.refresh()

    def action_to_bookmark(self, step: int) -> None:
        """To the next bookmark, or to where the reader left."""
        line = self._line(self._cursor)
        here = line.stamp if line is not None else b""
        stamps = sorted({key[0] for key in self._bookmarks} | ({self._since} - {b""}))
        ahead = [at for at in stamps if (at > here if step > 0 else at < here)]
        if ahead:
            self.go_to(ahead[0] if step > 0 else ahead[-1])

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

    def action_copy(self) -> None:
        """Copy the chosen lines; else the reader's line with what belongs to it; else the page."""
        if self._index is None:
            return
        chosen = self.chosen
        if chosen is not None:
            places = self._index.place(chosen.start), self._index.place(chosen.stop) + 1
            numbers = self._index.numbers(*places)
        elif self.following:
            numbers = tuple(dict.fromkeys(number for number, _ in self._rows()))
        else:
            numbers = self._index.group(self._cursor)
        self._copy(numbers)
        self.let_go()

    def action_copy_last(self) -> None:
        """Copy the last lines."""
        if self._index is not None:
            self._copy(self._index.numbers(self._seen.shown - LAST_LINES, self._seen.shown))

    def _copy(self, numbers: Sequence[int]) -> None:
        text = "\n".join(text_of(line) for line in self._held(numbers))
        if text:
            self.post_message(self.CopyRequested(text))

    def shown_lines(self) -> Sequence[LogLine]:
        """Every line that is shown now: of those that are held, what passes the filters."""
        if self._index is None:
            return ()
        return self._held(self._index.numbers(0, self._seen.shown))

    def action_open(self) -> None:
        """Show the reader's line whole."""
        line = self._line(self._cursor)
        if line is not None and self._index is not None:
            self.post_message(self.Opened(line, self._held(self._index.group(self._cursor))))

    @property
    def cursor_line(self) -> LogLine | None:
        """The reader's line."""
        return self._line(self._cursor)

    @property
    def cursor_source(self) -> str:
        """The container that said it."""
        line = self.cursor_line
        return line.source if line is not None else ""

    # Drawing.

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
        chosen = self.chosen
        on_it = number == self._cursor and self.has_focus and not self.following
        bar = Signs.BAR if on_it else " "
        if chosen is not None and chosen.start <= number <= chosen.stop and not on_it:
            bar = Signs.CHOSEN
        return Segment(bar, self._style("bar")), Segment(
            f"{self._sign(number) if row == 0 else ' '} ", self._style("sign")
        )

    def _sign(self, number: int) -> str:
        line = self._line(number)
        if line is not None and line_key(line) in self._bookmarks:
            return Signs.BOOKMARK
        if self._index is None:
            return " "
        if number in self._known and self._known[number].match:
            return Signs.MATCH
        if self._since and line is not None and line.stamp > self._since:
            before = self._line(number - 1)
            if before is not None and before.stamp <= self._since:
                return Signs.SINCE
        return " "

    def _strips(self, number: int) -> Sequence[Strip]:
        known = self._known.get(number)
        if known is None:
            known = self._look_up(number)
        found = self._painter.kept(number, known)
        if found is not None:
            return found
        line = self._line(number)
        if line is None:
            return ()
        width = max(self.scrollable_content_region.width - GUTTER, 8)
        return self._painter.paint(
            line,
            known,
            width=width,
        )

    def _look_up(self, number: int) -> ShownLine:
        """What is known of a line that is not on the screen yet."""
        index = self._index
        page = index.page(index.place(number), 1) if index is not None else ()
        return page[0] if page and page[0].number == number else ShownLine(number, Level.UNKNOWN)

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


def line_key(line: LogLine) -> LineKey:
    """What tells a line from others, wherever it is held."""
    return line.stamp, line.source, line.text[:256]
