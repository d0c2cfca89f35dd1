"""A list to choose from: its cursor is seen without colours, and it stands a small terminal."""

from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import OptionList

from pixel_tui.terminal.private_parts import OPTIONS, has_all

BAR: Final = "▌"


class Options(OptionList):
    """Textual's list, with the bar of the tables at its cursor.

    Where there are no colours (`NO_COLOR`), nothing else of the cursor is left.
    """

    BINDING_GROUP_TITLE = "List"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "first", "First", show=False, id="list.first"),
        Binding("G", "last", "Last", show=False, id="list.last"),
    ]
    DEFAULT_CSS = """
    Options { padding: 0 1 0 0; }
    """

    def _get_left_gutter_width(self) -> int:
        return len(BAR)

    def render_line(self, y: int) -> Strip:
        """A line of an option, with the bar before those of the highlighted one."""
        strip = super().render_line(y)
        if not has_all(OPTIONS):
            return strip
        line = self.scroll_offset.y + y
        at_cursor = line < len(self._lines) and self._lines[line][0] == self.highlighted
        style = next((segment.style for segment in strip if segment.style), Style())
        if at_cursor:  # of one colour, whatever the words behind it are painted in
            style += Style(color=self._cursor_style.color)
        gutter = Segment(BAR if at_cursor else " " * len(BAR), style)
        return Strip([gutter, *strip]).crop(0, self.scrollable_content_region.width)

    @property
    def _cursor_style(self) -> Style:
        return self.get_component_rich_style("option-list--option-highlighted")

    def action_page_up(self) -> None:
        """Move up by one page, where a page has lines."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Move down by one page, where a page has lines."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
