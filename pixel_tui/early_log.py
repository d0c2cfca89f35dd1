"""What is logged where there is no log file: kept for one, as the terminal is the console's.

A command has none. What is worth a warning is a line on its standard error.
"""

import logging
from typing import Final

from pixel_tui.redaction.redactor import redact
from pixel_tui.standard_streams import complain

MOST: Final = 200


class _Spoken(logging.Handler):
    """Says the record as a line of the program, with the reason and without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        error = record.exc_info[1] if record.exc_info else None
        reason = f": {str(error) or type(error).__name__}" if error is not None else ""
        complain(redact(f"{record.getMessage()}{reason}"))


def speak_warnings() -> None:
    """Have Python say what nobody logs as this program does, redacted and harmless."""
    logging.lastResort = _Spoken(logging.WARNING)


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
