"""The service table: one row a service, and one a container where it has several."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.cells import cell_len

from widgets.rows.service_row import LOOKS, Column, Row
from widgets.tables.keyed_table import KeyedTable, Sorting

WIDEST_SERVICE: Final = 32

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

    def branch(self, row: Row) -> str:
        """A container hangs below its service."""
        return row.branch

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

    def column_widths(self, room: int) -> Mapping[Column, int]:
        """The name gets what the longest one needs, within reason."""
        longest = max(
            (cell_len(row.cells[Column.SERVICE].text) + len(row.branch) for row in self._rows),
            default=0,
        )
        name = min(max(longest, 12), WIDEST_SERVICE if room > 100 else 24)
        return {column: look.width for column, look in LOOKS.items()} | {Column.SERVICE: name}
