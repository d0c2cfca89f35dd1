"""A table of rows that are known by a key, drawn by the line."""

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

from widgets.rows.table import Cell, ColumnLook
from widgets.tables.cursor_table import CursorTable, fit

GAP: Final = 2
MARGIN: Final = 2
"""The cells left of a row: the cursor's bar and the mark."""

C = TypeVar("C", bound=StrEnum)


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


class KeyedTable(CursorTable, Generic[C, R]):
    """Rows of cells in columns, sorted by one of them, some of them marked.

    The marks hold row keys, as the cursor does. A row is made when it is drawn.

    Args:
        looks: The columns, in the order of their weight: a narrow table keeps the first ones.
        sorting: By what rows are sorted first.
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
        """Other rows are marked than before."""

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
        self._subject = next(iter(looks))
        """The column that says what a row is of."""
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

    def subject(self, row: R, width: int) -> str:
        """What a row is of, in exactly so many cells."""
        return fit(row.cells[self._subject].text, width)

    # What is shown.

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
        self.follow_cursor()
        self.refresh()

    def choose_columns(self, columns: tuple[C, ...] | None) -> None:
        """Show these columns, whatever the width; None: as many as fit."""
        self._chosen = columns
        self.fit_columns()
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
        before, in_view = len(self._keys), self.shows_cursor
        self.take_keys(keys, range(len(keys)), len(keys))
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
                self.paint_line(index)

    def fit_columns(self) -> None:
        """Show the columns that were chosen, or as many as fit."""
        room = self.scrollable_content_region.width - MARGIN
        widths = self.column_widths(room)
        self._columns = self._chosen or _fitting(self._looks, widths, room)
        self._widths = {column: widths[column] for column in self._columns}
        total = MARGIN + sum(self._widths.values()) + GAP * (len(self._columns) - 1)
        self.resize_content(Size(total, len(self._keys) + 1))

    # Events and actions.

    def watch_stale(self) -> None:
        """Dim what may no longer be so."""
        self.refresh()

    def action_sideways(self, direction: int) -> None:
        """Scroll columns into view."""
        self.scroll_to(x=self.scroll_x + direction * 12, animate=False, immediate=True)

    def action_mark(self) -> None:
        """Mark or unmark the row and go on to the next."""
        if self.cursor_key not in self._places:
            return
        self._marked ^= {self.cursor_key}
        self.paint_line(self.cursor_line)
        self.action_move(1)
        self.post_message(self.MarksChanged())

    def action_sort(self, step: int) -> None:
        """Sort by the next column that is shown."""
        columns = self._columns or tuple(self._looks)
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
        """A row as it is now."""
        row = self._drawn[line] = self.row_at(line)
        ground = self.cursor_ground(row.key)
        return self._row_strip(row, ground), ground

    def _forget_what_left(self) -> None:
        top = int(self.scroll_y)
        shown = range(top, top + self.size.height)
        for index in [item for item in self._drawn if item not in shown]:
            del self._drawn[index]

    def heading(self) -> Strip:
        """The titles, with an arrow at the one by which rows are sorted."""
        self._forget_what_left()
        base = self.ground
        heading, chosen = base + self.style_of("heading"), base + self.style_of("sorted")
        segments = [Segment(" " * MARGIN, base)]
        for column in self._columns:
            look = self._looks[column]
            is_sorted = column is self._sorting.column
            arrow = ("↓" if self._sorting.reverse else "↑") if is_sorted else ""
            style = chosen if is_sorted else heading
            if look.right:
                # In the gap: a title that stays above its numbers has no room for it.
                text, gap = fit(look.title, self._widths[column], right=True), fit(arrow, GAP)
            else:
                text, gap = fit(f"{look.title}{arrow}", self._widths[column]), " " * GAP
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
                fitted = fit(cell.text, width, right=self._looks[column].right)
            segments += [
                Segment(fitted, self._cell_style(cell, line, solid=at_cursor and self.has_focus)),
                Segment(" " * GAP, line),
            ]
        return Strip(segments)

    def _cell_style(self, cell: Cell, line: Style, *, solid: bool) -> Style:
        style = line if solid else line + self.style_of(cell.tone.value)
        return style + self.style_of("stale") if self.stale else style


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
