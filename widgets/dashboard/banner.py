"""What stands in the way: the engine, compose or the project, with the hint."""

from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from pixel_tui.health.stack_findings import stack_findings
from pixel_tui.stack.model.snapshot import StackSnapshot, Trouble
from widgets.rows.figures import since


class Banner(Static):
    """Shown only while the picture is not whole."""

    DEFAULT_CSS = """
    Banner {
        height: auto; max-height: 8; padding: 0 1;
        color: $text; background: $error-muted;
        display: none;
    }
    Banner.-shown { display: block; }
    """

    def show(self, snapshot: StackSnapshot, now: datetime) -> None:
        """Say what is wrong with the engine, the project or the stack as a whole, if anything."""
        parts = [
            _sentence(trouble, now)
            for trouble in (snapshot.engine.trouble, snapshot.project_trouble)
            if trouble is not None
        ]
        parts += [
            Content.assemble(("! ", "bold"), (finding.what, "bold"), f" {finding.hint}")
            for finding in stack_findings(snapshot)
        ]
        self.set_class(bool(parts), "-shown")
        if parts:
            self.update(Content("\n").join(parts))


def _sentence(trouble: Trouble, now: datetime) -> Content:
    return Content.assemble(
        ("! ", "bold"),
        (trouble.what, "bold"),
        (f" {trouble.hint}" if trouble.hint else "", ""),
        (f"  (for {since(trouble.since, now)})", "dim"),
    )
