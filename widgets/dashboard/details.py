"""The text of the details pane."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from widgets.lines.text_lines import TextLine, TextLines
from widgets.rows.detail_rows import DetailLine, Section

LABEL_CELLS: Final = 13
INDENT: Final = 2
LONGEST_LABEL: Final = 20


class Details(TextLines):
    """Shows sections of labelled lines; repaints only lines that change."""

    BINDING_GROUP_TITLE = "Details"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False, id="details.up"),
        Binding("j", "scroll_down", "Down", show=False, id="details.down"),
        Binding("g", "scroll_home", "Top", show=False, id="details.top"),
        Binding("G", "scroll_end", "Bottom", show=False, id="details.bottom"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._sections: Sequence[Section] = ()

    @property
    def sections(self) -> Sequence[Section]:
        """The sections that are shown."""
        return self._sections

    def show(self, sections: Sequence[Section], *, other: bool) -> None:
        """Show these sections.

        Args:
            sections: The sections.
            other: Whether they are of another service, so that they are shown from the top.
        """
        if sections != self._sections:
            self._sections = sections
            self._draw()
        if other:
            self.scroll_to(0, 0, animate=False, immediate=True)

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._draw()

    def _draw(self) -> None:
        if self.width:  # 0 while it is hidden
            self.show_lines(list(_lines(self._sections, self.width)))


def _lines(sections: Sequence[Section], width: int) -> Iterator[TextLine]:
    for number, section in enumerate(sections):
        if number:
            yield ()
        yield ((section.title, "title"),)
        for line in section.lines:
            yield from _wrapped(line, width)


def _wrapped(line: DetailLine, width: int) -> Iterator[TextLine]:
    """A value beside its label, wrapped below itself if it is too long."""
    label = line.label
    indent = INDENT if not label else max(INDENT + LABEL_CELLS, INDENT + len(label) + 1)
    if label and (len(label) > LONGEST_LABEL or indent > width // 2):
        # A long label, such as a path: the value goes below it.
        yield ((" " * INDENT + label, "label"),)
        yield from _wrapped(DetailLine("", line.value, line.tone), width)
        return
    first, *rest = wrap(line.value, max(width - indent, 8), break_on_hyphens=False) or [""]
    head = f"{' ' * INDENT}{label}".ljust(indent)
    yield ((head, "label"), (first, line.tone.value))
    for part in rest:
        yield ((" " * indent, "label"), (part, line.tone.value))
