"""A scrolling text of styled lines; another text needs no layout of the screen."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from widgets.lines.line_view import LineView
from widgets.rows.table import Tone

TextPiece = tuple[str, str]
"""Text, and its role: the value of a `Tone`, `label` or `title`."""
TextLine = tuple[TextPiece, ...]


class TextLines(LineView, can_focus=True):
    """Shows lines of pieces; only visible lines are drawn."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text--title",
        "text--label",
        *(f"text--{tone.value}" for tone in Tone),
    }
    DEFAULT_CSS = """
    TextLines {
        padding: 0 1; overflow-y: scroll; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    TextLines > .text--title { color: $text-accent; text-style: bold; }
    TextLines > .text--label { color: $foreground-muted; }
    TextLines > .text--plain { color: $foreground; }
    TextLines > .text--muted { color: $foreground-muted; }
    TextLines > .text--good { color: $text-success; }
    TextLines > .text--note { color: $text-primary; }
    TextLines > .text--warn { color: $text-warning; }
    TextLines > .text--bad { color: $text-error; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[TextLine] = ()
        self._strips: dict[TextLine, Strip] = {}
        """The cached strips of the current lines."""

    @property
    def width(self) -> int:
        """The width of a line in cells; 0 while it is hidden."""
        return int(self.scrollable_content_region.width)

    def show_lines(self, lines: Sequence[TextLine]) -> None:
        """Show these lines, and keep the scroll offset."""
        if lines == self._lines:
            return
        before, top = self._lines, int(self.scroll_y)
        self._lines = lines
        self._strips = {line: self._strips[line] for line in lines if line in self._strips}
        self.resize_content(Size(self.width, len(lines)))
        if int(self.scroll_y) != top:
            return  # scrolled to stay inside, which repaints everything
        shown = range(top, top + self.size.height)
        for index in shown:
            if before[index : index + 1] != lines[index : index + 1]:
                self.refresh(Region(0, index - top, self.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index = y + int(self.scroll_y)
        pieces = self._lines[index] if index < len(self._lines) else ()
        strip = self._strips.get(pieces)
        if strip is None:
            segments = [Segment(text, self._style(role)) for text, role in pieces]
            strip = Strip(segments, sum(cell_len(text) for text, _ in pieces))
            self._strips[pieces] = strip
        return strip.crop_extend(0, self.width, self.ground)

    def notify_style_update(self) -> None:
        """Drop the strips of the old theme."""
        super().notify_style_update()
        self._strips = {}

    def _style(self, role: str) -> Style:
        found = self._styles.get(role)
        if found is None:
            full = self.get_component_rich_style(f"text--{role}")
            found = self.ground + Style(color=full.color, bold=full.bold)
            self._styles[role] = found
        return found
