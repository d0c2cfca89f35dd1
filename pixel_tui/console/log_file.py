"""The console's log file, without secrets."""

import logging
import os
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from pixel_tui.early_log import release_log_records
from pixel_tui.files import PRIVATE_FILE, PRIVATE_FOLDER
from pixel_tui.redaction.redactor import redact
from pixel_tui.text import plain

NAME: Final = "pixel-tui.log"
MAX_BYTES: Final = 1024 * 1024


class _PrivateFileHandler(RotatingFileHandler):
    """A rotating log file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, PRIVATE_FILE)

        return open(self.baseFilename, "a", encoding="utf-8", opener=private)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802  logging's own name
        """Ignore the error: Python would print it over the screen."""


class _RedactingFormatter(logging.Formatter):
    """Formats a message as one plain line, and tracebacks, with secrets masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted record."""
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        lines = [head + plain(redact(record.getMessage()))]
        if record.exc_info:
            text = "".join(traceback.format_exception(*record.exc_info))
            lines += [plain(redact(line)) for line in text.splitlines()]
        return "\n".join(lines)


def start_log(folder: Path) -> Path | None:
    """Log to a file in this folder; returns its path, or None if it can't be written."""
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        handler = _PrivateFileHandler(path, maxBytes=MAX_BYTES, backupCount=2)
    except OSError:
        release_log_records(
            logging.NullHandler()
        )  # otherwise warnings would be printed over the screen
        return None
    handler.setFormatter(_RedactingFormatter())
    root = logging.getLogger()
    release_log_records(handler)
    root.setLevel(logging.INFO)
    for library in ("urllib3", "docker", "asyncio", "httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    return path
