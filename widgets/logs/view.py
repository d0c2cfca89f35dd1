"""A log as its reader uses it: narrowed down, searched, marked, copied, opened."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message

from pixel_tui.logs.index import Tally
from pixel_tui.logs.level import Level
from pixel_tui.logs.search import FilterStack, Matcher
from pixel_tui.logs.shown import View
from pixel_tui.redaction.known import LineMasker
from pixel_tui.stack.feed.feed import LogFeed
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.times import between
from pixel_tui.text import SafeText
from widgets.logs.painter import Signs
from widgets.logs.position import LogPlace
from widgets.rows.log_line import Stamps, text_of

CONTEXTS: Final = (0, 1, 3, 10)
LEVELS: Final = (Level.UNKNOWN, Level.INFO, Level.WARN, Level.ERROR)
LAST_LINES: Final = 100
"""What one key copies."""
KEPT_BOOKMARKS: Final = 500

LineKey = tuple[bytes, str, bytes]
"""What tells a line from others wherever it is held: stamp, container, beginning."""


class LogView(LogPlace, can_focus=True):
    """The lines of a log, with all keys for them.

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

    @dataclass
    class CopyRequested(Message):
        """The reader wants this on the clipboard."""

        text: str

    @dataclass
    class Opened(Message):
        """The reader wants to see a line whole."""

        line: LogLine
        group: Sequence[LogLine]
        mask: LineMasker
        """What makes of them what is shown of secrets in the log."""

    @dataclass
    class FiltersChanged(Message):
        """Other lines are shown now."""

        view: View

    def __init__(self, *, reveals: bool = False, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._reveals = reveals
        self._match: tuple[int, int, bool] | None = None
        """The match that was gone to: its number, its position, whether that went round."""
        self._bookmarks: OrderedDict[LineKey, None] = OrderedDict()
        self._since: bytes = b""
        """The stamp of the last line that was read when the reader left."""

    def show(self, feed: LogFeed | None, tally: Tally | None = None, since: bytes = b"") -> None:
        """Show another log, from its end.

        Args:
            feed: The log.
            tally: Counts its lines.
            since: The stamp of the last line that the reader has seen of it.
        """
        self._since = since
        super().show(feed, tally)

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

    def action_secrets(self) -> None:
        """Show secrets, or mask them again."""
        self.show_secrets(not self.secrets_shown)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Without the permission there is no key that shows a secret."""
        return self._reveals or action != "secrets"

    @property
    def secrets_shown(self) -> bool:
        """Whether secrets are shown as they were written."""
        return self._look.revealed

    def show_secrets(self, shown: bool) -> None:
        """Show secrets as they were written, or mask them."""
        if shown != self._look.revealed:
            self._look = replace(self._look, revealed=shown)
            self._look_otherwise()
            self.post_message(self.Moved())

    @property
    def secrets_words(self) -> str:
        """What is done with the secrets on the screen; empty where there are none."""
        if not self.has_secrets:
            return ""
        words, key = ("shown", "V masks") if self.secrets_shown else ("masked", "V shows")
        return f"secrets {words} ({key})" if self._reveals else f"secrets {words}"

    def masker(self) -> LineMasker:
        """What makes of lines that leave the screen what is shown of secrets on it."""
        return LineMasker(revealed=self.secrets_shown)

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

    # Bookmarks, and how far the reader has come.

    @property
    def since_left(self) -> int:
        """How many lines came since the reader left."""
        if not self._since or self._index is None:
            return 0
        later = self._index.number_at(self._since + b"\0")
        return self._seen.shown - self._index.place(later)

    def mark_since(self, stamp: bytes) -> None:
        """Mark the first line that is later than this: so far the reader has come."""
        if stamp != self._since:
            self._since = stamp
            self.refresh()

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

    def _sign(self, number: int) -> str:
        """What is to be said of a line beside its words."""
        line = self._line(number)
        if line is not None and line_key(line) in self._bookmarks:
            return Signs.BOOKMARK
        sign = super()._sign(number)
        if sign == " " and self._since and line is not None and line.stamp > self._since:
            before = self._line(number - 1)
            if before is not None and before.stamp <= self._since:
                return Signs.SINCE
        return sign

    # Copying and opening.

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
        mask = self.masker()
        text = "\n".join(text_of(line, mask) for line in self._held(numbers))
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
            group = self._held(self._index.group(self._cursor))
            self.post_message(self.Opened(line, group, self.masker()))


def line_key(line: LogLine) -> LineKey:
    """What tells a line from others, wherever it is held."""
    return line.stamp, line.source, line.text[:256]
