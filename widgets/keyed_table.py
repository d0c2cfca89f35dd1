"""A table of rows that are known by a key, drawn by the line."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from widgets.rows.table import Cell, ColumnLook, Tone
from widgets.steady_view import SteadyView

GAP: Final = 2
MARGIN: Final = 2
"""The cells left of a row: the cursor's bar and the mark."""

C = TypeVar("C", bound=StrEnum)
C_co = TypeVar("C_co", bound=StrEnum, covariant=True)


class TableRow(Protocol[C]):
    """What a table draws in one line."""

    @property
    def key(self) -> str:
        """What the row is known by."""
        ...

    @property
    def cells(self) -> Mapping[C, Cell]:
        """What stands in each column."""
        ...


R = TypeVar("R", bound=TableRow[Any])


@dataclass(frozen=True, slots=True)
class Sorting(Generic[C]):
    """By which column rows are sorted, and whether the other way round."""

    column: C
    reverse: bool = False


class KeyedTable(SteadyView, Generic[C, R], can_focus=True):
    """Rows below a heading, with a cursor that stays on its row.

    The cursor and the marks hold row keys, never positions: whatever comes, goes or is sorted
    elsewhere, what is highlighted stays what it was. A row is made when it is drawn.

    Args:
        looks: The columns, in the order of their weight: a narrow table keeps the first ones.
        sorting: By what rows are sorted first.
    """

    BINDING_GROUP_TITLE = "Table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--heading",
        "table--sorted",
        "table--cursor",
        "table--cursor-blurred",
        "table--marked",
        "table--stale",
        *(f"table--{tone.value}" for tone in Tone),
    }
    DEFAULT_CSS = """
    KeyedTable {
        height: 1fr;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    KeyedTable > .table--heading { color: $foreground-muted; }
    KeyedTable > .table--sorted { color: $text-accent; text-style: bold; }
    KeyedTable > .table--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: bold;
    }
    KeyedTable > .table--cursor-blurred { background: $boost; text-style: bold; }
    KeyedTable > .table--marked { text-style: bold; color: $text-accent; }
    KeyedTable > .table--stale { text-style: dim; }
    KeyedTable > .table--plain { color: $foreground; }
    KeyedTable > .table--muted { color: $foreground-muted; }
    KeyedTable > .table--good { color: $text-success; }
    KeyedTable > .table--note { color: $text-primary; }
    KeyedTable > .table--warn { color: $text-warning; }
    KeyedTable > .table--bad { color: $text-error; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="table.down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="table.page-up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="table.page-down"),
        Binding("home,g", "edge(-1)", "First", show=False, id="table.first"),
        Binding("end,G", "edge(1)", "Last", show=False, id="table.last"),
        Binding("left,h", "sideways(-1)", "Left", show=False, id="table.left"),
        Binding("right,l", "sideways(1)", "Right", show=False, id="table.right"),
        Binding(
            "space",
            "mark",
            "Mark",
            key_display="␣",
            id="table.mark",
            tooltip="Mark this row for an action on several",
        ),
        Binding(
            "o",
            "sort(1)",
            "Sort",
            show=False,
            id="table.sort",
            tooltip="Sort by the next column",
        ),
        Binding(
            "O",
            "reverse",
            "Reverse",
            show=False,
            id="table.reverse",
            tooltip="Sort the other way round",
        ),
        Binding("enter", "open", "Open", id="table.open", tooltip="Everything about this row"),
    ]

    cursor_key: var[str] = var("", init=False)
    stale: var[bool] = var(default=False)

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another row."""

    @dataclass
    class Opened(Message):
        """The operator wants to see all of the row under the cursor."""

    @dataclass
    class MarksChanged(Message):
        """Other rows are marked than before."""

    @dataclass
    class SortingChanged(Message):
        """The operator sorts otherwise."""

    def __init__(
        self,
        looks: Mapping[C, ColumnLook],
        sorting: Sorting[C],
        *,
        id: str | None = None,  # noqa: A002  Textual's own name for it
    ) -> None:
        super().__init__(id=id)
        self._looks = looks
        self._name = next(iter(looks))
        """The column that says what a row is of."""
        self._keys: Sequence[str] = ()
        self._places: dict[str, int] = {}
        """Where each key stands."""
        self._drawn: dict[int, R] = {}
        """The rows on the screen, as they were drawn."""
        self._columns: tuple[C, ...] = ()
        self._chosen: tuple[C, ...] | None = None
        self._widths: Mapping[C, int] = {}
        self._sorting = sorting
        self._marked: set[str] = set()

    # What a table of its own says.

    @abstractmethod
    def row_at(self, index: int) -> R:
        """The row in this place; it is asked for whenever one is drawn."""

    @abstractmethod
    def column_widths(self, room: int) -> Mapping[C, int]:
        """How wide each column is where there is this much room, in cells."""

    @abstractmethod
    def line_up(self) -> None:
        """Sort and filter anew; ends with `stand`."""

    def successor(self, _key: str) -> str:
        """The row that the cursor goes to when its own is gone; empty: the one in its place."""
        return ""

    def branch(self, _row: R) -> str:
        """What hangs a row below another one."""
        return ""

    # What is shown.

    @property
    def keys(self) -> Sequence[str]:
        """The rows' keys as they stand, filtered and sorted."""
        return self._keys

    @property
    def columns(self) -> tuple[C, ...]:
        """The columns that are drawn now."""
        return self._columns

    @property
    def sorting(self) -> Sorting[C]:
        """How rows are sorted now."""
        return self._sorting

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        at = self._places.get(self.cursor_key)
        return None if at is None else self.row_at(at)

    def sort_by(self, sorting: Sorting[C]) -> None:
        """Sort by a column."""
        self._sorting = sorting
        self.line_up()
        self.refresh()

    def choose_columns(self, columns: tuple[C, ...] | None) -> None:
        """Show these columns, whatever the width; None: as many as fit."""
        self._chosen = columns
        self._lay_out()
        self.refresh()

    def clear_marks(self) -> None:
        """Mark nothing."""
        if self._marked:
            self._marked.clear()
            self.refresh()
            self.post_message(self.MarksChanged())

    # Arranging.

    def stand(self, keys: Sequence[str], *, vanished: bool) -> None:
        """Show these rows in this order; only lines that differ are painted.

        Args:
            keys: The rows' keys.
            vanished: No row is left at all, filtered or not: the cursor forgets its own.
        """
        before, old_position = len(self._keys), self._position()
        self._keys = keys
        self._places = {key: at for at, key in enumerate(keys)}
        self._keep_cursor(old_position, vanished=vanished)
        widths, columns = self._widths, self._columns
        self._lay_out()
        if before != len(keys) or (widths, columns) != (self._widths, self._columns):
            self.refresh()
            return
        for index, old in list(self._drawn.items()):
            if index >= len(keys) or self.row_at(index) != old:
                self._refresh_row(index)

    def _keep_cursor(self, old_position: int, *, vanished: bool) -> None:
        if self.cursor_key in self._places:
            return
        successor = self.successor(self.cursor_key)
        if successor in self._places:
            self.cursor_key = successor
        elif self._keys:
            self.cursor_key = self._keys[min(old_position, len(self._keys) - 1)]
        elif vanished:
            self.cursor_key = ""

    def _position(self) -> int:
        return self._places.get(self.cursor_key, 0)

    def _lay_out(self) -> None:
        room = self.scrollable_content_region.width - MARGIN
        widths = self.column_widths(room)
        self._columns = self._chosen or _fitting(self._looks, widths, room)
        self._widths = {column: widths[column] for column in self._columns}
        total = MARGIN + sum(self._widths.values()) + GAP * (len(self._columns) - 1)
        self.resize_content(Size(total, len(self._keys) + 1))

    # Events and actions.

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._lay_out()
        self._follow_cursor()
        self.refresh()

    def watch_cursor_key(self, old: str, new: str) -> None:
        """Repaint the two rows and tell."""
        for key in (old, new):
            if key in self._places:
                self._refresh_row(self._places[key])
        self._follow_cursor()
        self.post_message(self.Highlighted())

    def watch_stale(self) -> None:
        """Dim what may no longer be so."""
        self.refresh()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor looks different without the focus."""
        super().watch_has_focus(_has_focus)
        self._refresh_row(self._position())

    def _follow_cursor(self) -> None:
        position, top = self._position(), int(self.scroll_y)
        # The heading scrolls with nothing: it covers the first line of the view.
        shown = max(self.scrollable_content_region.height - 1, 1)
        if position < top:
            self.scroll_to(y=position, animate=False, immediate=True)
        elif position >= top + shown:
            self.scroll_to(y=position - shown + 1, animate=False, immediate=True)

    def action_move(self, step: int) -> None:
        """Move the cursor by rows."""
        if self._keys:
            target = min(max(self._position() + step, 0), len(self._keys) - 1)
            self.cursor_key = self._keys[target]

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(self.scrollable_content_region.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self.action_move(direction * len(self._keys))

    def action_sideways(self, direction: int) -> None:
        """Scroll columns into view."""
        self.scroll_to(x=self.scroll_x + direction * 12, animate=False, immediate=True)

    def action_mark(self) -> None:
        """Mark or unmark the row and go on to the next."""
        if self.cursor_key not in self._places:
            return
        self._marked ^= {self.cursor_key}
        self._refresh_row(self._position())
        self.action_move(1)
        self.post_message(self.MarksChanged())

    def action_sort(self, step: int) -> None:
        """Sort by the next column that is shown."""
        columns = self._columns or tuple(self._looks)
        at = columns.index(self._sorting.column) if self._sorting.column in columns else -1
        self.sort_by(Sorting(columns[(at + step) % len(columns)]))
        self.post_message(self.SortingChanged())

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.sort_by(Sorting(self._sorting.column, not self._sorting.reverse))
        self.post_message(self.SortingChanged())

    def action_open(self) -> None:
        """Ask for everything about the row."""
        if self.cursor_key in self._places:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row, or sort by a heading."""
        line = event.y
        if line == 0:
            column = self._column_at(event.x + int(self.scroll_x))
            if column is not None:
                reverse = self._sorting.column is column and not self._sorting.reverse
                self.sort_by(Sorting(column, reverse))
                self.post_message(self.SortingChanged())
            return
        index = line - 1 + int(self.scroll_y)
        if 0 <= index < len(self._keys):
            self.cursor_key = self._keys[index]
            if event.chain == 2:
                self.action_open()

    def _column_at(self, x: int) -> C | None:
        left = MARGIN
        for column in self._columns:
            if left <= x < left + self._widths[column] + GAP:
                return column
            left += self._widths[column] + GAP
        return None

    # Drawing.

    def _refresh_row(self, index: int) -> None:
        y = index + 1 - int(self.scroll_y)
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """The heading stands still; rows scroll below it."""
        width = self.scrollable_content_region.width
        if y == 0:
            self._forget_what_left()
            strip, ground = self._heading(), self.ground
        else:
            index = y - 1 + int(self.scroll_y)
            if index >= len(self._keys):
                return Strip.blank(width, self.ground)
            row = self._drawn[index] = self.row_at(index)
            ground = self._line_style(row.key)
            strip = self._row_strip(row, ground)
        left = int(self.scroll_x)
        return strip.crop_extend(left, left + width, ground)

    def _forget_what_left(self) -> None:
        top = int(self.scroll_y)
        shown = range(top, top + self.size.height)
        for index in [item for item in self._drawn if item not in shown]:
            del self._drawn[index]

    def _heading(self) -> Strip:
        base = self.ground
        heading, chosen = base + self._style("heading"), base + self._style("sorted")
        segments = [Segment(" " * MARGIN, base)]
        for column in self._columns:
            look = self._looks[column]
            is_sorted = column is self._sorting.column
            arrow = ("↓" if self._sorting.reverse else "↑") if is_sorted else ""
            text = _fit(f"{look.title}{arrow}", self._widths[column], right=look.right)
            segments += [Segment(text, chosen if is_sorted else heading), Segment(" " * GAP, base)]
        return Strip(segments)

    def _line_style(self, key: str) -> Style:
        base = self.ground
        if key == self.cursor_key:
            return base + self._style("cursor" if self.has_focus else "cursor-blurred")
        return base

    def _row_strip(self, row: R, line: Style) -> Strip:
        at_cursor = row.key == self.cursor_key
        marked = row.key in self._marked
        lead = ("▌" if at_cursor else " ") + ("*" if marked else " ")
        segments = [Segment(lead, line + self._style("marked") if marked else line)]
        for column in self._columns:
            cell = row.cells[column]
            text = f"{self.branch(row)}{cell.text}" if column is self._name else cell.text
            fitted = _fit(text, self._widths[column], right=self._looks[column].right)
            segments += [
                Segment(fitted, self._cell_style(cell, line, solid=at_cursor and self.has_focus)),
                Segment(" " * GAP, line),
            ]
        return Strip(segments)

    def _cell_style(self, cell: Cell, line: Style, *, solid: bool) -> Style:
        style = line if solid else line + self._style(cell.tone.value)
        return style + self._style("stale") if self.stale else style

    def _style(self, name: str) -> Style:
        found = self._styles.get(name)
        if found is None:
            found = self.get_component_rich_style(f"table--{name}")
            if not name.startswith("cursor"):
                # Blended with the ground, but without it: rows have a ground of their own.
                found = Style(color=found.color, bold=found.bold, dim=found.dim)
            self._styles[name] = found
        return found


def _fitting(looks: Mapping[C, ColumnLook], widths: Mapping[C, int], room: int) -> tuple[C, ...]:
    """The first columns, by weight, that fit side by side."""
    chosen: list[C] = []
    for column in looks:
        needed = widths[column] + (GAP if chosen else 0)
        if needed > room and chosen:
            continue
        chosen.append(column)
        room -= needed
    return tuple(chosen)


def _fit(text: str, width: int, *, right: bool) -> str:
    """Text in exactly so many cells, cut with an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - length)
    return padding + text if right else text + padding
