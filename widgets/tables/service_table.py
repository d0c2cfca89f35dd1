"""The service table: one row a service, and one a container where it has several."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.cells import cell_len

from widgets.rows.service_row import LOOKS, Column, Row
from widgets.tables.cursor_table import fit, fit_middle
from widgets.tables.keyed_table import GAP, KeyedTable, Sorting

NARROWEST_NAME: Final = 12
WIDEST_NAME: Final = 32
_FIRST_SHOWN: Final = tuple(LOOKS)[: tuple(LOOKS).index(Column.SYNC) + 1]
"""The columns that 80 cells have room for: a name that is too long for that is cut."""

Groups = Sequence[tuple[Row, Sequence[Row]]]


class ServiceTable(KeyedTable[Column, Row]):
    """Services, sorted and filtered with what belongs to them."""

    BINDING_GROUP_TITLE = "Service table"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(LOOKS, Sorting(Column.SERVICE), id=id)
        self._groups: Groups = ()
        self._rows: list[Row] = []
        self._filter = ""
        self._services: dict[str, str] = {}
        """The service of each row that was shown last, by the row's key."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows as they stand, filtered and sorted."""
        return self._rows

    @property
    def marked(self) -> tuple[Row, ...]:
        """The marked rows that still exist, also where the filter hides them."""
        every = (row for group, members in self._groups for row in (group, *members))
        return tuple(row for row in every if row.key in self._marked)

    @property
    def hidden(self) -> frozenset[str]:
        """The services that the filter hides."""
        return frozenset(item[0].service for item in self._groups if not self._passes(item))

    def show(self, groups: Groups) -> None:
        """Take new rows; only lines that differ are painted."""
        self._groups = groups
        self.line_up()
        every = (row for group, members in groups for row in (group, *members))
        self._services = {row.key: row.service for row in every}

    def filter_by(self, words: str) -> None:
        """Show only services in whose row every one of these words stands."""
        self._filter = words
        self.line_up()

    def row_at(self, index: int) -> Row:
        """A row as it stands."""
        return self._rows[index]

    def successor(self, key: str) -> str:
        """When a container is gone, its service."""
        return self._services.get(key, "")

    def line_up(self) -> None:
        """Sort the services; each keeps its containers."""
        groups = [item for item in self._groups if self._passes(item)]
        column = self.sorting.column
        groups.sort(key=lambda item: item[0].order[column], reverse=self.sorting.reverse)
        self._rows = [row for group, members in groups for row in (group, *members)]
        self.stand([row.key for row in self._rows], vanished=not self._groups)

    def _passes(self, group: tuple[Row, Sequence[Row]]) -> bool:
        words = self._filter.lower().split()
        if not words:
            return True
        row, members = group
        said = " ".join(
            cell.text.lower() for item in (row, *members) for cell in item.cells.values()
        )
        return all(word in said for word in words)

    def subject(self, row: Row, width: int) -> str:
        """Containers of a service differ at the end of their names, so theirs are cut before it."""
        text = row.cells[Column.SERVICE].text
        if not row.branch:
            return fit(text, width)
        return f"{row.branch}{fit_middle(text, width - cell_len(row.branch))}"

    def column_widths(self, room: int) -> Mapping[Column, int]:
        """Names give way to the first columns; ports and images get the room that is left."""
        widths = {column: look.width for column, look in LOOKS.items()}
        shown = self._chosen or tuple(LOOKS)
        widths[Column.SERVICE] = self._name_width(room, widths)
        for column in (Column.PORTS, Column.IMAGE):
            if column in shown:
                before = shown[: shown.index(column)]
                left = room - sum(widths[item] + GAP for item in before)
                widths[column] = min(self._longest(column), max(left, LOOKS[column].width))
        return widths

    def _name_width(self, room: int, widths: Mapping[Column, int]) -> int:
        longest = self._longest(Column.SERVICE)
        wanted = min(max(longest, NARROWEST_NAME), WIDEST_NAME if room > 100 else 24)
        others = self._chosen or _FIRST_SHOWN
        left = room - sum(widths[item] + GAP for item in others if item is not Column.SERVICE)
        if self._chosen and left < NARROWEST_NAME:
            return wanted  # these columns don't fit with the shortest name either
        return max(min(wanted, left), NARROWEST_NAME)

    def _longest(self, column: Column) -> int:
        """The cells that the column needs so that nothing in it is cut."""
        branch = column is Column.SERVICE
        texts = (
            cell_len(row.cells[column].text) + (cell_len(row.branch) if branch else 0)
            for row in self._rows
        )
        return max(len(LOOKS[column].title) + 1, *texts, 0)
