"""Sends the changed cells of a frame to the terminal."""

from typing import TypeGuard, TypeVar, cast

from rich.console import RenderableType, RichCast
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Size
from textual.screen import Screen

from pixel_tui.terminal.cells import ChangedCells, ChangesOnly
from pixel_tui.terminal.compositor import ChangedLinesCompositor
from pixel_tui.terminal.private_parts import LINES, has_all

Result = TypeVar("Result")


class Painting:
    """The content of the terminal, and whether it lacks output."""

    def __init__(self) -> None:
        self._cells = ChangedCells()
        self._size = Size(0, 0)
        self.overwritten = False
        """Whether another program may have written to the terminal."""
        self.behind = False
        """Whether output was held back while the terminal accepted none."""

    @staticmethod
    def is_update(renderable: object) -> TypeGuard[LayoutUpdate | ChopsUpdate]:
        """Whether this is an update of widgets, complete or partial."""
        return isinstance(renderable, LayoutUpdate | ChopsUpdate)

    def full_update(self, screen: Screen[object]) -> RenderableType:
        """Return an update of the complete screen."""
        return screen._compositor.render_full_update()  # noqa: SLF001

    def changes(self, screen: Screen[object], update: LayoutUpdate | ChopsUpdate) -> RenderableType:
        """Return what to send for an update; computed when it is sent."""
        compositor = screen._compositor  # noqa: SLF001  only it can paint unchanged parts
        if self.behind:
            self.behind = False
            update = compositor.render_full_update()
        if self.overwritten or compositor.size != self._size:
            self.overwritten, self._size = False, compositor.size
            self._cells.forget()
            update = compositor.render_full_update()
        # An update works wherever a renderable is expected: Textual passes its own this way.
        return cast("RichCast", ChangesOnly(update, self._cells))


def paint_changed_lines(screen: Screen[Result]) -> None:
    """Make a screen render only the changed lines of its widgets."""
    if has_all(LINES):
        screen._compositor = ChangedLinesCompositor()  # noqa: SLF001
