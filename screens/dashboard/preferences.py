"""Remembered preferences: sorting, columns and theme, saved in the background."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from pixel_tui.errors import FileError
from pixel_tui.settings import Memory, Remembered
from widgets.rows.service_row import FORMATS, Column
from widgets.tables.keyed_table import Sorting

log = logging.getLogger(__name__)


class Preferences:
    """The preferences of one project.

    Args:
        memory: The file they are saved in.
        run_in_thread: Runs a blocking function in a thread.
    """

    def __init__(self, memory: Memory, run_in_thread: Callable[[Callable[[], None]], None]) -> None:
        self._memory = memory
        self._run_in_thread = run_in_thread
        self._now = memory.load()
        self._saving = threading.Lock()

    @property
    def sorting(self) -> Sorting[Column]:
        """The sort order of the table."""
        if self._now.sort_column not in set(Column):
            return Sorting(Column.SERVICE)
        return Sorting(Column(self._now.sort_column), self._now.sort_reverse)

    @property
    def columns(self) -> tuple[Column, ...] | None:
        """The chosen columns; None for as many as fit."""
        if self._now.columns is None:
            return None
        return tuple(column for column in FORMATS if column.value in self._now.columns) or None

    def save_sorting(self, sorting: Sorting[Column]) -> None:
        """Remember the sort order."""
        self._change(
            replace(self._now, sort_column=sorting.column.value, sort_reverse=sorting.reverse)
        )

    def save_columns(self, columns: tuple[Column, ...] | None) -> None:
        """Remember the chosen columns."""
        names = tuple(column.value for column in columns) if columns else None
        self._change(replace(self._now, columns=names))

    def save_theme(self, theme: str) -> None:
        """Remember the theme."""
        self._change(replace(self._now, theme=theme))

    def _change(self, changed: Remembered) -> None:
        if changed != self._now:
            self._now = changed
            self._run_in_thread(self._save)

    def _save(self) -> None:
        try:
            with self._saving:  # two saves at once must keep their order
                self._memory.save(self._now)
        except FileError as error:
            # Not worth a message: the next start has the old preferences.
            log.warning("preferences can't be saved: %s", error)
