"""The finding of the selected service with its fix, and the number of other findings."""

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from pixel_tui.health.finding import Finding, Severity
from pixel_tui.text import SafeText

_LEAD = {
    Severity.BROKEN: ("✗ ", "$text-error bold"),
    Severity.WARNING: ("! ", "$text-warning bold"),
}


class Advice(Widget):
    """Two lines: the finding of the selected service, or that there is none; and how many more.

    Args:
        next_key: The key that selects the next problem, as it is shown.
    """

    DEFAULT_CSS = """
    Advice {
        height: 2; padding: 0 1; color: $foreground-muted;
        text-overflow: ellipsis; text-wrap: nowrap;
    }
    """

    finding: reactive[Finding | None] = reactive(None)
    """The finding of the selected service."""
    all_clear: reactive[str] = reactive("")
    """Shown if it has none."""
    others: reactive[int] = reactive(0)
    """The number of other services with a finding."""

    def __init__(self, next_key: SafeText) -> None:
        super().__init__()
        self._next_key = next_key

    def render(self) -> RenderResult:
        """Both lines; the first gives way to the number of others."""
        if self.finding is None:
            return Content(self.all_clear)
        first, second = _lines(self.finding)
        words = f"  +{self.others} more ({self._next_key})" if self.others else ""
        more = Content.styled(words, "$text-accent")
        width = max(self.content_size.width - more.cell_length, 0)
        cut = first.truncate(width, ellipsis=True, pad=True)
        return Content("\n").join([cut + more, second])


def _lines(finding: Finding) -> tuple[Content, Content]:
    lead, style = _LEAD.get(finding.severity, ("· ", "$text-primary"))
    first = Content.assemble(
        (lead, style),
        (f"{finding.service} {finding.what}", style),
        (f": {finding.why}" if finding.why else "", "$foreground"),
    )
    hint = f"  → {finding.hint}" if finding.hint else ""
    return first, Content.styled(hint, "$foreground-muted")
