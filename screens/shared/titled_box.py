"""The box of a dialog about one thing, whose name may be long."""

from typing import Final

from rich.cells import cell_len
from textual.containers import Vertical
from textual.content import Content

from pixel_tui.text import plain
from widgets.tables.cursor_table import fit_middle

BESIDE_TITLE: Final = 6
"""Cells of the border beside its title."""
SHORTEST: Final = 12
"""Cells of a name that are always shown."""


class TitledBox(Vertical):
    """A box with a title; a name that is too long for it is cut in the middle.

    The start of a name says what it is, and its end tells it from others.

    Args:
        lead: The text before the name.
        name: The name.
        tail: The text after the name.
        classes: The classes of the dialog.
        id: Its id.
    """

    def __init__(
        self,
        lead: str,
        name: str,
        tail: str = "",
        *,
        classes: str,
        id: str | None = None,  # noqa: A002  Textual's own name for it
    ) -> None:
        super().__init__(classes=classes, id=id)
        self._lead, self._name_of, self._tail = plain(lead), plain(name), plain(tail)
        self.border_title = Content(f"{self._lead}{self._name_of}{self._tail}")

    def on_resize(self) -> None:
        """Fit the title to the width."""
        room = self.size.width and self.outer_size.width - BESIDE_TITLE
        name = str(self._name_of)
        left = max(room - cell_len(self._lead) - cell_len(self._tail), SHORTEST)
        if cell_len(name) > left:
            name = fit_middle(name, left)
        self.border_title = Content(f"{self._lead}{name}{self._tail}")
