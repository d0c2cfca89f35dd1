"""A view that scrolls, and whose content may grow without anything around it moving."""

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.widget import Widget

from pixel_tui.terminal.private_parts import SCROLL_BAR, has_all
from widgets.lines.scroll_bar import SteadyBar


class SteadyView(ScrollView):
    """The base of whatever draws lines: its scroll bar is always there.

    Another size of the content thus moves nothing outside. Textual does not know that:
    told of the size, it would lay out the whole screen, and paint every scroll bar.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._ground: Style | None = None
        self._styles: dict[str, Style] = {}
        """The styles of the theme, by the name that the view gives them."""

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar; made when it is first asked for."""
        if not has_all(SCROLL_BAR):
            return super().vertical_scrollbar
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = SteadyBar(self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)  # noqa: SLF001  as Textual makes its own
        return self._vertical_scrollbar

    @property
    def ground(self) -> Style:
        """How a cell is painted in which nothing stands."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._ground = None
        self._styles = {}

    def resize_content(self, size: Size) -> None:
        """Take another size of the content, and stay inside it."""
        if size == self.virtual_size:
            return
        self.set_reactive(Widget.virtual_size, size)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = size.height
        self.scroll_x = self.validate_scroll_x(self.scroll_x)
        self.scroll_y = self.validate_scroll_y(self.scroll_y)
