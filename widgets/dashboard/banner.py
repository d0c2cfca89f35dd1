"""Problems of the Docker daemon, compose or the project, each with its fix."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from pixel_tui.health.stack_findings import stack_findings
from pixel_tui.stack.model.snapshot import StackSnapshot, Trouble
from widgets.rows.numbers import since

RETRIES: Final = "pixel-tui retries automatically."


class Banner(Static):
    """Lists the problems of the daemon, compose and the project; hidden if there are none."""

    DEFAULT_CSS = """
    Banner {
        height: auto; max-height: 8; padding: 0 1;
        color: $text; background: $error-muted;
        display: none;
    }
    Banner.-shown { display: block; }
    """

    snapshot: var[StackSnapshot | None] = var(None)
    now: var[datetime | None] = var(None)
    problems: var[Content] = var(Content(""), init=False)
    """One line a problem; empty if there is none."""

    def watch_snapshot(self) -> None:
        """List the problems of a new snapshot."""
        self._list_problems()

    def watch_now(self) -> None:
        """Update how long each problem has lasted."""
        self._list_problems()

    def watch_problems(self) -> None:
        """Show the problems, or hide the banner."""
        self.set_class(bool(self.problems), "-shown")
        self.update(self.problems)

    def _list_problems(self) -> None:
        if self.snapshot is not None and self.now is not None:
            self.problems = Content("\n").join(_lines(self.snapshot, self.now))


def _lines(snapshot: StackSnapshot, now: datetime) -> Iterator[Content]:
    for trouble in (snapshot.engine.trouble, snapshot.project_trouble):
        if trouble is not None:
            yield _sentence(trouble, now)
    for finding in stack_findings(snapshot):
        yield Content.assemble(("! ", "bold"), (finding.what, "bold"), f" {finding.hint}")


def _sentence(trouble: Trouble, now: datetime) -> Content:
    return Content.assemble(
        ("! ", "bold"),
        (trouble.what, "bold"),
        (f" {trouble.hint}" if trouble.hint else "", ""),
        (f" {RETRIES}", ""),
        (f"  (for {since(trouble.since, now)})", "dim"),
    )
