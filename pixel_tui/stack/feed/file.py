"""A log feed of a file with the output of a command."""

import logging
import threading
from datetime import datetime
from pathlib import Path
from typing import Final

from pixel_tui.files import open_regular
from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.feed.feed import FeedState, FeedStatus, HistoryExtent, Source
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring
from pixel_tui.text import plain

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.2
CHUNK: Final = 256 * 1024


class FileFeed:
    """A `LogFeed` of a growing file. The file has raw output, in which secrets are masked here.

    Args:
        path: The file; it need not exist yet.
        name: The name of the lines' source.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.ring = Ring()
        self._path = path
        self._name = plain(name)
        self._closed = threading.Event()
        self._status = FeedStatus(FeedState.LIVE)
        threading.Thread(target=self._run, name="file-feed", daemon=True).start()

    @property
    def status(self) -> FeedStatus:
        """The state, with the reason if the file can't be read."""
        return self._status

    @property
    def sources(self) -> tuple[Source, ...]:
        """The only source."""
        return (Source(self._name, self._name, self._name),)

    @property
    def reach(self) -> HistoryExtent:
        """Always complete: the ring has all lines."""
        return HistoryExtent(first=True)

    def older(self) -> None:
        """Do nothing: there are no older lines."""

    def newer(self) -> None:
        """Do nothing: the feed is always at the end."""

    def jump_to_first(self) -> None:
        """Do nothing: the ring has the first lines."""

    def jump_to_last(self) -> None:
        """Do nothing: the feed is always at the end."""

    def jump_to_time(self, at: datetime) -> None:
        """Do nothing: the lines have no times."""

    def mark(self, words: str, at: datetime, source: str = "") -> None:  # noqa: ARG002  no line has a time
        """Append a mark after the last line."""
        self.ring.extend([LogLine(b"", source, LineKind.MARK, words.encode())])

    def close(self) -> None:
        """Stop following."""
        self._closed.set()

    def _run(self) -> None:
        offset, rest = 0, b""
        while True:
            last = self._closed.is_set()
            try:
                with open_regular(self._path) as file:
                    file.seek(offset)
                    while chunk := file.read(CHUNK):
                        offset += len(chunk)
                        *lines, rest = (rest + chunk).split(b"\n")
                        self.ring.extend([self._line(line) for line in lines])
            except FileNotFoundError:
                pass
            except OSError as error:
                log.warning("the output %s can't be read: %s", self._path, error)
                self._status = FeedStatus(
                    FeedState.REFUSED, plain(f"The output can't be read: {error.strerror}.")
                )
            if last:
                self._status = FeedStatus(FeedState.CLOSED)
                return
            self._closed.wait(POLL_SECONDS)

    def _line(self, raw: bytes) -> LogLine:
        # Drop what a progress line has overwritten with a carriage return.
        shown = raw.rstrip(b"\r").rpartition(b"\r")[2]
        text = redact(shown.decode("utf-8", "replace")).encode("utf-8", "replace")
        return LogLine(b"", self._name, LineKind.STDOUT, text)
