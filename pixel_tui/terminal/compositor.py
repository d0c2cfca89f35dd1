"""Renders what an update is about, and not the rectangle around it.

Textual renders every line of every widget within the rectangle around all that has changed.
A row at the top of the screen and one at the bottom, as each key and each line of a log
brings them, have nearly all of the screen between them.
"""

from collections.abc import Iterable, Iterator, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class ChangedLinesCompositor(Compositor):
    """A compositor that asks widgets for the lines that are painted, and for no others."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted: Sequence[Region] = ()
        """What is being painted; empty for all of the screen."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed since the last update; None where nothing has."""
        self._wanted = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._wanted = ()

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Region, clip and lines of widgets, the foremost first."""
        return self._changed_renders() if self._wanted else super()._get_renders(crop)

    def _changed_renders(self) -> Iterator[tuple[Region, Region, list[Strip]]]:
        wanted = self._wanted
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            for top, bottom in _bands(shown, wanted):
                band = Region(shown.x, top, shown.width, bottom - top)
                yield region, band, widget.render_lines(band.translate(-region.offset))
            # Nothing is seen of what is behind it.
            wanted = [part for part in wanted if not shown.contains_region(part)]
            if not wanted:
                return


def _bands(shown: Region, wanted: Iterable[Region]) -> Iterator[tuple[int, int]]:
    """The first line of each stretch of a widget that is wanted, and the one behind its last."""
    if not shown:
        return
    begun = stop = -1
    for part in sorted(
        (part for part in wanted if part.overlaps(shown)), key=lambda part: (part.y, part.bottom)
    ):
        top, bottom = max(part.y, shown.y), min(part.bottom, shown.bottom)
        if begun >= 0 and top > stop:
            yield begun, stop
            begun = -1
        if begun < 0:
            begun, stop = top, bottom
        stop = max(stop, bottom)
    if begun >= 0:
        yield begun, stop
