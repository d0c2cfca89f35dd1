"""The rows of the audit list. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from pixel_tui.operations.audit.entries import UNKNOWN, AuditEntry
from pixel_tui.text import plain
from widgets.dashboard.job_list import STATE_LOOKS
from widgets.tables.cursor_table import fit

GAP: Final = "  "
WIDEST_WHO: Final = 16
WIDEST_PROJECT: Final = 16
RESULTS: Final[Mapping[str, tuple[str, str]]] = {
    **STATE_LOOKS,
    UNKNOWN: ("? unknown", "$text-warning"),
}
"""A word and a style for each result."""
RESULT: Final = 12


@dataclass(frozen=True, slots=True)
class AuditColumns:
    """The widths of the columns; the title of the change gets the rest of the line.

    Args:
        took: Cells for the durations.
        who: Cells for the users.
        project: Cells for the projects; 0 if there is only one.
    """

    took: int
    who: int
    project: int

    @classmethod
    def of(cls, entries: Sequence[AuditEntry]) -> "AuditColumns":
        """The widths that these changes need, within limits."""
        took = max((cell_len(entry.duration) for entry in entries), default=0)
        who = max((cell_len(entry.author) for entry in entries), default=0)
        projects = {entry.project for entry in entries if entry.project}
        widest = max(map(cell_len, projects)) if len(projects) > 1 else 0
        return cls(
            max(took, len("TOOK")),
            min(max(who, len("WHO")), WIDEST_WHO),
            min(max(widest, len("PROJECT")), WIDEST_PROJECT) if widest else 0,
        )

    @property
    def heading(self) -> Content:
        """The heading of the columns."""
        cells = (
            fit("TIME", 15),
            fit("RESULT", RESULT),
            fit("TOOK", self.took, right=True),
            fit("WHO", self.who),
            *([fit("PROJECT", self.project)] if self.project else []),
            "WHAT",
        )
        return Content.styled(GAP.join(cells), "$text-accent bold")

    def line(self, entry: AuditEntry) -> Content:
        """The row of a change."""
        word, style = RESULTS.get(entry.result, (entry.result, ""))
        began = f"{entry.started_at.astimezone():%b %d %H:%M:%S}" if entry.started_at else "?"
        return Content.assemble(
            (fit(began, 15), "$foreground-muted"),
            GAP,
            (fit(plain(word), RESULT), style),
            GAP,
            (fit(entry.duration, self.took, right=True), "$foreground-muted"),
            GAP,
            (fit(entry.author, self.who), ""),
            GAP,
            (fit(entry.project, self.project) + GAP if self.project else "", ""),
            (entry.title, "bold"),
            (f"{GAP}{entry.client}" if entry.client else "", "$foreground-muted"),
        )
