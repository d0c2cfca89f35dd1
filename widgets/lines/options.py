"""A list to choose from, with a cursor that is visible without colours."""

from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import OptionList

from pixel_tui.terminal.private_parts import OPTIONS, has_all

BAR: Final = "▌"


class Options(OptionList):
    """Textual's option list, with the cursor bar of the tables.

    Without colours (`NO_COLOR`), the bar is all there is of the cursor.
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
        """A line of an option, with the bar if it is highlighted."""
        strip = super().render_line(y)
        if not has_all(OPTIONS):
            return strip
        line = self.scroll_offset.y + y
        at_cursor = line < len(self._lines) and self._lines[line][0] == self.highlighted
        style = next((segment.style for segment in strip if segment.style), Style())
        if at_cursor:  # in the cursor's colour, whatever colour the text has
            style += Style(color=self._cursor_style.color)
        gutter = Segment(BAR if at_cursor else " " * len(BAR), style)
        return Strip([gutter, *strip]).crop(0, self.scrollable_content_region.width)

    @property
    def _cursor_style(self) -> Style:
        return self.get_component_rich_style("option-list--option-highlighted")

    def move_cursor(self, step: int) -> None:
        """Move the cursor down by one option, up if the step is negative."""
        if step > 0:
            self.action_cursor_down()
        else:
            self.action_cursor_up()

    def action_page_up(self) -> None:
        """Move up by a page; a page may have no lines in a small terminal."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Move down by a page; a page may have no lines in a small terminal."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
