"""The table of an environment's keys, grouped by section."""

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from widgets.rows.environment_row import Heading, KeyLine, TableLine, cells
from widgets.tables.cursor_table import CursorTable, fit

LEAD: Final = 3
"""Cells for the cursor, the mark of findings, and a gap."""
GAP: Final = 1
STATE: Final = 13
KEYS: Final = (16, 34)
"""The least and the most cells for keys."""
READERS: Final = (10, 26)


class EnvironmentTable(CursorTable):
    """Shows one line a key; the cursor stays on its key when the file is edited."""

    BINDING_GROUP_TITLE = "Keys of the file"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--section"}
    DEFAULT_CSS = """
    EnvironmentTable { overflow-x: hidden; }
    EnvironmentTable > .table--section { color: $text-accent; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self._lines: Sequence[TableLine] = ()
        self._longest = 0
        self._revealed = ""

    # Lines.

    @property
    def lines(self) -> Sequence[TableLine]:
        """The lines that are shown."""
        return self._lines

    @property
    def current(self) -> KeyLine | None:
        """The line under the cursor."""
        at = self._line_by_key.get(self.cursor_key)
        line = self._lines[at] if at is not None else None
        return line if isinstance(line, KeyLine) else None

    def show(self, lines: Sequence[TableLine]) -> None:
        """Show new lines."""
        self._lines = lines
        at = [place for place, line in enumerate(lines) if isinstance(line, KeyLine)]
        keys = [line for line in lines if isinstance(line, KeyLine)]
        longest = max((cell_len(line.row.key) for line in keys), default=0)
        self._longest = longest + 1  # with the star of a required key
        self.set_keys([line.name for line in keys], at, len(lines))
        if not keys:
            self.cursor_key = ""
        self.fit_columns()
        self.follow_cursor()
        self.refresh()

    def reveal(self, name: str) -> None:
        """Show the value of a key unmasked; of none if the name is empty."""
        if name != self._revealed:
            self._revealed = name
            self.refresh()

    def go_to_problem(self) -> bool:
        """Select the next key with a problem; returns whether there is one."""
        at = self._line_by_key.get(self.cursor_key, -1)
        behind = [*self._lines[at + 1 :], *self._lines[: at + 1]]
        found = next((x for x in behind if isinstance(x, KeyLine) and x.problem), None)
        if found is not None:
            self.cursor_key = found.name
        return found is not None

    # Drawing.

    def fit_columns(self) -> None:
        """Set the size of the content; columns depend on the width when drawn."""
        self.resize_content(Size(self.scrollable_content_region.width, len(self._lines) + 1))

    def first_visible_with(self, line: int) -> int:
        """Keep the name of a section visible with its first key."""
        return line - (line > 0 and isinstance(self._lines[line - 1], Heading))

    def _widths(self, width: int) -> tuple[int, int, int, int]:
        """The widths of state, key, value and readers."""
        room = width - LEAD - STATE - 3 * GAP
        key = min(max(self._longest, KEYS[0]), KEYS[1], room * 2 // 5)
        reading = min(max(READERS[0], room // 5), READERS[1])
        return STATE, key, max(room - key - reading, 1), reading

    def heading(self) -> Strip:
        """The heading of the columns."""
        widths = self._widths(self.scrollable_content_region.width)
        text = " " * LEAD + " ".join(map(fit, ("STATE", "KEY", "VALUE", "READ BY"), widths))
        return Strip([Segment(text, self.ground + self.style_of("heading"))])

    def line_strip(self, line: int) -> tuple[Strip, Style]:
        """The line of a key, or the name of a section."""
        found = self._lines[line]
        if isinstance(found, KeyLine):
            return self._key_strip(found)
        style = self.ground + self.style_of("section")
        return Strip([Segment(f"  {found.words}", style)]), self.ground

    def _key_strip(self, line: KeyLine) -> tuple[Strip, Style]:
        at_cursor = line.name == self.cursor_key
        ground = self.cursor_ground(line.name)
        widths = self._widths(self.scrollable_content_region.width)
        solid = at_cursor and self.has_focus
        mark, *others = cells(line.row, revealed=line.name == self._revealed)
        segments = [
            Segment("▌" if at_cursor else " ", ground),
            Segment(f"{mark.text} ", ground if solid else ground + self.style_of(mark.tone.value)),
        ]
        for at, (cell, cells_wide) in enumerate(zip(others, widths, strict=True)):
            style = ground if solid else ground + self.style_of(cell.tone.value)
            if at:
                segments.append(Segment(" " * GAP, ground))
            segments.append(Segment(fit(cell.text, cells_wide), style))
        return Strip(segments), ground
