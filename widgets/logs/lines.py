"""The lines of a log on the screen: updated as they come, and scrolled."""

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
from widgets.lines.line_view import LineView
from widgets.logs.page import LogPage
from widgets.logs.painter import GUTTER, ROLES, Appearance, Signs

REFRESH_SECONDS: Final = 0.1
SIDEWAYS: Final = 16
"""Cells by which a key scrolls sideways."""


class LogLines(LineView):
    """Draws the page of a log at a position.

    It follows the end, or stays at the position of the reader.
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
        """New lines came, or the position changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._page = LogPage(self._style, lambda: self.scrollable_content_region.size)
        self._at = LogPosition()
        self._pressed: int | None = None
        """The line on which the mouse was pressed."""
        self._placing = False
        self._skipped = False
        """Whether the last update was skipped."""

    def on_mount(self) -> None:
        """Update the lines ten times a second."""
        self.set_interval(REFRESH_SECONDS, self._update)

    def on_unmount(self) -> None:
        """Close the index."""
        self._page.close()

    def open(self, feed: LogFeed | None, tally: LineTally | None = None) -> None:
        """Show another log, from its end.

        Args:
            feed: The log.
            tally: Counts its lines by level.
        """
        self._page.open(feed, tally)
        self._at = LogPosition()
        self._update()
        self.refresh()

    # State.

    @property
    def page(self) -> LogPage:
        """The lines of the log."""
        return self._page

    @property
    def position(self) -> LogPosition:
        """The position of the reader."""
        return self._at

    @property
    def following(self) -> bool:
        """Whether it stays at the end when lines come."""
        return self._at.following

    @property
    def new_lines(self) -> int:
        """The number of lines since it stopped following."""
        return self._at.new_lines(self._page)

    @property
    def cursor_line(self) -> LogLine | None:
        """The line under the cursor."""
        return self._page.line(self._at.cursor)

    @property
    def has_secrets(self) -> bool:
        """Whether a line on the screen has a known secret, masked or not."""
        return bool(self.size.height) and self._page.secrets_on(self._at)

    # New lines.

    @property
    def is_on_screen(self) -> bool:
        """Whether it is visible."""
        return self.size.height > 0 and self.screen.is_current

    def _update(self) -> None:
        """Show the lines that came since the last update."""
        page = self._page
        if page.feed is None or not self.is_on_screen:
            return
        if page.outdated:
            self.set_appearance(page.appearance)
        state = page.newest
        if state == page.state or (state.epoch != page.state.epoch and not state.stop):
            return
        if self._skips_page(state):
            return
        before = page.appearance, self._at, page.drawn
        elsewhere = page.update(state)
        self.resize_content(Size(page.widest, state.shown))
        self._place(self._at.updated(page, elsewhere=elsewhere))
        if elsewhere or before != (page.appearance, self._at, page.rows_at(self._at)):
            self.refresh()
        self.post_message(self.Moved())

    def _skips_page(self, state: IndexState) -> bool:
        """Whether to skip this page: all of its lines are new, and half the rate reads as well."""
        skip = self.following and 0 < self._page.stop < state.stop - self.size.height
        self._skipped = skip and not self._skipped
        return skip and not self._skipped

    def set_appearance(self, appearance: Appearance) -> None:
        """Change how lines are shown; folding changes the number of their rows."""
        folds = appearance.wrap != self._page.appearance.wrap
        self._page.set_appearance(appearance)
        if folds:
            self.scroll_to(x=0, animate=False, immediate=True)
            self._at = replace(self._at, skip=0)
        if folds or appearance.wrap:
            self._place(self._at.refitted(self._page))
        self.refresh()

    def on_resize(self) -> None:
        """Keep the position."""
        self._page.invalidate()
        self._update()
        if self.following:
            self._place(self._at.at_end(self._page))
        self.refresh()

    # Moving.

    def _place(self, position: LogPosition) -> None:
        """Scroll to a position."""
        self._at, self._placing = position, True
        self.scroll_to(y=position.top, animate=False, immediate=True, force=True)
        self._placing = False

    def move(self, position: LogPosition, wanted: int | None = None) -> None:
        """Go to a position on behalf of the reader.

        Args:
            position: The position.
            wanted: The requested index among the shown lines, which may be before the first
                line that is held, or after the last.
        """
        self._place(position)
        if wanted is not None:
            self._load_more(wanted)
        self.refresh()
        self.post_message(self.Moved())

    def _load_more(self, wanted: int) -> None:
        """Load older or newer lines if the reader reaches an end of those held."""
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
        """Go to the first line that Docker has."""
        feed = self._page.feed
        if feed is not None and not self._page.reach.first:
            self._at = self._at.to_first(self._page)
            feed.jump_to_first()
            self.post_message(self.Moved())
        self._move_to(0)

    def action_follow(self) -> None:
        """Go to the last line, and follow."""
        feed = self._page.feed
        self._at = self._at.choosing_none()
        if feed is not None and not self._page.reach.last:
            self._at = self._at.to_last()
            feed.jump_to_last()
        self._move_to(self._page.shown)

    def go_to(self, stamp: bytes) -> None:
        """Go to the first line at or after a time; loads it if needed."""
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
        """Update the position, also for the mouse wheel and the scroll bar."""
        super().watch_scroll_y(old_value, new_value)
        page, place = self._page, int(new_value)
        if self._placing or not page.shown or place == self._at.top:
            return
        if self.following and new_value >= self.max_scroll_y:
            return  # only kept inside: folded lines begin further down than a scroll bar goes
        position = self._at.scrolled(page, place)
        if position.following:
            self.move(position)
            return
        rows = page.rows_at(position)
        if rows:
            position = position.within(rows[0].shown.number, rows[-1].shown.number)
        self._at = position
        self._load_more(place if new_value < old_value else place + page.height)
        self.refresh()
        self.post_message(self.Moved())

    # Selecting lines.

    def action_range(self) -> None:
        """Start a selection at the cursor, or clear it."""
        chosen = self._at.range_from is not None
        self._at = self._at.choosing_none() if chosen else self._at.choosing(self._page)
        self.refresh()
        self.post_message(self.Moved())

    def clear_selection(self) -> bool:
        """Clear the selection; returns whether there was one."""
        chosen = self._at.range_from is not None
        if chosen:
            self.action_range()
        return chosen

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Move the cursor to the line under the mouse, and start a selection."""
        number = self._number_at_row(event.y)
        if number is not None and event.button == 1:
            self._at = self._at.pointed(self._page, number)
            self._pressed = number
            self.capture_mouse()
            self.refresh()
            self.post_message(self.Moved())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Extend the selection to the line under the mouse."""
        pressed, number = self._pressed, self._number_at_row(event.y)
        if pressed is None or number is None or number == self._at.cursor:
            return
        self._at = self._at.dragged(pressed, number)
        self.refresh()
        self.post_message(self.Moved())

    def on_mouse_up(self) -> None:
        """End the selection."""
        self._pressed = None
        self.release_mouse()

    def _number_at_row(self, y: int) -> int | None:
        rows = self._page.rows_at(self._at)
        return rows[y].shown.number if 0 <= y < len(rows) else None

    # Drawing.

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether lines can be scrolled sideways, also before the next layout."""
        return not self._page.appearance.wrap

    def notify_style_update(self) -> None:
        """Drop the styles of the old theme."""
        super().notify_style_update()
        self._page.invalidate()
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
            self.call_later(self._update_width)
        return Strip(
            [
                Segment(self._bar(row.shown.number), self._style("bar")),
                Segment(f"{' ' if row.row else self.sign(y)} ", self._style("sign")),
                *self.crop(strip, left, body),
            ],
            width,
        )

    def crop(self, strip: Strip, left: int, width: int) -> Strip:
        """Crop a row to the width."""
        return strip.crop_extend(left, left + width, self.ground)

    def _update_width(self) -> None:
        self.resize_content(Size(self._page.consume_width() + GUTTER, self._page.shown))

    def _bar(self, number: int) -> str:
        """The bar left of a line: under the cursor, selected, or neither."""
        if number == self._at.cursor and self.has_focus and not self.following:
            return Signs.BAR
        chosen = self._at.chosen
        return Signs.CHOSEN if chosen and chosen.start <= number <= chosen.stop else " "

    def sign(self, y: int) -> str:
        """The sign left of the line on a row of the screen."""
        return Signs.MATCH if self._page.rows_at(self._at)[y].shown.match else " "
