"""Searches all that the engine has of some logs, without keeping it in memory.

Large chunks of the engine's answer are searched before they are parsed, because most contain
no match. Only those that might are split into lines.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pixel_tui.errors import EngineError
from pixel_tui.logs.search import Matcher
from pixel_tui.stack.feed.frames import HEADER, splitter
from pixel_tui.stack.feed.history import LogHistory
from pixel_tui.stack.feed.ring import LogLine
from pixel_tui.stack.model.container import Container
from pixel_tui.text import NO_TEXT, SafeText, plain

log = logging.getLogger(__name__)

MAX_MATCHES: Final = 10_000
"""Matching lines that are kept; later ones are only counted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a search."""

    lines: int = 0
    """Lines searched so far."""
    bytes: int = 0
    matches: int = 0
    reading: SafeText = NO_TEXT
    """The container whose log is being read."""
    done: bool = False
    cancelled: bool = False
    trouble: SafeText = NO_TEXT


class HistorySearch:
    """A search through the complete logs of some containers.

    `run` blocks; everything else may be called from any thread.

    Args:
        history: Reads the logs.
        containers: The containers to search.
        matcher: The compiled query.
    """

    def __init__(
        self, history: LogHistory, containers: Sequence[Container], matcher: Matcher
    ) -> None:
        self._history = history
        self._containers = containers
        self._matcher = matcher
        self._found: list[LogLine] = []
        self._lock = threading.Lock()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        """The current progress."""
        return self._progress

    @property
    def found(self) -> Sequence[LogLine]:
        """The matching lines, oldest first; at most `MAX_MATCHES`."""
        with self._lock:
            return tuple(sorted(self._found, key=lambda line: line.stamp))

    def cancel(self) -> None:
        """Cancel the search; returns at once."""
        if not self._progress.done:
            self._progress = replace(self._progress, cancelled=True)
            self._history.close()

    def run(self) -> None:
        """Search until the end, or until cancelled."""
        trouble = NO_TEXT
        try:
            for container in self._containers:
                self._update(reading=container.name)
                self._search(container)
        except EngineError as error:
            trouble = plain(str(error))
        except Exception:
            log.exception("a search of older lines failed")
            trouble = SafeText("The search failed; see pixel-tui's log file.")
        self._update(done=True, trouble=NO_TEXT if self._progress.cancelled else trouble)

    def _search(self, container: Container) -> None:
        rest = b""
        complete_end = _line_end if container.tty else _frame_end
        for chunk in self._history.chunks(container, None):
            if self._progress.cancelled:
                return
            data = rest + chunk
            end, lines = complete_end(data)
            self._search_chunk(container, data[:end], lines)
            rest = data[end:]
        self._search_chunk(container, rest, 1 if rest else 0)

    def _search_chunk(self, container: Container, data: bytes, lines: int) -> None:
        """Search a chunk that ends with a complete line."""
        prefilter = self._matcher.prefilter
        found: list[LogLine] = []
        if data and (prefilter is None or b"\x1b" in data or prefilter(data)):
            line_splitter = splitter(container.name, tty=container.tty)
            matches = self._matcher.matches
            found = [
                line
                for line in line_splitter.feed(data) + line_splitter.flush()
                if matches(line.text)
            ]
        with self._lock:
            self._found += found[: max(MAX_MATCHES - len(self._found), 0)]
        progress = self._progress
        self._update(
            lines=progress.lines + lines,
            bytes=progress.bytes + len(data),
            matches=progress.matches + len(found),
        )

    def _update(self, **changes: object) -> None:
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]


def _line_end(data: bytes) -> tuple[int, int]:
    """Return the end of the last complete line, and how many there are."""
    end = data.rfind(b"\n") + 1
    return end, data.count(b"\n", 0, end)


def _frame_end(data: bytes) -> tuple[int, int]:
    """Return the end of the last frame that completes a line, and the number of lines up to it."""
    position, end, lines, size = 0, 0, 0, len(data)
    while size - position >= HEADER:
        if data[position + 1 : position + 4] != b"\0\0\0":
            return _line_end(data)  # the stream has no frames
        after = position + HEADER + int.from_bytes(data[position + 4 : position + 8], "big")
        if after > size:
            break
        if data[after - 1] == 0x0A:
            end, lines = after, lines + 1
        position = after
    return end, lines
