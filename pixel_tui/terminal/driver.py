"""A terminal that takes nothing for a while: held, or at the end of a link that stands still.

Textual hands what it paints to a thread that writes it, by a queue that is soon full; whoever
puts more into it waits for good, and that is the event loop. So is who waits for its end.
"""

import logging
import signal
import termios
import threading
from contextlib import suppress
from types import FrameType
from typing import Final

from textual.drivers.linux_driver import LinuxDriver

log = logging.getLogger(__name__)

MOST_WAITING: Final = 9
"""Writes that may wait: three to a picture, and Textual's queue takes thirty."""
PATIENCE_SECONDS: Final = 3.0
"""How long a terminal may take nothing of the last words before they are thrown away."""
THROW_SECONDS: Final = 0.01
"""Between two throws: a picture is many times as large as what there is room for at once."""


class NonBlockingDriver(LinuxDriver):
    """Says whether the terminal is behind, and waits for it at the end for a moment only."""

    @property
    def is_held(self) -> bool:
        """Whether the terminal is behind with what was painted, and is to get no more for now."""
        writer = self._writer_thread
        return writer is not None and writer._queue.qsize() > MOST_WAITING  # noqa: SLF001

    def close(self) -> None:
        """End the thread that writes, with what the terminal does not take thrown away.

        There is room then for what gives it back as it was; it may take that later.
        """
        writer = self._writer_thread
        if writer is not None:
            # Its only use is to have a write that waits look once more whether there is room.
            signal.signal(signal.SIGURG, _heard)
            threading.Thread(
                target=self._throw_away, args=(writer,), name="parting", daemon=True
            ).start()
        super().close()

    def _throw_away(self, writer: threading.Thread) -> None:
        writer.join(PATIENCE_SECONDS)
        if writer.is_alive():
            log.warning("the terminal takes nothing: what was painted last is thrown away")
        while writer.is_alive() and writer.ident is not None:
            with suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCOFLUSH)
            signal.pthread_kill(writer.ident, signal.SIGURG)
            writer.join(THROW_SECONDS)


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Nothing else is done: that it interrupts is enough."""
