"""What of a picture is sent to the terminal: the cells that changed."""

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
    """What the terminal shows, and what it lacks of the picture."""

    def __init__(self) -> None:
        self._cells = ChangedCells()
        self._size = Size(0, 0)
        self.torn = False
        """Whether something else than this program may have written to the terminal."""
        self.owed = False
        """Whether the terminal lacks what was painted while it took nothing."""

    @staticmethod
    def is_update(renderable: object) -> TypeGuard[LayoutUpdate | ChopsUpdate]:
        """Whether this is a picture of widgets, or a part of one."""
        return isinstance(renderable, LayoutUpdate | ChopsUpdate)

    def full_update(self, screen: Screen[object]) -> RenderableType:
        """All of a screen."""
        return screen._compositor.render_full_update()  # noqa: SLF001

    def changes(self, screen: Screen[object], update: LayoutUpdate | ChopsUpdate) -> RenderableType:
        """What to send for an update; it is worked out at the moment of sending."""
        compositor = screen._compositor  # noqa: SLF001  only it can paint what did not change
        if self.owed:
            self.owed = False
            update = compositor.render_full_update()
        if self.torn or compositor.size != self._size:
            self.torn, self._size = False, compositor.size
            self._cells.forget()
            update = compositor.render_full_update()
        # An update is a renderable wherever one is asked for: Textual's own are passed so.
        return cast("RichCast", ChangesOnly(update, self._cells))


def paint_changed_lines(screen: Screen[Result]) -> None:
    """Have a screen ask its widgets for the lines that changed, and for no others."""
    if has_all(LINES):
        screen._compositor = ChangedLinesCompositor()  # noqa: SLF001
