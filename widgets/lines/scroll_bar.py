"""A scroll bar that repaints only changed lines."""

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import var
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

EIGHTHS: Final = 8
"""The resolution of the thumb: eighths of a cell."""


class LineScrollBar(ScrollBar):
    """A vertical scroll bar that repaints only the lines in which its thumb moves.

    In a log of thousands of lines, the thumb hardly moves for a new one, while Textual's own bar
    draws all of its lines each time.
    """

    window_virtual_size: var[int] = var(100)
    position: var[float] = var(0)

    def __init__(self, thickness: int) -> None:
        super().__init__(vertical=True, name="vertical", thickness=thickness)
        self._thumb = (0, 0)
        """The start and the end of the painted thumb, in eighths of a cell."""
        self._segments: Sequence[Segment] | None = None

    def watch_window_virtual_size(self) -> None:
        """Update the thumb for another size of the content."""
        self._move()

    def watch_position(self) -> None:
        """Update the thumb for another scroll offset."""
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
        # New lines are counted already, and the view may not have scrolled yet.
        position = min(self.position, total - window)
        start = int((size - thumb) * position / (total - window) * EIGHTHS)
        return start, min(start + int(thumb * EIGHTHS) + 1, size * EIGHTHS)

    def notify_style_update(self) -> None:
        """Drop the segments of the old theme."""
        super().notify_style_update()
        self._segments = None

    def render_line(self, y: int) -> Strip:
        """One line of the bar."""
        if self._dirty_regions or self._segments is None:
            self._segments = self._drawn()
            self._dirty_regions.clear()
        segments = self._segments
        return Strip(segments[y : y + 1], self.size.width)

    def _drawn(self) -> Sequence[Segment]:
        """One segment a line, as Textual draws them."""
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
