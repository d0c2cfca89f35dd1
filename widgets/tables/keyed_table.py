"""The base class of tables with columns, sorting and marks."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from widgets.rows.table import Cell, ColumnFormat
from widgets.tables.cursor_table import CursorTable, fit

GAP: Final = 2
MARGIN: Final = 2
"""Cells left of a row: the cursor and the mark."""

C = TypeVar("C", bound=StrEnum)


class TableRow(Protocol[C]):
    """A row of a table."""

    @property
    def key(self) -> str:
        """The key of the row."""
        ...

    @property
    def cells(self) -> Mapping[C, Cell]:
        """The cell of each column."""
        ...


R = TypeVar("R", bound=TableRow[Any])


@dataclass(frozen=True, slots=True)
class Sorting(Generic[C]):
    """The column by which rows are sorted, and whether the order is reversed."""

    column: C
    reverse: bool = False


class KeyedTable(CursorTable, Generic[C, R]):
    """Rows with cells in columns, sorted by a column; rows can be marked.

    The marks hold row keys, as the cursor does. A row is made when it is drawn.

    Args:
        formats: The columns by priority: a narrow table shows the first ones.
        sorting: The initial sort order.
    """

    BINDING_GROUP_TITLE = "Sorted table"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--sorted", "table--marked", "table--stale"}
    DEFAULT_CSS = """
    KeyedTable > .table--sorted { color: $text-accent; text-style: bold; }
    KeyedTable > .table--marked { text-style: bold; color: $text-accent; }
    KeyedTable > .table--stale { text-style: dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "sideways(-1)", "Left", show=False, id="table.left"),
        Binding("right,l", "sideways(1)", "Right", show=False, id="table.right"),
        Binding(
            "space",
            "mark",
            "Mark",
            key_display="␣",
            id="table.mark",
            tooltip="Mark this row for an action on several rows",
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
            tooltip="Reverse the sort order",
        ),
        Binding("enter", "open", "Open", id="table.open", tooltip="All details of this row"),
    ]

    stale: var[bool] = var(default=False)

    class MarksChanged(Message):
        """The marks have changed."""

    class SortingChanged(Message):
        """The sort order has changed."""

    def __init__(
        self,
        formats: Mapping[C, ColumnFormat],
        sorting: Sorting[C],
        *,
        id: str | None = None,  # noqa: A002  Textual's own name for it
    ) -> None:
        super().__init__(id=id)
        self._formats = formats
        self._subject = next(iter(formats))
        """The column with the name of a row."""
        self._drawn: dict[int, R] = {}
        """The rows on the screen as they were drawn, by index."""
        self._columns: tuple[C, ...] = ()
        self._chosen: tuple[C, ...] | None = None
        self._widths: Mapping[C, int] = {}
        self._sorting = sorting
        self._marked: set[str] = set()

    # For subclasses.

    @abstractmethod
    def row_at(self, index: int) -> R:
        """The row at an index; called whenever one is drawn."""

    @abstractmethod
    def column_widths(self, room: int) -> Mapping[C, int]:
        """The width of each column in a table of a width, in cells."""

    @abstractmethod
    def rearrange(self) -> None:
        """Sort and filter the rows, and call `set_rows`."""

    def subject(self, row: R, width: int) -> str:
        """The name of a row, padded or cut to a width."""
        return fit(row.cells[self._subject].text, width)

    # State.

    @property
    def columns(self) -> tuple[C, ...]:
        """The columns that are shown."""
        return self._columns

    @property
    def sorting(self) -> Sorting[C]:
        """The sort order."""
        return self._sorting

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        at = self._line_by_key.get(self.cursor_key)
        return None if at is None else self.row_at(at)

    def sort_by(self, sorting: Sorting[C]) -> None:
        """Sort by a column."""
        self._sorting = sorting
        self.rearrange()
        self.follow_cursor()
        self.refresh()

    def choose_columns(self, columns: tuple[C, ...] | None) -> None:
        """Show these columns, whatever the width; None shows as many as fit."""
        self._chosen = columns
        self.fit_columns()
        self.refresh()

    def clear_marks(self) -> None:
        """Remove all marks."""
        if self._marked:
            self._marked.clear()
            self.refresh()
            self.post_message(self.MarksChanged())

    # Rows.

    def set_rows(self, keys: Sequence[str], *, vanished: bool) -> None:
        """Show these rows in this order; only changed lines are repainted.

        Args:
            keys: The keys of the rows.
            vanished: Whether no row is left even without the filter: the cursor is reset.
        """
        before, in_view = len(self._keys), self.shows_cursor
        self.set_keys(keys, range(len(keys)), len(keys))
        if vanished and not keys:
            self.cursor_key = ""
        widths, columns = self._widths, self._columns
        self.fit_columns()
        if in_view:
            self.follow_cursor()
        if before != len(keys) or (widths, columns) != (self._widths, self._columns):
            self.refresh()
            return
        for index, old in list(self._drawn.items()):
            if index >= len(keys) or self.row_at(index) != old:
                self.repaint_line(index)

    def fit_columns(self) -> None:
        """Show the chosen columns, or as many as fit."""
        room = self.scrollable_content_region.width - MARGIN
        widths = self.column_widths(room)
        self._columns = self._chosen or _fitting(self._formats, widths, room)
        self._widths = {column: widths[column] for column in self._columns}
        total = MARGIN + sum(self._widths.values()) + GAP * (len(self._columns) - 1)
        self.resize_content(Size(total, len(self._keys) + 1))

    # Events and actions.

    def watch_stale(self) -> None:
        """Repaint: old data is dimmed."""
        self.refresh()

    def action_sideways(self, direction: int) -> None:
        """Scroll columns into view."""
        self.scroll_to(x=self.scroll_x + direction * 12, animate=False, immediate=True)

    def action_mark(self) -> None:
        """Toggle the mark of the row, and move to the next."""
        if self.cursor_key not in self._line_by_key:
            return
        self._marked ^= {self.cursor_key}
        self.repaint_line(self.cursor_line)
        self.action_move(1)
        self.post_message(self.MarksChanged())

    def action_sort(self, step: int) -> None:
        """Sort by the next column that is shown."""
        columns = self._columns or tuple(self._formats)
        at = columns.index(self._sorting.column) if self._sorting.column in columns else -1
        self.sort_by(Sorting(columns[(at + step) % len(columns)]))
        self.post_message(self.SortingChanged())

    def action_reverse(self) -> None:
        """Reverse the sort order."""
        self.sort_by(Sorting(self._sorting.column, not self._sorting.reverse))
        self.post_message(self.SortingChanged())

    def on_click(self, event: events.Click) -> None:
        """Sort by a heading."""
        column = self._column_at(event.x + int(self.scroll_x)) if event.y == 0 else None
        if column is not None:
            reverse = self._sorting.column is column and not self._sorting.reverse
            self.sort_by(Sorting(column, reverse))
            self.post_message(self.SortingChanged())

    def _column_at(self, x: int) -> C | None:
        left = MARGIN
        for column in self._columns:
            if left <= x < left + self._widths[column] + GAP:
                return column
            left += self._widths[column] + GAP
        return None

    # Drawing.

    def line_strip(self, line: int) -> tuple[Strip, Style]:
        """The line of a row."""
        row = self._drawn[line] = self.row_at(line)
        ground = self.cursor_ground(row.key)
        return self._row_strip(row, ground), ground

    def _drop_hidden_rows(self) -> None:
        top = int(self.scroll_y)
        shown = range(top, top + self.size.height)
        for index in [item for item in self._drawn if item not in shown]:
            del self._drawn[index]

    def heading(self) -> Strip:
        """The titles of the columns, with an arrow at the sorted one."""
        self._drop_hidden_rows()
        base = self.ground
        heading, chosen = base + self.style_of("heading"), base + self.style_of("sorted")
        segments = [Segment(" " * MARGIN, base)]
        for column in self._columns:
            fmt = self._formats[column]
            is_sorted = column is self._sorting.column
            arrow = ("↓" if self._sorting.reverse else "↑") if is_sorted else ""
            style = chosen if is_sorted else heading
            if fmt.right:
                # The arrow is in the gap: a title above numbers has no room for it.
                text, gap = fit(fmt.title, self._widths[column], right=True), fit(arrow, GAP)
            else:
                text, gap = fit(f"{fmt.title}{arrow}", self._widths[column]), " " * GAP
            segments += [Segment(text, style), Segment(gap, style)]
        return Strip(segments)

    def _row_strip(self, row: R, line: Style) -> Strip:
        at_cursor = row.key == self.cursor_key
        marked = row.key in self._marked
        lead = ("▌" if at_cursor else " ") + ("*" if marked else " ")
        segments = [Segment(lead, line + self.style_of("marked") if marked else line)]
        for column in self._columns:
            cell = row.cells[column]
            width = self._widths[column]
            if column is self._subject:
                fitted = self.subject(row, width)
            else:
                fitted = fit(cell.text, width, right=self._formats[column].right)
            segments += [
                Segment(fitted, self._cell_style(cell, line, solid=at_cursor and self.has_focus)),
                Segment(" " * GAP, line),
            ]
        return Strip(segments)

    def _cell_style(self, cell: Cell, line: Style, *, solid: bool) -> Style:
        style = line if solid else line + self.style_of(cell.tone.value)
        return style + self.style_of("stale") if self.stale else style


def _fitting(
    formats: Mapping[C, ColumnFormat], widths: Mapping[C, int], room: int
) -> tuple[C, ...]:
    """The first columns by priority that fit side by side."""
    chosen: list[C] = []
    for column in formats:
        needed = widths[column] + (GAP if chosen else 0)
        if needed > room and chosen:
            continue
        chosen.append(column)
        room -= needed
    return tuple(chosen)
