"""Renders only the changed lines of an update, not the rectangle around them.

Textual renders every line of every widget in the rectangle around all changes. A row at the
top of the screen and one at the bottom, as each key and each log line changes, have nearly all
of the screen between them.
"""

from collections.abc import Iterable, Iterator, Sequence

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class ChangedLinesCompositor(Compositor):
    """A compositor that renders only the lines of widgets that are painted."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted: Sequence[Region] = ()
        """The regions that are being painted; empty for the complete screen."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return the changes since the last update; None if there are none."""
        self._wanted = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._wanted = ()

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Return region, clip and lines of widgets, the foremost first."""
        return self._changed_renders() if self._wanted else super()._get_renders(crop)

    def _changed_renders(self) -> Iterator[tuple[Region, Region, list[Strip]]]:
        wanted = self._wanted
        for widget, (region, clip) in self.visible_widgets.items():
            visible = region.intersection(clip)
            for top, bottom in _bands(visible, wanted):
                band = Region(visible.x, top, visible.width, bottom - top)
                yield region, band, widget.render_lines(band.translate(-region.offset))
            # What is behind it is not visible.
            wanted = [region for region in wanted if not visible.contains_region(region)]
            if not wanted:
                return


def _bands(visible: Region, wanted: Iterable[Region]) -> Iterator[tuple[int, int]]:
    """Yield the first line of each wanted range of a widget, and the line after its last."""
    if not visible:
        return
    start = stop = -1
    for region in sorted(
        (region for region in wanted if region.overlaps(visible)),
        key=lambda region: (region.y, region.bottom),
    ):
        top, bottom = max(region.y, visible.y), min(region.bottom, visible.bottom)
        if start >= 0 and top > stop:
            yield start, stop
            start = -1
        if start < 0:
            start, stop = top, bottom
        stop = max(stop, bottom)
    if start >= 0:
        yield start, stop
