"""What the console remembers of its look, saved without holding up the screen."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from pixel_tui.errors import FileError
from pixel_tui.settings import Memory, Remembered
from widgets.rows.service_row import LOOKS, Column
from widgets.tables.keyed_table import Sorting

log = logging.getLogger(__name__)


class RememberedLook:
    """The remembered look of one project.

    Args:
        memory: Where it is kept.
        later: Runs a function that blocks somewhere else than on the event loop.
    """

    def __init__(self, memory: Memory, later: Callable[[Callable[[], None]], None]) -> None:
        self._memory = memory
        self._later = later
        self._now = memory.load()
        self._saving = threading.Lock()

    @property
    def sorting(self) -> Sorting[Column]:
        """How rows are sorted."""
        if self._now.sort_column not in set(Column):
            return Sorting(Column.SERVICE)
        return Sorting(Column(self._now.sort_column), self._now.sort_reverse)

    @property
    def columns(self) -> tuple[Column, ...] | None:
        """The columns that were chosen; None for as many as fit."""
        if self._now.columns is None:
            return None
        return tuple(column for column in LOOKS if column.value in self._now.columns) or None

    def sort(self, sorting: Sorting[Column]) -> None:
        """Remember how rows are sorted."""
        self._keep(
            replace(self._now, sort_column=sorting.column.value, sort_reverse=sorting.reverse)
        )

    def choose(self, columns: tuple[Column, ...] | None) -> None:
        """Remember which columns are shown."""
        names = tuple(column.value for column in columns) if columns else None
        self._keep(replace(self._now, columns=names))

    def use_theme(self, theme: str) -> None:
        """Remember the theme."""
        self._keep(replace(self._now, theme=theme))

    def _keep(self, changed: Remembered) -> None:
        if changed != self._now:
            self._now = changed
            self._later(self._save)

    def _save(self) -> None:
        try:
            with self._saving:  # of two at once the later one must not be overtaken
                self._memory.save(self._now)
        except FileError as error:
            # Nothing that anybody needs is lost: the next start just looks as before.
            log.warning("the look can't be remembered: %s", error)
