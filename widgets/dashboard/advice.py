"""A word on the selected service: what is wrong with it, why, what to do."""

from textual.content import Content
from textual.widgets import Static

from pixel_tui.health.finding import Finding, Severity

_LEAD = {
    Severity.BROKEN: ("✗ ", "$text-error bold"),
    Severity.WARNING: ("! ", "$text-warning bold"),
}


class Advice(Static):
    """The finding of the selected service, or that there is none."""

    DEFAULT_CSS = """
    Advice {
        height: 2; padding: 0 1; color: $foreground-muted;
        text-overflow: ellipsis; text-wrap: nowrap;
    }
    """

    _said = Content("")

    def show(self, finding: Finding | None, calm: str) -> None:
        """Say the finding; or something calm.

        Args:
            finding: What is wrong with the selected service.
            calm: What to say where nothing is.
        """
        content = _sentence(finding) if finding else Content(calm)
        if content == self._said:
            return
        # Always two lines high: another height would lay the whole screen out anew.
        self.update(content, layout=False)
        self._said = content


def _sentence(finding: Finding) -> Content:
    lead, style = _LEAD.get(finding.severity, ("· ", "$text-primary"))
    return Content.assemble(
        (lead, style),
        (f"{finding.service} {finding.what}", style),
        (f": {finding.why}" if finding.why else "", "$foreground"),
        (f"\n  → {finding.remedy}" if finding.remedy else "", "$foreground-muted"),
    )
