"""The table of an environment's keys, below the names of their sections, drawn by the line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from widgets.rows.environment_row import Heading, KeyLine, TableLine, cells
from widgets.rows.table import Tone
from widgets.steady_view import SteadyView

LEAD: Final = 3
"""The cursor's bar, the mark of the findings, and a gap."""
GAP: Final = 1
STATE: Final = 13
KEYS: Final = (16, 34)
"""The least and the most cells of the column of keys."""
READERS: Final = (10, 26)


class EnvironmentTable(SteadyView, can_focus=True):
    """One line a key. The cursor stays on its key, whatever is edited around it."""

    BINDING_GROUP_TITLE = "Keys of the file"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--heading",
        "table--section",
        "table--cursor",
        "table--cursor-blurred",
        *(f"table--{tone.value}" for tone in Tone),
    }
    DEFAULT_CSS = """
    EnvironmentTable {
        height: 1fr; overflow-y: scroll; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    EnvironmentTable > .table--heading { color: $foreground-muted; }
    EnvironmentTable > .table--section { color: $text-accent; text-style: bold; }
    EnvironmentTable > .table--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: bold;
    }
    EnvironmentTable > .table--cursor-blurred { background: $boost; text-style: bold; }
    EnvironmentTable > .table--plain { color: $foreground; }
    EnvironmentTable > .table--muted { color: $foreground-muted; }
    EnvironmentTable > .table--good { color: $text-success; }
    EnvironmentTable > .table--note { color: $text-primary; }
    EnvironmentTable > .table--warn { color: $text-warning; }
    EnvironmentTable > .table--bad { color: $text-error; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="environment.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="environment.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="environment.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="environment.page_down"),
        Binding("home,g", "edge(-1)", "First", show=False, id="environment.first"),
        Binding("end,G", "edge(1)", "Last", show=False, id="environment.last"),
    ]

    cursor: var[str] = var("", init=False)
    """The name of the line under the cursor."""

    class Highlighted(Message):
        """The cursor stands on another key."""

    @dataclass
    class Opened(Message):
        """A key was clicked twice."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[TableLine] = ()
        self._places: dict[str, int] = {}
        self._longest = 0
        self._revealed = ""

    # What is shown.

    @property
    def lines(self) -> Sequence[TableLine]:
        """The lines as they stand."""
        return self._lines

    @property
    def current(self) -> KeyLine | None:
        """The line under the cursor."""
        at = self._places.get(self.cursor)
        line = self._lines[at] if at is not None else None
        return line if isinstance(line, KeyLine) else None

    def show(self, lines: Sequence[TableLine]) -> None:
        """Take new lines."""
        old = self._places.get(self.cursor, 0)
        self._lines = lines
        self._places = {line.name: at for at, line in enumerate(lines) if isinstance(line, KeyLine)}
        keys = (cell_len(line.row.key) for line in lines if isinstance(line, KeyLine))
        self._longest = max(keys, default=0) + 1  # with the star of a required one
        self.resize_content(Size(self.scrollable_content_region.width, len(lines) + 1))
        if self.cursor not in self._places:
            self.cursor = self._nearest(old)
        self._follow_cursor()
        self.refresh()

    def reveal(self, name: str) -> None:
        """Show this key's value as it is; no key's where the name is empty."""
        if name != self._revealed:
            self._revealed = name
            self.refresh()

    def go_to_problem(self) -> bool:
        """Put the cursor on the next key about which something is to be done."""
        at = self._places.get(self.cursor, -1)
        behind = [*self._lines[at + 1 :], *self._lines[: at + 1]]
        found = next((x for x in behind if isinstance(x, KeyLine) and x.problem), None)
        if found is not None:
            self.cursor = found.name
        return found is not None

    def _nearest(self, position: int) -> str:
        after = [*self._lines[position:], *reversed(self._lines[:position])]
        return next((line.name for line in after if isinstance(line, KeyLine)), "")

    # The cursor.

    def watch_cursor(self, old: str, new: str) -> None:
        """Repaint the two lines and tell."""
        for name in (old, new):
            at = self._places.get(name)
            if at is not None:
                self._refresh_line(at)
        self._follow_cursor()
        self.post_message(self.Highlighted())

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor looks different without the focus."""
        super().watch_has_focus(_has_focus)
        self._refresh_line(self._places.get(self.cursor, 0))

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.resize_content(Size(self.scrollable_content_region.width, len(self._lines) + 1))
        self._follow_cursor()
        self.refresh()

    def _follow_cursor(self) -> None:
        position, top = self._places.get(self.cursor, 0), int(self.scroll_y)
        shown = max(self.scrollable_content_region.height - 1, 1)  # the heading stands still
        above = position > 0 and isinstance(self._lines[position - 1], Heading)
        first = position - above
        if first < top:
            self.scroll_to(y=first, animate=False, immediate=True)
        elif position >= top + shown:
            self.scroll_to(y=position - shown + 1, animate=False, immediate=True)

    def action_move(self, step: int) -> None:
        """Move the cursor by keys."""
        keys = list(self._places)
        if keys:
            at = keys.index(self.cursor) if self.cursor in self._places else 0
            self.cursor = keys[min(max(at + step, 0), len(keys) - 1)]

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(self.scrollable_content_region.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last key."""
        self.action_move(direction * len(self._lines))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a key; open it at a second click."""
        at = event.y - 1 + int(self.scroll_y)
        line = self._lines[at] if event.y > 0 and at < len(self._lines) else None
        if isinstance(line, KeyLine):
            self.cursor = line.name
            if event.chain == 2:
                self.post_message(self.Opened(line.name))

    # Drawing.

    def _refresh_line(self, at: int) -> None:
        y = at + 1 - int(self.scroll_y)
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _widths(self, width: int) -> tuple[int, int, int, int]:
        """Of state, key, value and readers."""
        room = width - LEAD - STATE - 3 * GAP
        key = min(max(self._longest, KEYS[0]), KEYS[1], room * 2 // 5)
        reading = min(max(READERS[0], room // 5), READERS[1])
        return STATE, key, max(room - key - reading, 1), reading

    def render_line(self, y: int) -> Strip:
        """The heading stands still; the keys scroll below it."""
        width = self.scrollable_content_region.width
        at = y - 1 + int(self.scroll_y)
        base = self.ground
        if y == 0:
            titles = ("STATE", "KEY", "VALUE", "READ BY")
            text = " " * LEAD + " ".join(map(_fit, titles, self._widths(width)))
            strip = Strip([Segment(text, base + self._style("heading"))])
        elif at < len(self._lines):
            line = self._lines[at]
            if isinstance(line, Heading):
                strip = Strip([Segment(f"  {line.words}", base + self._style("section"))])
            else:
                strip, base = self._key_strip(line, width)
        else:
            return Strip.blank(width, base)
        return strip.crop_extend(0, width, base)

    def _key_strip(self, line: KeyLine, width: int) -> tuple[Strip, Style]:
        at_cursor = line.name == self.cursor
        ground = self.ground
        if at_cursor:
            ground += self._style("cursor" if self.has_focus else "cursor-blurred")
        solid = at_cursor and self.has_focus
        mark, *others = cells(line.row, revealed=line.name == self._revealed)
        segments = [
            Segment("▌" if at_cursor else " ", ground),
            Segment(f"{mark.text} ", ground if solid else ground + self._style(mark.tone.value)),
        ]
        for at, (cell, cells_wide) in enumerate(zip(others, self._widths(width), strict=True)):
            style = ground if solid else ground + self._style(cell.tone.value)
            if at:
                segments.append(Segment(" " * GAP, ground))
            segments.append(Segment(_fit(cell.text, cells_wide), style))
        return Strip(segments), ground

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            found = self.get_component_rich_style(f"table--{name}")
            if not name.startswith("cursor"):
                # Blended with the ground, but without it: lines have a ground of their own.
                found = Style(color=found.color, bold=found.bold, dim=found.dim)
            self._styles[name] = found
        return found


def _fit(text: str, width: int) -> str:
    """Text in exactly so many cells, cut with an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(width - 1, 0)) + "…" if width else ""
    return text + " " * (width - length)
