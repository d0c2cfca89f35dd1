"""Logging before there is a log file: records are held for it, as the console has the terminal.

Shell commands have no log file: they print warnings on standard error.
"""

import logging
from typing import Final

from pixel_tui.redaction.redactor import redact
from pixel_tui.standard_streams import complain

MOST: Final = 200


class _Spoken(logging.Handler):
    """Prints a record as a line of the program, with the error but without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record."""
        error = record.exc_info[1] if record.exc_info else None
        reason = f": {str(error) or type(error).__name__}" if error is not None else ""
        complain(redact(f"{record.getMessage()}{reason}"))


def speak_warnings() -> None:
    """Print otherwise unhandled warnings like messages of this program, redacted."""
    logging.lastResort = _Spoken(logging.WARNING)


class _Held(logging.Handler):
    """Holds the first records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Hold the record."""
        if len(self.records) < MOST:
            self.records.append(record)


def hold_log() -> None:
    """Hold log records from now on; Python would print warnings on the screen."""
    logging.getLogger().addHandler(_Held())


def hand_over(handler: logging.Handler) -> None:
    """Pass held records, and all later ones, to a handler."""
    root = logging.getLogger()
    root.addHandler(handler)
    for held in [item for item in root.handlers if isinstance(item, _Held)]:
        root.removeHandler(held)
        for record in held.records:
            handler.handle(record)
