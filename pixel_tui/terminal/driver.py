"""A driver for terminals that accept no output for a while: paused, or on a stalled link.

Textual passes output through a bounded queue to a writer thread. If it is full, the event loop
blocks forever, and so does the end of the program.
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

MAX_QUEUED: Final = 9
"""Writes that may be queued: three per frame, and Textual's queue holds thirty."""
CLOSE_SECONDS: Final = 3.0
"""How long a terminal may accept nothing at the end before the remaining output is dropped."""
DROP_SECONDS: Final = 0.01
"""Seconds between two drops: a frame is many times larger than the terminal's buffer."""


class NonBlockingDriver(LinuxDriver):
    """Reports if the terminal is behind, and waits for it only briefly at the end."""

    @property
    def is_held(self) -> bool:
        """Whether the terminal is behind with its output, and must get no more for now."""
        writer = self._writer_thread
        return writer is not None and writer._queue.qsize() > MAX_QUEUED  # noqa: SLF001

    def close(self) -> None:
        """Stop the writer thread; output that the terminal does not accept is dropped.

        This makes room for the output that restores the terminal, which may be written later.
        """
        writer = self._writer_thread
        if writer is not None:
            # The signal makes a blocked write check again if there is room.
            signal.signal(signal.SIGURG, _do_nothing)
            threading.Thread(
                target=self._drop_output, args=(writer,), name="parting", daemon=True
            ).start()
        super().close()

    def _drop_output(self, writer: threading.Thread) -> None:
        writer.join(CLOSE_SECONDS)
        if writer.is_alive():
            log.warning("the terminal does not accept output: the latest frame is dropped")
        while writer.is_alive() and writer.ident is not None:
            with suppress(termios.error):
                termios.tcflush(self.fileno, termios.TCOFLUSH)
            signal.pthread_kill(writer.ident, signal.SIGURG)
            writer.join(DROP_SECONDS)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the interruption of the write is enough."""
