"""The table of the ledger: one row a task, grouped by status."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from pixel_tui.ledger.view.arrangement import Arrangement, LedgerLine, TaskField
from pixel_tui.ledger.view.view import NO_VIEW, LedgerView
from widgets.rows.task_row import FORMATS, TaskRow, task_row
from widgets.tables.keyed_table import GAP, KeyedTable, Sorting

ROOMY: Final = 120
"""Cells from which on the worker, its exit code and the summary have room."""


class TaskTable(KeyedTable[TaskField, TaskRow]):
    """Tasks as they are arranged; rows are made when they are drawn."""

    BINDING_GROUP_TITLE = "Task table"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(FORMATS, Sorting(Arrangement().field), id=id)
        self._lines: Sequence[LedgerLine] = ()
        self._made: dict[str, TaskRow] = {}
        self._view = NO_VIEW
        self._now = datetime(1970, 1, 1, tzinfo=UTC)

    def show(self, lines: Sequence[LedgerLine], view: LedgerView, now: datetime) -> None:
        """Show these lines, with the view that they are of."""
        self._lines, self._view, self._now = lines, view, now
        self._made = {}
        self.rearrange()

    def tick(self, now: datetime) -> None:
        """Update the ages."""
        self.show(self._lines, self._view, now)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Disable marks: an action on tasks has one target."""
        return action != "mark"

    def row_at(self, index: int) -> TaskRow:
        """The row at an index, made once."""
        line = self._lines[index]
        found = self._made.get(line.key)
        if found is None:
            found = self._made[line.key] = task_row(line, self._view, self._now)
        return found

    def rearrange(self) -> None:
        """Show the lines again."""
        self.set_rows([line.key for line in self._lines], vanished=not self._view.tasks)

    def column_widths(self, room: int) -> Mapping[TaskField, int]:
        """The widths: the task and the summary share the rest."""
        widths = {field: fmt.width for field, fmt in FORMATS.items()}
        few = (TaskField.STATUS, TaskField.ID, TaskField.AGE, TaskField.TOOK, TaskField.TRIES)
        left = room - sum(widths[field] + GAP for field in few)
        if room >= ROOMY:
            more = (TaskField.WORKER, TaskField.EXIT, TaskField.TYPE)
            left -= sum(widths[field] + GAP for field in more) + GAP
            widths[TaskField.SUMMARY] = max(left * 2 // 5, 12)
            left -= widths[TaskField.SUMMARY]
        widths[TaskField.TASK] = max(left, 12)
        return widths
