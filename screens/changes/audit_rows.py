"""The list of the audit trail: one line a change, in columns. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from pixel_tui.operations.audit.entries import AuditEntry
from pixel_tui.text import plain
from widgets.tables.cursor_table import fit

GAP: Final = "  "
WIDEST_WHO: Final = 16
WIDEST_PROJECT: Final = 16
RESULTS: Final = {
    "succeeded": ("✓ succeeded", "$text-success"),
    "failed": ("✗ failed", "$text-error bold"),
    "cancelled": ("■ cancelled", "$text-warning"),
    "running": ("▸ running", "$text-primary"),
    "no result": ("? no result", "$text-warning"),
    "unknown": ("? unknown", "$text-warning"),
}
RESULT: Final = 12


@dataclass(frozen=True, slots=True)
class AuditColumns:
    """The columns of some changes; what they did has the rest of the line.

    Args:
        took: The width of how long they took, in cells.
        who: The width of who made them.
        project: The width of their projects; 0 if they are all of one project.
    """

    took: int
    who: int
    project: int

    @classmethod
    def of(cls, entries: Sequence[AuditEntry]) -> "AuditColumns":
        """As wide as these changes need, within reason."""
        took = max((cell_len(entry.took) for entry in entries), default=0)
        who = max((cell_len(entry.who) for entry in entries), default=0)
        projects = {entry.project for entry in entries if entry.project}
        widest = max(map(cell_len, projects)) if len(projects) > 1 else 0
        return cls(
            max(took, len("TOOK")),
            min(max(who, len("WHO")), WIDEST_WHO),
            min(max(widest, len("PROJECT")), WIDEST_PROJECT) if widest else 0,
        )

    @property
    def heading(self) -> Content:
        """The titles of the columns."""
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
        """A change."""
        word, style = RESULTS.get(entry.result, (entry.result, ""))
        began = f"{entry.began.astimezone():%b %d %H:%M:%S}" if entry.began else "?"
        return Content.assemble(
            (fit(began, 15), "$foreground-muted"),
            GAP,
            (fit(plain(word), RESULT), style),
            GAP,
            (fit(entry.took, self.took, right=True), "$foreground-muted"),
            GAP,
            (fit(entry.who, self.who), ""),
            GAP,
            (fit(entry.project, self.project) + GAP if self.project else "", ""),
            (entry.title, "bold"),
            (f"{GAP}{entry.whence}" if entry.whence else "", "$foreground-muted"),
        )
