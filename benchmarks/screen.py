"""What recorded bytes look like on a screen."""

import re
from collections.abc import Sequence
from typing import Final

import pyte

from benchmarks.terminal import COLUMNS, ROWS, Chunk

_SERVICE: Final = re.compile(r"^[▌ ][* ]svc-\d{3} +(\S.*)")
_STATE: Final = re.compile(r"● running\b")


class Screen:
    """A terminal emulator that is shown a recording."""

    def __init__(self, columns: int = COLUMNS, rows: int = ROWS) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    def show(self, data: bytes) -> None:
        """Show raw bytes."""
        self._stream.feed(data)

    @property
    def lines(self) -> Sequence[str]:
        """The text."""
        return list(self._screen.display)

    @property
    def cursor_row(self) -> int | None:
        """The screen row, from 1, that the cursor's bar stands in."""
        return next((at for at, line in enumerate(self.lines, 1) if line.startswith("▌")), None)

    def is_full(self, services: int) -> bool:
        """Whether the table shows every service with its state.

        That is: the header says that all of them run, and each row that fits on the
        screen says so too.
        """
        lines = self.lines
        if not any(f" {services} of {services} running" in line for line in lines[:2]):
            return False
        rows = [match[1] for line in lines if (match := _SERVICE.match(line))]
        return len(rows) >= min(services, 20) and all(map(_STATE.search, rows))

    def full_at(self, chunks: Sequence[Chunk], services: int) -> float | None:
        """Show chunk by chunk; returns when the table was full, None if it never was."""
        at = None
        for chunk in chunks:
            self.show(chunk.data)
            if at is None and self.is_full(services):
                at = chunk.at
        return at
