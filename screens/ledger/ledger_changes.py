"""Changes of the ledger as messages, at most one at a time."""

from collections.abc import Callable

from textual.message import Message
from textual.widget import Widget

from pixel_tui.ledger.view.watch import LedgerSource


class LedgerChanged(Message):
    """The ledger has changed."""


class LedgerChanges:
    """Posts a message if the ledger changes, unless one is pending.

    Args:
        widget: Gets the messages, and calls `receive` when it handles one.
        source: Calls from its own threads.
    """

    def __init__(self, widget: Widget, source: LedgerSource) -> None:
        self._widget = widget
        self._source = source
        self._pending = False
        self._unsubscribe: Callable[[], None] = lambda: None

    def subscribe(self) -> None:
        """Start to post messages."""
        self._unsubscribe = self._source.subscribe(lambda _view: self._post())

    def unsubscribe(self) -> None:
        """Post no more messages."""
        self._unsubscribe()

    def receive(self) -> None:
        """Allow the next message."""
        self._pending = False

    def _post(self) -> None:
        if not self._pending:
            self._pending = True
            self._widget.post_message(LedgerChanged())
