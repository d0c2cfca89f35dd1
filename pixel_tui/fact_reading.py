"""Where the facts for plans come from."""

import socket

from pixel_tui.operations.facts import FactReader, Facts
from pixel_tui.stack.model import StackSnapshot
from pixel_tui.text import plain


def live_facts() -> FactReader:
    """The reader of a real stack's facts."""

    def read(_snapshot: StackSnapshot) -> Facts:
        return Facts(host=plain(socket.gethostname()))

    return read
