"""Lines of a ring, drawn by the line: only what is on the screen is ever made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from pixel_tui.stack.log_feed import LogFeed
from pixel_tui.stack.ring import LogLine
from widgets.rows.log_line import LineTone, Stamps, line_pieces, text_of
from widgets.steady_view import SteadyView

LOOK_SECONDS: Final = 0.1
WIDEST_SOURCE: Final = 24
SLICE: Final = 2000


class LogView(SteadyView, can_focus=True):
    """Follows at the end, or stands still where somebody scrolled to.

    What is shown is anchored by a line's sequence number: lines that the ring drops
    from its head never make the text slide under the reader.
    """

    BINDING_GROUP_TITLE = "Log"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--stamp",
        "log--source",
        "log--match",
        "log--current",
        *(f"log--{tone.value}" for tone in LineTone),
    }
    DEFAULT_CSS = """
    LogView {
        height: 1fr; overflow-y: scroll;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    LogView > .log--stamp { color: $foreground-muted; }
    LogView > .log--source { color: $primary; }
    LogView > .log--text { color: $foreground; }
    LogView > .log--warn { color: $text-warning; }
    LogView > .log--bad { color: $text-error; text-style: bold; }
    LogView > .log--mark { color: $accent; text-style: bold; }
    LogView > .log--match { text-style: reverse; }
    LogView > .log--current { text-style: reverse bold underline; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "lines(-1)", "Up", show=False, id="log.up"),
        Binding("down,j", "lines(1)", "Down", show=False, id="log.down"),
        Binding("pageup,ctrl+b", "pages(-1)", "Page up", show=False, id="log.page-up"),
        Binding("pagedown,ctrl+f", "pages(1)", "Page down", show=False, id="log.page-down"),
        Binding("left,h", "sideways(-1)", "Left", show=False, id="log.left"),
        Binding("right,l", "sideways(1)", "Right", show=False, id="log.right"),
        Binding("home,g", "top", "First line", show=False, id="log.top"),
        Binding("end,G", "follow", "Follow", id="log.follow", tooltip="To the last line, and on"),
        Binding("n", "match(1)", "Next match", show=False, id="log.next"),
        Binding("N", "match(-1)", "Previous match", show=False, id="log.previous"),
        Binding(
            "t",
            "stamps",
            "Times",
            id="log.times",
            tooltip="Time, date and time, or none",
        ),
        Binding("y", "copy", "Copy", id="log.copy", tooltip="Copy the lines on the screen"),
    ]

    following: var[bool] = var(default=True, init=False)

    @dataclass
    class Moved(Message):
        """Lines came, or the reader scrolled."""

        new_lines: int
        """How many came since the view stands still."""

    @dataclass
    class CopyRequested(Message):
        """The reader wants this on the clipboard."""

        text: str

    @dataclass
    class Searched(Message):
        """A search stands at one of its matches."""

        words: str
        position: int
        """From 1; 0 when there is none."""
        total: int
        wrapped: bool = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._feed: LogFeed | None = None
        self._bounds = (0, 0)
        self._paused_at = 0
        self._stamps = Stamps.TIME
        self._words = ""
        self._matches: list[int] = []
        self._current = -1
        self._window: dict[int, LogLine] = {}
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(256)
        self._generation = 0
        self._widest = 0
        self._leapt = False
        """Whether the last look has painted a page of which nothing was on the one before."""

    def on_mount(self) -> None:
        """Look at the ring as often as an eye can follow."""
        self.set_interval(LOOK_SECONDS, self._look)

    # What is shown.

    def show(self, feed: LogFeed | None) -> None:
        """Show another log, from its end."""
        self._feed = feed
        self._bounds = (0, 0)
        self._matches, self._current = [], -1
        self._widest = 0
        self._forget()
        self.following = True
        self.scroll_to(0, 0, animate=False, immediate=True)
        self._look()
        self.refresh()

    @property
    def feed(self) -> LogFeed | None:
        """The log that is shown."""
        return self._feed

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self._bounds[1] - self._bounds[0]

    @property
    def dropped(self) -> int:
        """How many older lines are not kept any more."""
        return self._bounds[0]

    @property
    def new_lines(self) -> int:
        """How many lines came since the view stands still."""
        return 0 if self.following else self._bounds[1] - self._paused_at

    def _look(self) -> None:
        """Take in what the ring has got since the last time."""
        if self._feed is None or not self.is_on_screen:
            return
        first, following = self._feed.ring.bounds
        if (first, following) == self._bounds:
            return
        old_first, old_following = self._bounds
        leaps = 0 < old_following < following - self.size.height
        if leaps and self._leapt:
            # All of the page is new each time: painted half as often, it is read no worse.
            self._leapt = False
            return
        self._leapt = leaps
        self._bounds = (first, following)
        self._window = {}
        self._scan(max(old_following, first))
        self.resize_content(Size(self._widest, following - first))
        if self.following:
            self._to_end()
        elif first > old_first:
            target = max(self.scroll_y - (first - old_first), 0)
            self.scroll_to(y=target, animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved(self.new_lines))

    @property
    def is_on_screen(self) -> bool:
        """Whether there is anything to paint on."""
        return self.size.height > 0 and self.screen.is_current

    def _to_end(self) -> None:
        height = self.scrollable_content_region.height
        self.scroll_to(y=max(self.lines - height, 0), animate=False, immediate=True, force=True)

    def _forget(self) -> None:
        self._generation += 1
        self._window = {}
        self._strips.clear()

    def on_resize(self) -> None:
        """Stay at the end, or where one was."""
        self._look()
        if self.following:
            self._to_end()

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._forget()

    # Moving.

    def _go(self, y: float) -> None:
        last = max(self.lines - self.scrollable_content_region.height, 0)
        target = min(max(y, 0), last)
        if target < last and self.following:
            self._paused_at = self._bounds[1]
            self.following = False
        elif target >= last:
            self.following = True
        self.scroll_to(y=target, animate=False, immediate=True)
        self.post_message(self.Moved(self.new_lines))

    def action_lines(self, count: int) -> None:
        """Scroll by lines."""
        self._go(self.scroll_y + count)

    def action_pages(self, count: int) -> None:
        """Scroll by pages."""
        self._go(self.scroll_y + count * max(self.scrollable_content_region.height - 1, 1))

    def action_top(self) -> None:
        """To the oldest line that is kept."""
        self._go(0)

    def action_follow(self) -> None:
        """To the last line, and stay there."""
        self._go(self.lines)

    def action_sideways(self, direction: int) -> None:
        """Scroll long lines."""
        self.scroll_to(x=self.scroll_x + 16 * direction, animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice the mouse wheel and the scroll bar too."""
        super().watch_scroll_y(old_value, new_value)
        last = max(self.lines - self.scrollable_content_region.height, 0)
        if new_value < old_value and new_value < last and self.following and self.lines:
            self._paused_at = self._bounds[1]
            self.following = False
            self.post_message(self.Moved(0))
        elif new_value >= last and not self.following:
            self.following = True
            self.post_message(self.Moved(0))

    def action_stamps(self) -> None:
        """Show times otherwise."""
        order = list(Stamps)
        self._stamps = order[(order.index(self._stamps) + 1) % len(order)]
        self._forget()
        self.refresh()

    def action_copy(self) -> None:
        """Copy what is on the screen, without times."""
        top = self._bounds[0] + int(self.scroll_y)
        lines = self._lines(top, top + self.scrollable_content_region.height)
        text = "\n".join(text_of(line) for line in lines)
        if text:
            self.post_message(self.CopyRequested(text))

    # Searching.

    def search(self, words: str) -> None:
        """Mark every line with these words and go to the last one.

        Case counts only where the words have capitals.
        """
        self._words = words
        self._matches, self._current = [], -1
        self._forget()
        if words:
            self._scan(self._bounds[0])
            self.action_match(-1)
        self.refresh()

    def action_match(self, step: int) -> None:
        """Go to another match."""
        if not self._words:
            return
        self._matches = [seq for seq in self._matches if seq >= self._bounds[0]]
        if not self._matches:
            self.post_message(self.Searched(self._words, 0, 0))
            return
        at, wrapped = self._step(step)
        self._current = self._matches[at]
        self._forget()
        height = self.scrollable_content_region.height
        self._go(self._current - self._bounds[0] - height // 2)
        if self.following:
            # The match is on the last page: stand still, it is being looked at.
            self._paused_at = self._bounds[1]
            self.following = False
        self.refresh()
        self.post_message(self.Searched(self._words, at + 1, len(self._matches), wrapped))

    def _step(self, step: int) -> tuple[int, bool]:
        """The index of the next match in a direction, and whether it went round."""
        if self._current not in self._matches:
            return (len(self._matches) - 1 if step < 0 else 0), False
        at = self._matches.index(self._current) + step
        return at % len(self._matches), not 0 <= at < len(self._matches)

    def _scan(self, start: int) -> None:
        """Find matches in the lines from a sequence number on."""
        if not self._words:
            return
        for seq, line in self._numbered(start, self._bounds[1]):
            if self._found(text_of(line)):
                self._matches.append(seq)

    def _found(self, text: str) -> bool:
        if self._words != self._words.lower():
            return self._words in text
        return self._words in text.lower()

    def _numbered(self, start: int, stop: int) -> Iterator[tuple[int, LogLine]]:
        if self._feed is None:
            return
        for begin in range(start, stop, SLICE):
            window = self._feed.ring.window(begin, min(begin + SLICE, stop))
            yield from enumerate(window.lines, window.first)

    def _lines(self, start: int, stop: int) -> list[LogLine]:
        return [line for _, line in self._numbered(start, stop)]

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.scrollable_content_region.width
        seq = self._bounds[0] + int(self.scroll_y) + y
        strip = self._strip(seq)
        if strip is None:
            return Strip.blank(width, self.ground)
        if strip.cell_length > self._widest:
            self._widest = strip.cell_length
            self.call_later(self._widen)
        left = int(self.scroll_x)
        return strip.crop_extend(left, left + width, self.ground)

    def _widen(self) -> None:
        self.resize_content(Size(self._widest, self.lines))

    def _strip(self, seq: int) -> Strip | None:
        key = (seq, self._generation)
        cached = self._strips.get(key)
        if cached is not None:
            return cached
        line = self._line(seq)
        if line is None:
            return None
        strip = self._made(seq, line)
        self._strips[key] = strip
        return strip

    def _line(self, seq: int) -> LogLine | None:
        if seq not in self._window:
            # One look a screen: the lines around the one that is missing.
            top = self._bounds[0] + int(self.scroll_y)
            stop = min(top + self.size.height + 1, self._bounds[1])
            self._window = dict(self._numbered(top, stop))
        return self._window.get(seq)

    def _made(self, seq: int, line: LogLine) -> Strip:
        sources = self._feed.sources if self._feed else ()
        width = min(max(map(len, sources), default=0), WIDEST_SOURCE) if len(sources) > 1 else 0
        segments: list[Segment] = []
        for piece in line_pieces(line, stamps=self._stamps, source_width=width):
            style = self._style(piece.role)
            if piece.role in set(LineTone) and self._words and self._found(piece.text):
                segments += self._highlighted(piece.text, style, current=seq == self._current)
            else:
                segments.append(Segment(piece.text, style))
        return Strip(segments, sum(cell_len(segment.text) for segment in segments))

    def _highlighted(self, text: str, style: Style, *, current: bool) -> Iterator[Segment]:
        mark = style + self._style("current" if current else "match")
        searched = text if self._words != self._words.lower() else text.lower()
        start = 0
        while (found := searched.find(self._words, start)) >= 0:
            end = found + len(self._words)
            if found > start:
                yield Segment(text[start:found], style)
            yield Segment(text[found:end], mark)
            start = end
        yield Segment(text[start:], style)

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
