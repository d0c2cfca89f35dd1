"""Logging before there is a log file: records are held for it, as the console has the terminal.

Shell commands have no log file: they print warnings on standard error.
"""

import logging
from typing import Final

from pixel_tui.redaction.redactor import redact
from pixel_tui.standard_streams import print_error

MAX_RECORDS: Final = 200


class _PrintingHandler(logging.Handler):
    """Prints a record as a line of the program, with the error but without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record."""
        error = record.exc_info[1] if record.exc_info else None
        reason = f": {str(error) or type(error).__name__}" if error is not None else ""
        print_error(redact(f"{record.getMessage()}{reason}"))


def print_warnings() -> None:
    """Print otherwise unhandled warnings like messages of this program, redacted."""
    logging.lastResort = _PrintingHandler(logging.WARNING)


class _HoldingHandler(logging.Handler):
    """Holds the first records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Hold the record."""
        if len(self.records) < MAX_RECORDS:
            self.records.append(record)


def hold_log_records() -> None:
    """Hold log records from now on; Python would print warnings on the screen."""
    logging.getLogger().addHandler(_HoldingHandler())


def release_log_records(handler: logging.Handler) -> None:
    """Pass held records, and all later ones, to a handler."""
    root = logging.getLogger()
    root.addHandler(handler)
    for held in [item for item in root.handlers if isinstance(item, _HoldingHandler)]:
        root.removeHandler(held)
        for record in held.records:
            handler.handle(record)
