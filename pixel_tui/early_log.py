"""What is logged before there is a log file is kept for it: the terminal is the console's."""

import logging
from typing import Final

MOST: Final = 200


class _Held(logging.Handler):
    """Keeps the first records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if len(self.records) < MOST:
            self.records.append(record)


def hold_log() -> None:
    """Keep what is logged from now on; Python would print warnings over the picture."""
    logging.getLogger().addHandler(_Held())


def hand_over(handler: logging.Handler) -> None:
    """Let a handler have what was kept, and whatever comes."""
    root = logging.getLogger()
    root.addHandler(handler)
    for held in [item for item in root.handlers if isinstance(item, _Held)]:
        root.removeHandler(held)
        for record in held.records:
            handler.handle(record)
