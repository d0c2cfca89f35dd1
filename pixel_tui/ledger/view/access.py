"""What a console needs to look at a ledger."""

from dataclasses import dataclass

from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.view.watch import LedgerSource


@dataclass(frozen=True, slots=True)
class LedgerAccess:
    """Who keeps its view, and where its files are."""

    source: LedgerSource
    place: LedgerPlace
    changeable: bool = True
    """Whether there are files behind it that a console may change."""
