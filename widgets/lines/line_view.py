"""The base class of views that draw lines."""

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.widget import Widget

from pixel_tui.terminal.private_parts import SCROLL_BAR, has_all
from widgets.lines.scroll_bar import LineScrollBar


class LineView(ScrollView):
    """A scroll view whose content may grow without a layout of the screen.

    Its scroll bar is always shown, so another size of the content moves nothing outside. Textual
    would lay out the complete screen and paint every scroll bar.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._ground: Style | None = None
        self._styles: dict[str, Style] = {}
        """The cached styles of the theme, by name."""

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar; made on first use."""
        if not has_all(SCROLL_BAR):
            return super().vertical_scrollbar
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = LineScrollBar(self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)  # noqa: SLF001  as Textual makes its own
        return self._vertical_scrollbar

    @property
    def ground(self) -> Style:
        """The style of an empty cell."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def notify_style_update(self) -> None:
        """Drop the styles of the old theme."""
        super().notify_style_update()
        self._ground = None
        self._styles = {}

    def resize_content(self, size: Size) -> None:
        """Change the size of the content, and keep the scroll offset inside it."""
        if size == self.virtual_size:
            return
        self.set_reactive(Widget.virtual_size, size)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = size.height
        self.scroll_x = self.validate_scroll_x(self.scroll_x)
        self.scroll_y = self.validate_scroll_y(self.scroll_y)
