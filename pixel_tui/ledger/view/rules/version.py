"""The ledger has an unsupported format version."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.ledger.reading.reading import FORMAT
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerState, Rule
from pixel_tui.text import SafeText, plain


def find_version(case: LedgerState) -> Iterator[LedgerFinding]:
    """Find an unsupported format version."""
    if case.reading.present and case.reading.version != FORMAT:
        yield LedgerFinding(
            "version",
            plain(f"the ledger has version {case.reading.version}; pixel-tui supports {FORMAT}"),
            advice=SafeText("pixel-tui shows it, but does not change it"),
        )


RULE: Final = Rule("version", order=140, find=find_version)
