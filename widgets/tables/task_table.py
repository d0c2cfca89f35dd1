"""The ledger's table: one row a task, below the headings of their groups."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from pixel_tui.ledger.view.arrangement import Arrangement, LedgerLine, TaskField
from pixel_tui.ledger.view.view import NO_VIEW, LedgerView
from widgets.rows.task_row import LOOKS, TaskRow, task_row
from widgets.tables.keyed_table import GAP, KeyedTable, Sorting

ROOMY: Final = 120
"""Cells from which on the worker, its end and the summary have room."""


class TaskTable(KeyedTable[TaskField, TaskRow]):
    """Tasks, in the order in which they were arranged; their rows are made as they are drawn."""

    BINDING_GROUP_TITLE = "Task table"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(LOOKS, Sorting(Arrangement().field), id=id)
        self._lines: Sequence[LedgerLine] = ()
        self._made: dict[str, TaskRow] = {}
        self._view = NO_VIEW
        self._now = datetime(1970, 1, 1, tzinfo=UTC)

    def show(self, lines: Sequence[LedgerLine], view: LedgerView, now: datetime) -> None:
        """Take the lines of a list, and what is true of their tasks."""
        self._lines, self._view, self._now = lines, view, now
        self._made = {}
        self.line_up()

    def tick(self, now: datetime) -> None:
        """It is later: ages grow."""
        self.show(self._lines, self._view, now)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """An action on tasks is done to one: there is nothing to mark some for."""
        return action != "mark"

    def row_at(self, index: int) -> TaskRow:
        """A row as it stands."""
        line = self._lines[index]
        found = self._made.get(line.key)
        if found is None:
            found = self._made[line.key] = task_row(line, self._view, self._now)
        return found

    def line_up(self) -> None:
        """Show the lines as they were arranged last."""
        self.stand([line.key for line in self._lines], vanished=not self._view.tasks)

    def column_widths(self, room: int) -> Mapping[TaskField, int]:
        """What is to be done gets the room that the others leave; a summary gets half of it."""
        widths = {field: look.width for field, look in LOOKS.items()}
        few = (TaskField.STATUS, TaskField.ID, TaskField.AGE, TaskField.TOOK, TaskField.TRIES)
        left = room - sum(widths[field] + GAP for field in few)
        if room >= ROOMY:
            more = (TaskField.WORKER, TaskField.EXIT, TaskField.TYPE)
            left -= sum(widths[field] + GAP for field in more) + GAP
            widths[TaskField.SUMMARY] = max(left * 2 // 5, 12)
            left -= widths[TaskField.SUMMARY]
        widths[TaskField.TASK] = max(left, 12)
        return widths
