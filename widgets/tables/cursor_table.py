"""The base class of tables: lines below a fixed heading, with a cursor on a key."""

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

from widgets.lines.line_view import LineView
from widgets.rows.table import Tone


class CursorTable(LineView, can_focus=True):
    """Lines below a fixed heading, with a cursor that stays on its key.

    The cursor is only on lines that have a key. It keeps the key and not the position: the same
    line stays highlighted when lines are added, removed or sorted.
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
        """The cursor is on another line."""

    class Opened(Message):
        """The line under the cursor was opened with Enter or a double click."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._keys: Sequence[str] = ()
        """The keys of the lines, in order."""
        self._lines_of_keys: Sequence[int] = ()
        self._line_by_key: dict[str, int] = {}
        """The line of each key."""
        self._line_count = 0

    # For subclasses.

    @abstractmethod
    def heading(self) -> Strip:
        """The fixed line above the others."""

    @abstractmethod
    def line_strip(self, line: int) -> tuple[Strip, Style]:
        """One line, and the style of the cells right of it."""

    @abstractmethod
    def fit_columns(self) -> None:
        """Fit the columns to the width, and the content to the lines."""

    def successor(self, _key: str) -> str:
        """The key for the cursor if its own is removed; empty for the one at its position."""
        return ""

    def first_visible_with(self, line: int) -> int:
        """The first line that must be visible together with this one."""
        return line

    # Keys.

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the lines, in order."""
        return self._keys

    def set_keys(self, keys: Sequence[str], lines: Sequence[int], count: int) -> None:
        """Set the keys in their new order; the cursor stays on its key, or goes to the next.

        Args:
            keys: The keys, in order.
            lines: The line of each key, ascending.
            count: The number of lines, with those that have no key.
        """
        old = self.cursor_line
        self._keys, self._lines_of_keys, self._line_count = keys, lines, count
        self._line_by_key = dict(zip(keys, lines, strict=True))
        if self.cursor_key in self._line_by_key:
            return
        successor = self.successor(self.cursor_key)
        if successor in self._line_by_key:
            self.cursor_key = successor
        elif keys:
            self.cursor_key = keys[min(bisect_left(lines, old), len(keys) - 1)]

    @property
    def cursor_line(self) -> int:
        """The line under the cursor; 0 if it is on none."""
        return self._line_by_key.get(self.cursor_key, 0)

    # The cursor.

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.fit_columns()
        self.follow_cursor()
        self.refresh()

    def watch_cursor_key(self, old: str, new: str) -> None:
        """Repaint both lines, and post `Highlighted`."""
        for key in (old, new):
            if key in self._line_by_key:
                self.repaint_line(self._line_by_key[key])
        self.follow_cursor()
        self.post_message(self.Highlighted())

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor formats different without the focus."""
        super().watch_has_focus(_has_focus)
        self.repaint_line(self.cursor_line)

    @property
    def _lines_in_view(self) -> int:
        # The fixed heading covers the first line of the view.
        return max(self.scrollable_content_region.height - 1, 1)

    @property
    def shows_cursor(self) -> bool:
        """Whether the line under the cursor is visible."""
        return 0 <= self.cursor_line - int(self.scroll_y) < self._lines_in_view

    def follow_cursor(self) -> None:
        """Scroll so that the cursor is visible."""
        line, top, shown = self.cursor_line, int(self.scroll_y), self._lines_in_view
        first = self.first_visible_with(line)
        if first < top:
            self.scroll_to(y=first, animate=False, immediate=True)
        elif line >= top + shown:
            self.scroll_to(y=line - shown + 1, animate=False, immediate=True)

    def action_move(self, step: int) -> None:
        """Move the cursor by a number of keys."""
        if self._keys:
            at = bisect_left(self._lines_of_keys, self.cursor_line)
            self.cursor_key = self._keys[min(max(at + step, 0), len(self._keys) - 1)]

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(self.scrollable_content_region.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last key."""
        self.action_move(direction * len(self._keys))

    def action_open(self) -> None:
        """Post `Opened` for the line under the cursor."""
        if self.cursor_key in self._line_by_key:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to a line; open it with a double click."""
        line = event.y - 1 + int(self.scroll_y)
        at = bisect_left(self._lines_of_keys, line)
        if event.y > 0 and at < len(self._keys) and self._lines_of_keys[at] == line:
            self.cursor_key = self._keys[at]
            if event.chain == 2:
                self.action_open()

    # Drawing.

    def repaint_line(self, line: int) -> None:
        """Repaint one line."""
        y = line + 1 - int(self.scroll_y)
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """A row of the screen: the fixed heading, or a line below it."""
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
        """The background style of the line with this key."""
        if key == self.cursor_key:
            return self.ground + self.style_of("cursor" if self.has_focus else "cursor-blurred")
        return self.ground

    def style_of(self, name: str) -> Style:
        """A style of the theme, by its name without `table--`."""
        found = self._styles.get(name)
        if found is None:
            found = self.get_component_rich_style(f"table--{name}")
            if not name.startswith("cursor"):
                # Without the background: each line has its own.
                found = Style(color=found.color, bold=found.bold, dim=found.dim)
            self._styles[name] = found
        return found


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Pad or cut a text to a number of cells, with an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - 1, 0)) + "…" if width else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


def fit_middle(text: str, width: int) -> str:
    """Pad or cut a text to a number of cells; it is cut in the middle."""
    if cell_len(text) <= width or width < 3:
        return fit(text, width)
    tail = text[-(width // 2) :]
    while cell_len(tail) > width // 2:
        tail = tail[1:]
    return fit(text, width - cell_len(tail)) + tail
