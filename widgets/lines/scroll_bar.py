"""A scroll bar of which only those lines are painted anew that look otherwise."""

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import var
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

EIGHTHS: Final = 8
"""Of a cell: as finely the thumb's ends are drawn."""


class SteadyBar(ScrollBar):
    """A vertical scroll bar.

    Under a log that grows by thousands of lines the thumb moves by less than can be seen, and
    Textual's own bar draws all its lines for each of them.
    """

    window_virtual_size: var[int] = var(100)
    position: var[float] = var(0)

    def __init__(self, thickness: int) -> None:
        super().__init__(vertical=True, name="vertical", thickness=thickness)
        self._thumb = (0, 0)
        """Where the painted thumb begins and ends, in eighths of a cell."""
        self._segments: Sequence[Segment] | None = None

    def watch_window_virtual_size(self) -> None:
        """The content has another size."""
        self._move()

    def watch_position(self) -> None:
        """Another part of the content is shown."""
        self._move()

    def _move(self) -> None:
        thumb = self._thumb_now()
        for before, now in zip(self._thumb, thumb, strict=True):
            if before != now:
                first, last = (item // EIGHTHS for item in sorted((before, now)))
                self.refresh(Region(0, first, self.size.width, last - first + 1))
        self._thumb = thumb

    def _thumb_now(self) -> tuple[int, int]:
        size, window, total = self.size.height, self.window_size, self.window_virtual_size
        if not 0 < window < total:
            return 0, 0
        thumb = max(1, window * size / total)
        # What came has been counted, and the view may not have moved there yet.
        position = min(self.position, total - window)
        start = int((size - thumb) * position / (total - window) * EIGHTHS)
        return start, min(start + int(thumb * EIGHTHS) + 1, size * EIGHTHS)

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._segments = None

    def render_line(self, y: int) -> Strip:
        """One line, without drawing the others."""
        if self._dirty_regions or self._segments is None:
            self._segments = self._drawn()
            self._dirty_regions.clear()
        segments = self._segments
        return Strip(segments[y : y + 1], self.size.width)

    def _drawn(self) -> Sequence[Segment]:
        """A segment a line, as Textual draws them."""
        bar = self.render()
        if not isinstance(bar, ScrollBarRender):
            return ()
        style = bar.style if isinstance(bar.style, Style) else Style.parse(bar.style)
        if style.color is None or style.bgcolor is None:
            return ()
        drawn = bar.render_bar(
            size=self.size.height,
            window_size=bar.window_size,
            virtual_size=bar.virtual_size,
            position=bar.position,
            vertical=True,
            thickness=self.size.width,
            back_color=style.bgcolor,
            bar_color=style.color,
        )
        return tuple(Segment.apply_style(drawn.segments, self.visual_style.rich_style))
