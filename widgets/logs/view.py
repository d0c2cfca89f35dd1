"""A log view: filters, search, bookmarks, copying."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message

from pixel_tui.logs.bookmarks import Bookmarks
from pixel_tui.logs.index import LineTally
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import FilterStack, Matcher
from pixel_tui.logs.shown import View
from pixel_tui.plurals import counted
from pixel_tui.redaction.known import LineMasker
from pixel_tui.stack.feed.feed import LogFeed
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.times import elapsed_text
from pixel_tui.text import SafeText
from widgets.bound_key import bound_key
from widgets.copying import CopyRequested
from widgets.logs.lines import LogLines
from widgets.logs.painter import Signs
from widgets.rows.log_line import Stamps, text_of

CONTEXTS: Final = (0, 1, 3, 10)
LEVELS: Final = (LogLevel.UNKNOWN, LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR)
LAST_LINES: Final = 100
"""The lines that one key copies."""


class LogView(LogLines, can_focus=True):
    """The lines of a log, with its keys.

    Args:
        reveals: Whether a key may show secrets.
    """

    BINDING_GROUP_TITLE = "Log"
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
            tooltip="To the very first line",
        ),
        Binding("end,G", "follow", "Follow", id="log.follow", tooltip="To the last line, and "
                                                                      "follow"),
        Binding("n", "match(1)", "Next match", show=False, id="log.next"),
        Binding("N", "match(-1)", "Previous match", show=False, id="log.previous"),
        Binding("enter", "open", "Open", id="log.open", tooltip="Show the complete line"),
        Binding("L", "level", "Level", id="log.level", tooltip="All, info, warnings, errors"),
        Binding("C", "context", "Context", show=False, id="log.context",
                tooltip="Lines around what a filter shows: none, 1, 3, 10"),
        Binding("w", "wrap", "Wrap", show=False, id="log.wrap", tooltip="Fold long lines"),
        Binding("u", "raw", "Raw", show=False, id="log.raw",
                tooltip="Structured lines as written, or formatted"),
        Binding("V", "secrets", "Show secrets", show=False, id="log.reveal",
                tooltip="Show secrets that are masked, and mask them again"),
        Binding(
            "t",
            "stamps",
            "Times",
            show=False,
            id="log.times",
            tooltip="Time, date and time, how long ago, or none",
        ),
        Binding("v", "range", "Range", show=False, id="log.range",
                tooltip="Select lines from here; shows the time between"),
        Binding("y", "copy", "Copy", id="log.copy",
                tooltip="Copy the selected lines, or the complete entry"),
        Binding("Y", "copy_last", "Copy 100", show=False, id="log.copy-last",
                tooltip="Copy the last 100 lines"),
        Binding("b", "bookmark", "Bookmark", show=False, id="log.bookmark",
                tooltip="Set or remove a bookmark on this line"),
        Binding("right_square_bracket", "to_bookmark(1)", "Next bookmark", show=False,
                id="log.next-bookmark"),
        Binding("left_square_bracket", "to_bookmark(-1)", "Previous bookmark", show=False,
                id="log.previous-bookmark",
                tooltip="Bookmarks, and the last line of your last visit"),
    ]  # fmt: skip

    @dataclass
    class Opened(Message):
        """A line was opened with Enter."""

        line: LogLine
        group: Sequence[LogLine]
        mask: LineMasker
        """Masks secrets in them as in the log."""

    @dataclass
    class FiltersChanged(Message):
        """The view has changed."""

        view: View

    def __init__(self, *, reveals: bool = False, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._reveals = reveals
        self._match: tuple[int, int, bool] | None = None
        """The current match: its number, its position, and whether the search wrapped."""
        self._bookmarks = Bookmarks()

    def show(
        self, feed: LogFeed | None, tally: LineTally | None = None, since: bytes = b""
    ) -> None:
        """Show another log, from its end.

        Args:
            feed: The log.
            tally: Counts its lines by level.
            since: The stamp of the last line that was read.
        """
        self._bookmarks.read_to = since
        self.open(feed, tally)

    # The view.

    @property
    def filters(self) -> FilterStack:
        """The filters."""
        return self.page.view.filters

    def set_view(self, view: View) -> None:
        """Change the view, and stay near the position."""
        if view != self.page.view:
            self.page.set_view(view)
            self.post_message(self.FiltersChanged(view))

    def action_level(self) -> None:
        """Switch to the next minimum level: all, info, warnings, errors."""
        filters = self.page.view.filters
        at = LEVELS.index(filters.level) if filters.level in LEVELS else 0
        level = LEVELS[(at + 1) % len(LEVELS)]
        self.set_view(replace(self.page.view, filters=replace(filters, level=level)))

    def action_context(self) -> None:
        """Show more lines around matches of a filter."""
        at = CONTEXTS.index(self.page.view.context) if self.page.view.context in CONTEXTS else 0
        self.set_view(replace(self.page.view, context=CONTEXTS[(at + 1) % len(CONTEXTS)]))

    def set_filters(self, filters: FilterStack) -> None:
        """Change the filters."""
        self.set_view(replace(self.page.view, filters=filters))

    def action_wrap(self) -> None:
        """Toggle the folding of long lines."""
        appearance = self.page.appearance
        self.set_appearance(replace(appearance, wrap=not appearance.wrap))

    def action_raw(self) -> None:
        """Toggle structured lines between raw and parsed."""
        appearance = self.page.appearance
        self.set_appearance(replace(appearance, raw=not appearance.raw))

    def action_secrets(self) -> None:
        """Show secrets, or mask them again."""
        self.show_secrets(not self.secrets_shown)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Hide the key that shows secrets unless it is allowed."""
        return self._reveals or action != "secrets"

    @property
    def secrets_shown(self) -> bool:
        """Whether secrets are shown."""
        return self.page.appearance.revealed

    def show_secrets(self, shown: bool) -> None:
        """Show secrets, or mask them."""
        if shown != self.secrets_shown:
            self.set_appearance(replace(self.page.appearance, revealed=shown))
            self.post_message(self.Moved())

    @property
    def secrets_status(self) -> str:
        """Whether secrets on the screen are shown or masked; empty if there are none."""
        if not self.has_secrets:
            return ""
        words, will = ("shown", "masks") if self.secrets_shown else ("masked", "shows")
        key = bound_key(self, "log.reveal", "V")
        return f"secrets {words} ({key} {will})" if self._reveals else f"secrets {words}"

    def masker(self) -> LineMasker:
        """A masker for copies and exports that masks secrets as the screen does."""
        return LineMasker(revealed=self.secrets_shown)

    def action_stamps(self) -> None:
        """Switch to the next format of stamps."""
        order, appearance = list(Stamps), self.page.appearance
        at = order.index(appearance.stamps)
        self.set_appearance(replace(appearance, stamps=order[(at + 1) % len(order)]))

    def tick(self, now: bytes) -> None:
        """Update the ages, if they are shown."""
        appearance = replace(self.page.appearance, now=now)
        if appearance.stamps is Stamps.AGO and appearance != self.page.appearance:
            self.set_appearance(appearance)
        else:
            self.page.set_time(now)

    # Searching.

    def search(self, matcher: Matcher | None) -> None:
        """Highlight matches; `action_match` goes to them."""
        self._match = None
        self.page.search(matcher)
        self.refresh()

    @property
    def match_status(self) -> str:
        """The position among the matches."""
        total = f"{self.page.state.matches:,}"
        if self._match is None or self._match[0] != self.position.cursor:
            return total
        around = " (wrapped)" if self._match[2] else ""
        return f"{self._match[1]:,} of {total}{around}"

    def action_match(self, step: int) -> None:
        """Go to the next or previous match; 0 goes to the nearest at or before the cursor."""
        found = self._match = self.match_at(step)
        if found is not None:
            self.move(self.position.at_match(self.page, found[0]))
        else:
            self.post_message(self.Moved())

    def match_at(self, step: int) -> tuple[int, int, bool] | None:
        """The number, the position from 1, and whether it wrapped; None without a match."""
        return self.page.next_match(self.position.cursor, step)

    # Bookmarks, and the last visit.

    @property
    def since_left(self) -> int:
        """The number of lines since the last visit."""
        read_to, page = self._bookmarks.read_to, self.page
        if not read_to or page.feed is None:
            return 0
        return page.shown - page.place(page.number_at(read_to + b"\0"))

    def mark_since(self, stamp: bytes) -> None:
        """Mark the first line after this stamp as new since the last visit."""
        if stamp != self._bookmarks.read_to:
            self._bookmarks.read_to = stamp
            self.refresh()

    def action_bookmark(self) -> None:
        """Toggle a bookmark on the line under the cursor."""
        line = self.cursor_line
        if line is not None:
            self._bookmarks.toggle(line)
            self.refresh()

    def action_to_bookmark(self, step: int) -> None:
        """Go to the next bookmark or the mark of the last visit."""
        line = self.cursor_line
        found = self._bookmarks.next_bookmark(line.stamp if line is not None else b"", step)
        if found is not None:
            self.go_to(found)

    def sign(self, y: int) -> str:
        """The sign left of the line on a row of the screen."""
        shown, sign = self.page.rows_at(self.position)[y].shown, super().sign(y)
        if shown.line is None:
            return sign
        if self._bookmarks.has(shown.line):
            return Signs.BOOKMARK
        if sign == " " and self._bookmarks.is_unread(shown.line):
            before = self.page.line(shown.number - 1)
            if before is not None and not self._bookmarks.is_unread(before):
                return Signs.SINCE
        return sign

    # Copying and opening.

    @property
    def selection_status(self) -> str:
        """The number of selected lines, and the time between the first and the last."""
        chosen, page = self.position.chosen, self.page
        if chosen is None:
            return ""
        count = page.place(chosen.stop) - page.place(chosen.start) + 1
        first, last = page.line(chosen.start), page.line(chosen.stop)
        span = elapsed_text(first.stamp, last.stamp) if first and last else SafeText("")
        lines = f"{counted(count, 'line')} selected"
        return f"{lines}, {span}" if span and count > 1 else lines

    def action_copy(self) -> None:
        """Copy the selected lines, else the line under the cursor with its group, else the page."""
        page, chosen = self.page, self.position.chosen
        if chosen is not None:
            numbers = page.numbers(page.place(chosen.start), page.place(chosen.stop) + 1)
        elif self.following:
            rows = page.rows_at(self.position)
            numbers = tuple(dict.fromkeys(row.shown.number for row in rows))
        else:
            numbers = page.group(self.position.cursor)
        self._copy(numbers)
        self.clear_selection()

    def action_copy_last(self) -> None:
        """Copy the last lines."""
        shown = self.page.shown
        self._copy(self.page.numbers(shown - LAST_LINES, shown))

    def _copy(self, numbers: Sequence[int]) -> None:
        mask = self.masker()
        text = "\n".join(text_of(line, mask) for line in self.page.lines(numbers))
        if text:
            self.post_message(CopyRequested(text, counted(text.count("\n") + 1, "line")))

    def shown_lines(self) -> Sequence[LogLine]:
        """All shown lines: the held ones that pass the filters."""
        return self.page.lines(self.page.numbers(0, self.page.shown))

    @property
    def cursor_source(self) -> str:
        """The container of the line under the cursor."""
        line = self.cursor_line
        return line.source if line is not None else ""

    def action_open(self) -> None:
        """Show the complete line under the cursor."""
        line = self.cursor_line
        if line is not None:
            group = self.page.lines(self.page.group(self.position.cursor))
            self.post_message(self.Opened(line, group, self.masker()))
