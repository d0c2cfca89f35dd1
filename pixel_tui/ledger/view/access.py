"""What a console needs to show a ledger."""

from dataclasses import dataclass

from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.view.watch import LedgerSource


@dataclass(frozen=True, slots=True)
class LedgerAccess:
    """The source of a ledger's view, and the paths of its files."""

    source: LedgerSource
    place: LedgerPlace
    changeable: bool = True
    """Whether there are files that a console may change."""
