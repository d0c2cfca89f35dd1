"""One line of parts; if not all fit, the least important are left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class LinePart:
    """A part of a line, shown or left out as one."""

    words: Content
    rank: int = 0
    """The part with the highest rank is left out first, the last of equal ones; 0 stays."""
    gap: str = " · "
    """The text between it and the part before it."""


def fitted(parts: Sequence[LinePart], width: int) -> Content:
    """As many parts as fit; if those of rank 0 don't fit, they are cut."""
    kept = [part for part in parts if part.words]
    while _joined(kept).cell_length > width:
        rank, at = max(((part.rank, at) for at, part in enumerate(kept)), default=(0, 0))
        if rank == 0:
            return _joined(kept).truncate(max(width, 0), ellipsis=True)
        del kept[at]
    return _joined(kept)


def _joined(parts: Sequence[LinePart]) -> Content:
    pieces = [piece for part in parts for piece in (part.gap, part.words)]
    return Content.assemble(*pieces[1:])


class FittedLine(Widget):
    """Shows as many parts as fit."""

    DEFAULT_CSS = """
    FittedLine { height: 1; padding: 0 1; }
    """

    def __init__(self, words: str = "", *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._parts: Sequence[LinePart] = (LinePart(Content(words)),)

    def show(self, parts: Sequence[LinePart]) -> None:
        """Show these parts."""
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def render(self) -> RenderResult:
        """The parts that fit."""
        return fitted(self._parts, self.content_size.width)
