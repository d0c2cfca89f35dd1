"""Lines below a heading, drawn one by one, with a cursor that is known by a key."""

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from widgets.lines.line_view import SteadyView
from widgets.rows.table import Tone


class CursorTable(SteadyView, can_focus=True):
    """The base of the tables: a heading that stands still, and a cursor that stays on its key.

    The cursor stands on lines that have a key, and steps over the others. It holds the key,
    never the position: whatever comes, goes or is sorted elsewhere around it, what is
    highlighted stays what it was.
    """

    BINDING_GROUP_TITLE = "Table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--heading",
        "table--cursor",
        "table--cursor-blurred",
        *(f"table--{tone.value}" for tone in Tone),
    }
    DEFAULT_CSS = """
    CursorTable {
        height: 1fr;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    CursorTable > .table--heading { color: $foreground-muted; }
    CursorTable > .table--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: bold;
    }
    CursorTable > .table--cursor-blurred { background: $boost; text-style: bold; }
    CursorTable > .table--plain { color: $foreground; }
    CursorTable > .table--muted { color: $foreground-muted; }
    CursorTable > .table--good { color: $text-success; }
    CursorTable > .table--note { color: $text-primary; }
    CursorTable > .table--warn { color: $text-warning; }
    CursorTable > .table--bad { color: $text-error; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="table.page-up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="table.page-down"),
        Binding("home,g", "edge(-1)", "First", show=False, id="table.first"),
        Binding("end,G", "edge(1)", "Last", show=False, id="table.last"),
    ]

    cursor_key: var[str] = var("", init=False)

    class Highlighted(Message):
        """The cursor stands on another line."""

    class Opened(Message):
        """The operator wants to see all of the line under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._keys: Sequence[str] = ()
        """Of the lines that the cursor may stand on."""
        self._lines_of_keys: Sequence[int] = ()
        self._places: dict[str, int] = {}
        """On which line each key stands."""
        self._line_count = 0

    # What a table of its own says.

    @abstractmethod
    def heading(self) -> Strip:
        """The line that stands still above the others."""

    @abstractmethod
    def line_strip(self, line: int) -> tuple[Strip, Style]:
        """One line, and how the cells right of it are painted."""

    @abstractmethod
    def fit_columns(self) -> None:
        """Fit the columns to the width, and the content to the lines."""

    def successor(self, _key: str) -> str:
        """The key that the cursor goes to when its own is gone; empty: the one in its place."""
        return ""

    def first_shown_with(self, line: int) -> int:
        """The first line that is to be in view where the cursor stands on this one."""
        return line

    # Arranging.

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the lines that the cursor may stand on, as they stand."""
        return self._keys

    def take_keys(self, keys: Sequence[str], lines: Sequence[int], count: int) -> None:
        """Take the keys in their new order; the cursor stays on its own, or goes to what follows.

        Args:
            keys: Of the lines that the cursor may stand on.
            lines: Where each of them stands, ascending.
            count: How many lines there are.
        """
        old = self.cursor_line
        self._keys, self._lines_of_keys, self._line_count = keys, lines, count
        self._places = dict(zip(keys, lines, strict=True))
        if self.cursor_key in self._places:
            return
        successor = self.successor(self.cursor_key)
        if successor in self._places:
            self.cursor_key = successor
        elif keys:
            self.cursor_key = keys[min(bisect_left(lines, old), len(keys) - 1)]

    @property
    def cursor_line(self) -> int:
        """The line under the cursor; the first where it stands nowhere."""
        return self._places.get(self.cursor_key, 0)

    # The cursor.

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.fit_columns()
        self.follow_cursor()
        self.refresh()

    def watch_cursor_key(self, old: str, new: str) -> None:
        """Repaint the two lines and tell."""
        for key in (old, new):
            if key in self._places:
                self.paint_line(self._places[key])
        self.follow_cursor()
        self.post_message(self.Highlighted())

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor looks different without the focus."""
        super().watch_has_focus(_has_focus)
        self.paint_line(self.cursor_line)

    @property
    def _lines_in_view(self) -> int:
        # The heading scrolls with nothing: it covers the first line of the view.
        return max(self.scrollable_content_region.height - 1, 1)

    @property
    def shows_cursor(self) -> bool:
        """Whether the line under the cursor is in view."""
        return 0 <= self.cursor_line - int(self.scroll_y) < self._lines_in_view

    def follow_cursor(self) -> None:
        """Scroll until the cursor is in view."""
        line, top, shown = self.cursor_line, int(self.scroll_y), self._lines_in_view
        first = self.first_shown_with(line)
        if first < top:
            self.scroll_to(y=first, animate=False, immediate=True)
        elif line >= top + shown:
            self.scroll_to(y=line - shown + 1, animate=False, immediate=True)

    def action_move(self, step: int) -> None:
        """Move the cursor by so many lines that have a key."""
        if self._keys:
            at = bisect_left(self._lines_of_keys, self.cursor_line)
            self.cursor_key = self._keys[min(max(at + step, 0), len(self._keys) - 1)]

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(self.scrollable_content_region.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last line that has a key."""
        self.action_move(direction * len(self._keys))

    def action_open(self) -> None:
        """Ask for everything about the line."""
        if self.cursor_key in self._places:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a line; open it at a second click."""
        line = event.y - 1 + int(self.scroll_y)
        at = bisect_left(self._lines_of_keys, line)
        if event.y > 0 and at < len(self._keys) and self._lines_of_keys[at] == line:
            self.cursor_key = self._keys[at]
            if event.chain == 2:
                self.action_open()

    # Drawing.

    def paint_line(self, line: int) -> None:
        """Paint one line anew."""
        y = line + 1 - int(self.scroll_y)
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """The heading stands still; lines scroll below it."""
        width, left = self.scrollable_content_region.width, int(self.scroll_x)
        ground = self.ground
        if y == 0:
            strip = self.heading()
        else:
            line = y - 1 + int(self.scroll_y)
            if line >= self._line_count:
                return Strip.blank(width, ground)
            strip, ground = self.line_strip(line)
        return strip.crop_extend(left, left + width, ground)

    def cursor_ground(self, key: str) -> Style:
        """How the line of this key is painted where nothing stands in it."""
        if key == self.cursor_key:
            return self.ground + self.style_of("cursor" if self.has_focus else "cursor-blurred")
        return self.ground

    def style_of(self, name: str) -> Style:
        """A style of the theme, by the name that follows `table--`."""
        found = self._styles.get(name)
        if found is None:
            found = self.get_component_rich_style(f"table--{name}")
            if not name.startswith("cursor"):
                # Blended with the ground, but without it: lines have a ground of their own.
                found = Style(color=found.color, bold=found.bold, dim=found.dim)
            self._styles[name] = found
        return found


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Text in exactly so many cells, cut with an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - 1, 0)) + "…" if width else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


def fit_middle(text: str, width: int) -> str:
    """Text in exactly so many cells, cut in the middle: both its ends stay."""
    if cell_len(text) <= width or width < 3:
        return fit(text, width)
    tail = text[-(width // 2) :]
    while cell_len(tail) > width // 2:
        tail = tail[1:]
    return fit(text, width - cell_len(tail)) + tail
