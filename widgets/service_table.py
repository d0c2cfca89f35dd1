"""The service table: rows keyed by service, drawn by the line."""

from collections.abc import Mapping, Sequence
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

from pixel_tui.text import SafeText
from widgets.rows.service_row import LOOKS, Cell, Column, Row, Tone
from widgets.steady_view import SteadyView

GAP: Final = 2
MARGIN: Final = 2
"""The cells left of a row: the cursor's bar and the mark."""
WIDEST_SERVICE: Final = 32

Groups = Sequence[tuple[Row, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column rows are sorted, and whether the other way round."""

    column: Column = Column.SERVICE
    reverse: bool = False


class ServiceTable(SteadyView, can_focus=True):
    """One row a service, with a cursor that stays on its service.

    The cursor and the marks hold row keys, never positions: whatever comes, goes or
    is sorted elsewhere, what is highlighted stays what it was.
    """

    BINDING_GROUP_TITLE = "Service table"
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
    ServiceTable {
        height: 1fr;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    ServiceTable > .table--heading { color: $foreground-muted; }
    ServiceTable > .table--sorted { color: $text-accent; text-style: bold; }
    ServiceTable > .table--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
        text-style: bold;
    }
    ServiceTable > .table--cursor-blurred { background: $boost; text-style: bold; }
    ServiceTable > .table--marked { text-style: bold; color: $text-accent; }
    ServiceTable > .table--stale { text-style: dim; }
    ServiceTable > .table--plain { color: $foreground; }
    ServiceTable > .table--muted { color: $foreground-muted; }
    ServiceTable > .table--good { color: $text-success; }
    ServiceTable > .table--note { color: $text-primary; }
    ServiceTable > .table--warn { color: $text-warning; }
    ServiceTable > .table--bad { color: $text-error; text-style: bold; }
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
            tooltip="Mark this service for an action on several",
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
        Binding("enter", "open", "Open", id="table.open", tooltip="Everything about this service"),
    ]

    cursor_key: var[str] = var("", init=False)
    stale: var[bool] = var(default=False)

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another row."""

        row: Row | None

    @dataclass
    class Opened(Message):
        """The operator wants to see all of a row."""

        row: Row

    @dataclass
    class MarksChanged(Message):
        """Other rows are marked than before."""

        marks: tuple[Row, ...]

    @dataclass
    class SortingChanged(Message):
        """The operator sorts otherwise."""

        sorting: Sorting

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._groups: Groups = ()
        self._rows: list[Row] = []
        self._columns: tuple[Column, ...] = ()
        self._chosen: tuple[Column, ...] | None = None
        self._widths: Mapping[Column, int] = {}
        self._sorting = Sorting()
        self._filter = ""
        self._marked: set[str] = set()

    # What is shown.

    @property
    def rows(self) -> Sequence[Row]:
        """The rows as they stand, filtered and sorted."""
        return self._rows

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are drawn now."""
        return self._columns

    @property
    def sorting(self) -> Sorting:
        """How rows are sorted now."""
        return self._sorting

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return next((row for row in self._rows if row.key == self.cursor_key), None)

    @property
    def marked(self) -> tuple[Row, ...]:
        """The marked rows that still exist, also where the filter hides them."""
        return tuple(row for row in self._every_row() if row.key in self._marked)

    def show(self, groups: Groups) -> None:
        """Take new rows; only lines that differ are painted."""
        self._groups = groups
        self._arrange()

    def sort_by(self, sorting: Sorting) -> None:
        """Sort by a column."""
        self._sorting = sorting
        self._arrange()
        self.refresh()

    def filter_by(self, words: str) -> None:
        """Show only services in whose row every one of these words stands."""
        self._filter = words
        self._arrange()

    def choose_columns(self, columns: tuple[Column, ...] | None) -> None:
        """Show these columns, whatever the width; None: as many as fit."""
        self._chosen = columns
        self._lay_out()
        self.refresh()

    def clear_marks(self) -> None:
        """Mark nothing."""
        if self._marked:
            self._marked.clear()
            self.refresh()
            self.post_message(self.MarksChanged(()))

    # Arranging.

    def _every_row(self) -> list[Row]:
        return [row for group, members in self._groups for row in (group, *members)]

    def _arrange(self) -> None:
        before, old_position = self._rows, self._position()
        groups = [item for item in self._groups if self._passes(item)]
        column = self._sorting.column
        groups.sort(key=lambda item: item[0].order[column], reverse=self._sorting.reverse)
        self._rows = [row for group, members in groups for row in (group, *members)]
        self._keep_cursor(old_position)
        widths = self._widths
        self._lay_out()
        if len(before) != len(self._rows) or widths != self._widths:
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new:
                self._refresh_row(index)

    def _passes(self, group: tuple[Row, Sequence[Row]]) -> bool:
        words = self._filter.lower().split()
        if not words:
            return True
        row, members = group
        said = " ".join(
            cell.text.lower() for item in (row, *members) for cell in item.cells.values()
        )
        return all(word in said for word in words)

    def _keep_cursor(self, old_position: int) -> None:
        if any(row.key == self.cursor_key for row in self._rows):
            return
        # Its row is gone: stay with its service, else at its place.
        service = self.cursor_key.partition("/")[0]
        if any(row.key == service for row in self._rows):
            self.cursor_key = service
        elif self._rows:
            self.cursor_key = self._rows[min(old_position, len(self._rows) - 1)].key
        elif not self._groups:
            self.cursor_key = ""

    def _position(self) -> int:
        return next((at for at, row in enumerate(self._rows) if row.key == self.cursor_key), 0)

    def _lay_out(self) -> None:
        room = self.scrollable_content_region.width - MARGIN
        longest = max(
            (cell_len(row.cells[Column.SERVICE].text) + len(row.branch) for row in self._rows),
            default=0,
        )
        name = min(max(longest, 12), WIDEST_SERVICE if room > 100 else 24)
        widths = {column: look.width for column, look in LOOKS.items()} | {Column.SERVICE: name}
        self._columns = self._chosen or _fitting(widths, room)
        self._widths = {column: widths[column] for column in self._columns}
        total = MARGIN + sum(self._widths.values()) + GAP * (len(self._columns) - 1)
        self.resize_content(Size(total, len(self._rows) + 1))

    # Events and actions.

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._lay_out()
        self._follow_cursor()
        self.refresh()

    def watch_cursor_key(self, old: str, new: str) -> None:
        """Repaint the two rows and tell."""
        for index, row in enumerate(self._rows):
            if row.key in {old, new}:
                self._refresh_row(index)
        self._follow_cursor()
        self.post_message(self.Highlighted(self.current))

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
        if self._rows:
            target = min(max(self._position() + step, 0), len(self._rows) - 1)
            self.cursor_key = self._rows[target].key

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(self.scrollable_content_region.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last row."""
        self.action_move(direction * len(self._rows))

    def action_sideways(self, direction: int) -> None:
        """Scroll columns into view."""
        self.scroll_to(x=self.scroll_x + direction * 12, animate=False, immediate=True)

    def action_mark(self) -> None:
        """Mark or unmark the row and go on to the next."""
        row = self.current
        if row is None:
            return
        self._marked ^= {row.key}
        self._refresh_row(self._position())
        self.action_move(1)
        self.post_message(self.MarksChanged(self.marked))

    def action_sort(self, step: int) -> None:
        """Sort by the next column that is shown."""
        columns = self._columns or tuple(Column)
        at = columns.index(self._sorting.column) if self._sorting.column in columns else -1
        self.sort_by(Sorting(columns[(at + step) % len(columns)]))
        self.post_message(self.SortingChanged(self._sorting))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.sort_by(Sorting(self._sorting.column, not self._sorting.reverse))
        self.post_message(self.SortingChanged(self._sorting))

    def action_open(self) -> None:
        """Ask for everything about the row."""
        row = self.current
        if row is not None:
            self.post_message(self.Opened(row))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a row, or sort by a heading."""
        line = event.y
        if line == 0:
            column = self._column_at(event.x + int(self.scroll_x))
            if column is not None:
                reverse = self._sorting.column is column and not self._sorting.reverse
                self.sort_by(Sorting(column, reverse))
                self.post_message(self.SortingChanged(self._sorting))
            return
        index = line - 1 + int(self.scroll_y)
        if 0 <= index < len(self._rows):
            self.cursor_key = self._rows[index].key
            if event.chain == 2:
                self.action_open()

    def _column_at(self, x: int) -> Column | None:
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
        index = y - 1 + int(self.scroll_y)
        if y == 0:
            strip = self._heading()
        elif index < len(self._rows):
            strip = self._row_strip(self._rows[index])
        else:
            return Strip.blank(width, self.ground)
        left = int(self.scroll_x)
        return strip.crop_extend(left, left + width, self._line_style(index if y else -1))

    def _heading(self) -> Strip:
        base = self.ground
        heading, chosen = base + self._style("heading"), base + self._style("sorted")
        segments = [Segment(" " * MARGIN, base)]
        for column in self._columns:
            look = LOOKS[column]
            is_sorted = column is self._sorting.column
            arrow = ("↓" if self._sorting.reverse else "↑") if is_sorted else ""
            text = _fit(f"{look.title}{arrow}", self._widths[column], right=look.right)
            segments += [Segment(text, chosen if is_sorted else heading), Segment(" " * GAP, base)]
        return Strip(segments)

    def _line_style(self, index: int) -> Style:
        base = self.ground
        if 0 <= index < len(self._rows) and self._rows[index].key == self.cursor_key:
            return base + self._style("cursor" if self.has_focus else "cursor-blurred")
        return base

    def _row_strip(self, row: Row) -> Strip:
        at_cursor = row.key == self.cursor_key
        marked = row.key in self._marked
        line = self._line_style(self._rows.index(row)) if at_cursor else self.ground
        lead = ("▌" if at_cursor else " ") + ("*" if marked else " ")
        segments = [Segment(lead, line + self._style("marked") if marked else line)]
        for column in self._columns:
            cell = row.cells[column]
            text = cell.text
            if column is Column.SERVICE:
                text = SafeText(f"{row.branch}{text}")
            fitted = _fit(text, self._widths[column], right=LOOKS[column].right)
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


def _fitting(widths: Mapping[Column, int], room: int) -> tuple[Column, ...]:
    """The first columns, by weight, that fit side by side."""
    chosen: list[Column] = []
    for column in LOOKS:
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
