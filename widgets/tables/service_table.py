"""The service table: a row for each service, and for each of several containers."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.cells import cell_len

from widgets.rows.service_row import FORMATS, Column, Row
from widgets.tables.cursor_table import fit, fit_middle
from widgets.tables.keyed_table import GAP, KeyedTable, Sorting

NARROWEST_NAME: Final = 12
WIDEST_NAME: Final = 32
_FIRST_SHOWN: Final = tuple(FORMATS)[: tuple(FORMATS).index(Column.SYNC) + 1]
"""The columns that fit in 80 cells; names are cut to make room for them."""

Groups = Sequence[tuple[Row, Sequence[Row]]]


class ServiceTable(KeyedTable[Column, Row]):
    """Services with their containers, sorted and filtered together."""

    BINDING_GROUP_TITLE = "Service table"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(FORMATS, Sorting(Column.SERVICE), id=id)
        self._groups: Groups = ()
        self._rows: list[Row] = []
        self._filter = ""
        self._services: dict[str, str] = {}
        """The service of each row, by the key of the row."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows, filtered and sorted."""
        return self._rows

    @property
    def marked(self) -> tuple[Row, ...]:
        """The marked rows that still exist, with those hidden by the filter."""
        every = (row for group, members in self._groups for row in (group, *members))
        return tuple(row for row in every if row.key in self._marked)

    @property
    def hidden(self) -> frozenset[str]:
        """The services that the filter hides."""
        return frozenset(item[0].service for item in self._groups if not self._passes(item))

    def show(self, groups: Groups) -> None:
        """Show new rows; only changed lines are repainted."""
        self._groups = groups
        self.rearrange()
        every = (row for group, members in groups for row in (group, *members))
        self._services = {row.key: row.service for row in every}

    def filter_by(self, words: str) -> None:
        """Show only services whose rows contain all of these words."""
        self._filter = words
        self.rearrange()

    def row_at(self, index: int) -> Row:
        """The row at an index."""
        return self._rows[index]

    def successor(self, key: str) -> str:
        """The service of a removed container."""
        return self._services.get(key, "")

    def rearrange(self) -> None:
        """Sort and filter the services, each with its containers."""
        groups = [item for item in self._groups if self._passes(item)]
        column = self.sorting.column
        groups.sort(key=lambda item: item[0].order[column], reverse=self.sorting.reverse)
        self._rows = [row for group, members in groups for row in (group, *members)]
        self.set_rows([row.key for row in self._rows], vanished=not self._groups)

    def _passes(self, group: tuple[Row, Sequence[Row]]) -> bool:
        words = self._filter.lower().split()
        if not words:
            return True
        row, members = group
        text = " ".join(
            cell.text.lower() for item in (row, *members) for cell in item.cells.values()
        )
        return all(word in text for word in words)

    def subject(self, row: Row, width: int) -> str:
        """The name; a container's is cut in the middle, as containers differ at the end."""
        text = row.cells[Column.SERVICE].text
        if not row.branch:
            return fit(text, width)
        return f"{row.branch}{fit_middle(text, width - cell_len(row.branch))}"

    def column_widths(self, room: int) -> Mapping[Column, int]:
        """The widths: names give way to the first columns; ports and images get the rest."""
        widths = {column: fmt.width for column, fmt in FORMATS.items()}
        shown = self._chosen or tuple(FORMATS)
        widths[Column.SERVICE] = self._name_width(room, widths)
        for column in (Column.PORTS, Column.IMAGE):
            if column in shown:
                before = shown[: shown.index(column)]
                left = room - sum(widths[item] + GAP for item in before)
                widths[column] = min(self._longest(column), max(left, FORMATS[column].width))
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
        """The cells that a column needs so that no text is cut."""
        branch = column is Column.SERVICE
        texts = (
            cell_len(row.cells[column].text) + (cell_len(row.branch) if branch else 0)
            for row in self._rows
        )
        return max(len(FORMATS[column].title) + 1, *texts, 0)
