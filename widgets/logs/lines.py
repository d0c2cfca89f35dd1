"""The lines of a log on the screen: taken in as they come, and moved through."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from pixel_tui.logs.index import IndexState, LineTally
from pixel_tui.logs.position import LogPosition
from pixel_tui.stack.feed.feed import LogFeed
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.times import parse_timestamp
from widgets.lines.line_view import SteadyView
from widgets.logs.page import LogPage
from widgets.logs.painter import GUTTER, ROLES, Appearance, Signs

LOOK_SECONDS: Final = 0.1
SIDEWAYS: Final = 16
"""Cells that one key scrolls long lines by."""


class LogLines(SteadyView):
    """Draws the page of a log at a position, and holds both.

    It follows at the end, or stays where the reader went to.
    """

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

    @dataclass
    class Moved(Message):
        """Lines came, or the reader went somewhere."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._page = LogPage(self._style, lambda: self.scrollable_content_region.size)
        self._at = LogPosition()
        self._pressed: int | None = None
        """The line on which the mouse was pressed."""
        self._placing = False
        self._leapt = False
        """Whether the last look has painted a page of which nothing was on the one before."""

    def on_mount(self) -> None:
        """Look at the lines as often as an eye can follow."""
        self.set_interval(LOOK_SECONDS, self._take_in)

    def on_unmount(self) -> None:
        """The index is no longer needed."""
        self._page.close()

    def open(self, feed: LogFeed | None, tally: LineTally | None = None) -> None:
        """Show another log, from its end.

        Args:
            feed: The log.
            tally: Counts its lines.
        """
        self._page.open(feed, tally)
        self._at = LogPosition()
        self._take_in()
        self.refresh()

    # What is known of it.

    @property
    def page(self) -> LogPage:
        """The lines."""
        return self._page

    @property
    def position(self) -> LogPosition:
        """Where the reader is."""
        return self._at

    @property
    def following(self) -> bool:
        """Whether it stays at the end, whatever comes."""
        return self._at.following

    @property
    def new_lines(self) -> int:
        """How many lines came since it stopped following."""
        return self._at.new_lines(self._page)

    @property
    def cursor_line(self) -> LogLine | None:
        """The reader's line."""
        return self._page.line(self._at.cursor)

    @property
    def has_secrets(self) -> bool:
        """Whether a line on the screen has a known secret, masked or not."""
        return bool(self.size.height) and self._page.secrets_on(self._at)

    # Taking in what comes.

    @property
    def is_on_screen(self) -> bool:
        """Whether there is anything to paint on."""
        return self.size.height > 0 and self.screen.is_current

    def _take_in(self) -> None:
        """Take in what there is since the last time."""
        page = self._page
        if page.feed is None or not self.is_on_screen:
            return
        if page.outdated:
            self.appear(page.appearance)
        state = page.newest
        if state == page.state or (state.epoch != page.state.epoch and not state.stop):
            return
        if self._leaps(state):
            return
        before = page.appearance, self._at, page.drawn
        elsewhere = page.take(state)
        self.resize_content(Size(page.widest, state.shown))
        self._place(self._at.updated(page, elsewhere=elsewhere))
        if elsewhere or before != (page.appearance, self._at, page.rows_at(self._at)):
            self.refresh()
        self.post_message(self.Moved())

    def _leaps(self, state: IndexState) -> bool:
        """Whether to leave this page out: each is all new, and read no worse at half the rate."""
        leaps = self.following and 0 < self._page.stop < state.stop - self.size.height
        self._leapt = leaps and not self._leapt
        return leaps and not self._leapt

    def appear(self, appearance: Appearance) -> None:
        """Show the lines like this; folded ones may have more rows then, or fewer."""
        folds = appearance.wrap != self._page.appearance.wrap
        self._page.appear(appearance)
        if folds:
            self.scroll_to(x=0, animate=False, immediate=True)
            self._at = replace(self._at, skip=0)
        if folds or appearance.wrap:
            self._place(self._at.refitted(self._page))
        self.refresh()

    def on_resize(self) -> None:
        """Stay at the end, or where one was."""
        self._page.forget()
        self._take_in()
        if self.following:
            self._place(self._at.at_end(self._page))

    # Moving.

    def _place(self, position: LogPosition) -> None:
        """Scroll to a position."""
        self._at, self._placing = position, True
        self.scroll_to(y=position.top, animate=False, immediate=True, force=True)
        self._placing = False

    def move(self, position: LogPosition, wanted: int | None = None) -> None:
        """Go to a position, which the reader has asked for.

        Args:
            position: Where to.
            wanted: The place that was asked for, which may be before the first line that is
                held, or after the last.
        """
        self._place(position)
        if wanted is not None:
            self._ask_for_more(wanted)
        self.refresh()
        self.post_message(self.Moved())

    def _ask_for_more(self, wanted: int) -> None:
        """Read on where the reader comes to an end of what is held."""
        page = self._page
        feed, reach = page.feed, page.reach
        if feed is None or reach.loading:
            return
        if wanted < page.height and not reach.first:
            feed.older()
        elif wanted > page.shown - page.height and not reach.last:
            feed.newer()

    def _move_to(self, place: int) -> None:
        if self._page.shown:
            self.move(self._at.moved(self._page, place), place)

    def action_lines(self, count: int) -> None:
        """Move by lines."""
        self._move_to(self._page.place(self._at.cursor) + count)

    def action_pages(self, count: int) -> None:
        """Move by pages."""
        page = self._page
        if page.shown:
            position = self._at.paged(page, count, folded=page.appearance.wrap)
            self.move(position, page.place(position.cursor))

    def action_top(self) -> None:
        """To the very first line that the engine has."""
        feed = self._page.feed
        if feed is not None and not self._page.reach.first:
            self._at = self._at.to_first(self._page)
            feed.jump_to_first()
            self.post_message(self.Moved())
        self._move_to(0)

    def action_follow(self) -> None:
        """To the last line, and stay there."""
        feed = self._page.feed
        self._at = self._at.choosing_none()
        if feed is not None and not self._page.reach.last:
            self._at = self._at.to_last()
            feed.jump_to_last()
        self._move_to(self._page.shown)

    def go_to(self, stamp: bytes) -> None:
        """To the first line at or after a moment, wherever it has to be read from."""
        page = self._page
        feed = page.feed
        if feed is None:
            return
        held = page.stop > page.first and page.first_stamp <= stamp
        if held and (stamp <= page.last_stamp or page.reach.last):
            self.move(self._at.at_moment(page, stamp))
            return
        self._at = self._at.to_moment(page, stamp)
        at = parse_timestamp(stamp)
        if at is not None:
            feed.jump_to_time(at)
        self.post_message(self.Moved())

    def action_sideways(self, direction: int) -> None:
        """Scroll long lines."""
        if not self._page.appearance.wrap:
            x = self.scroll_x + SIDEWAYS * direction
            self.scroll_to(x=x, animate=False, immediate=True)
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice the mouse wheel and the scroll bar too."""
        super().watch_scroll_y(old_value, new_value)
        page, place = self._page, int(new_value)
        if self._placing or not page.shown or place == self._at.top:
            return
        position = self._at.scrolled(page, place)
        if position.following:
            self.move(position)
            return
        rows = page.rows_at(position)
        if rows:
            position = position.within(rows[0].shown.number, rows[-1].shown.number)
        self._at = position
        self._ask_for_more(place if new_value < old_value else place + page.height)
        self.refresh()
        self.post_message(self.Moved())

    # Choosing lines.

    def action_range(self) -> None:
        """Choose lines from here on, or choose none."""
        chosen = self._at.range_from is not None
        self._at = self._at.choosing_none() if chosen else self._at.choosing(self._page)
        self.refresh()
        self.post_message(self.Moved())

    def let_go(self) -> bool:
        """Choose no lines; whether any were."""
        chosen = self._at.range_from is not None
        if chosen:
            self.action_range()
        return chosen

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor on the line below the mouse, and begin to choose lines."""
        number = self._number_at_row(event.y)
        if number is not None and event.button == 1:
            self._at = self._at.pointed(self._page, number)
            self._pressed = number
            self.capture_mouse()
            self.refresh()
            self.post_message(self.Moved())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Choose lines up to the one below the mouse."""
        pressed, number = self._pressed, self._number_at_row(event.y)
        if pressed is None or number is None or number == self._at.cursor:
            return
        self._at = self._at.dragged(pressed, number)
        self.refresh()
        self.post_message(self.Moved())

    def on_mouse_up(self) -> None:
        """The lines are chosen."""
        self._pressed = None
        self.release_mouse()

    def _number_at_row(self, y: int) -> int | None:
        rows = self._page.rows_at(self._at)
        return rows[y].shown.number if 0 <= y < len(rows) else None

    # How it looks.

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether lines can be moved sideways, also where the screen was laid out before them."""
        return not self._page.appearance.wrap

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._page.forget()
        self.refresh()

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
        page, width = self._page, self.scrollable_content_region.width
        rows = page.rows_at(self._at)
        if y >= len(rows):
            return Strip.blank(width, self.ground)
        row = rows[y]
        strips = page.strips(row.shown)
        strip = strips[min(row.row, len(strips) - 1)] if strips else Strip([])
        body = max(width - GUTTER, 0)
        left = 0 if page.appearance.wrap else int(self.scroll_x)
        if page.has_grown:
            self.call_later(self._widen)
        return Strip(
            [
                Segment(self._bar(row.shown.number), self._style("bar")),
                Segment(f"{' ' if row.row else self.sign(y)} ", self._style("sign")),
                *self.crop(strip, left, body),
            ],
            width,
        )

    def crop(self, strip: Strip, left: int, width: int) -> Strip:
        """The part of a row that there is room for."""
        return strip.crop_extend(left, left + width, self.ground)

    def _widen(self) -> None:
        self.resize_content(Size(self._page.take_width() + GUTTER, self._page.shown))

    def _bar(self, number: int) -> str:
        """Whether the reader is on a line, or has chosen it."""
        if number == self._at.cursor and self.has_focus and not self.following:
            return Signs.BAR
        chosen = self._at.chosen
        return Signs.CHOSEN if chosen and chosen.start <= number <= chosen.stop else " "

    def sign(self, y: int) -> str:
        """What is to be said of the line on a row of the screen, left of it."""
        return Signs.MATCH if self._page.rows_at(self._at)[y].shown.match else " "
