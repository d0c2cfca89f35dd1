"""The details pane: everything about the selected service, scrolled as text."""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from widgets.rows.detail_rows import Line, Section
from widgets.rows.service_row import Tone

LABEL_CELLS: Final = 13
INDENT: Final = 2
LONGEST_LABEL: Final = 20
_STYLES: Final = {
    Tone.PLAIN: "",
    Tone.MUTED: "$foreground-muted",
    Tone.GOOD: "$text-success",
    Tone.NOTE: "$text-primary",
    Tone.WARN: "$text-warning",
    Tone.BAD: "$text-error bold",
}


class Details(VerticalScroll, can_focus=True):
    """Sections of labelled lines. It repaints only when what it says changes."""

    BINDING_GROUP_TITLE = "Details"
    DEFAULT_CSS = """
    Details { padding: 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    Details > Static { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="details.up"),
        Binding("j", "scroll_down", "Down", show=False, id="details.down"),
        Binding("g", "scroll_home", "Top", show=False, id="details.top"),
        Binding("G", "scroll_end", "Bottom", show=False, id="details.bottom"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._sections: Sequence[Section] = ()
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        """One text that holds it all."""
        yield self._text

    @property
    def sections(self) -> Sequence[Section]:
        """What is shown now."""
        return self._sections

    def show(self, sections: Sequence[Section], *, other: bool) -> None:
        """Show these sections; from the top when they are of another service."""
        if sections != self._sections:
            self._sections = sections
            self._draw()
        if other:
            self.scroll_home(animate=False, immediate=True)

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width:  # else nobody sees it
            self._text.update(_content(self._sections, width))


def _content(sections: Sequence[Section], width: int) -> Content:
    parts: list[Content] = []
    for section in sections:
        if parts:
            parts.append(Content(""))
        parts.append(Content.styled(section.title, "$text-accent bold"))
        for line in section.lines:
            parts += _lines(line, width)
    return Content("\n").join(parts)


def _lines(line: Line, width: int) -> list[Content]:
    """A value beside its label, and below itself where it does not fit."""
    label = line.label
    indent = INDENT if not label else max(INDENT + LABEL_CELLS, INDENT + len(label) + 1)
    if label and (len(label) > LONGEST_LABEL or indent > width // 2):
        # The label is long (a path, a label's name): the value goes below it.
        head = [Content.styled(" " * INDENT + label, "$foreground-muted")]
        return head + _lines(Line("", line.value, line.tone), width)
    wrapped = wrap(line.value, max(width - indent, 8), break_on_hyphens=False) or [""]
    first = Content.styled(f"{' ' * INDENT}{label}".ljust(indent), "$foreground-muted")
    style = _STYLES[line.tone]
    return [
        first + Content.styled(wrapped[0], style),
        *(Content(" " * indent) + Content.styled(rest, style) for rest in wrapped[1:]),
    ]
