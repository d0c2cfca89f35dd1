"""A terminal that takes nothing for a while: held, or at the end of a link that stands still.

Textual hands what it paints to a thread that writes it, by a queue that is soon full; whoever
puts more into it waits for good, and that is the event loop.
"""

import logging
import signal
import termios
import threading
from contextlib import suppress
from types import FrameType
from typing import Final

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

log = logging.getLogger(__name__)

MOST_WAITING: Final = 9
"""Writes that may wait: three to a picture, and Textual's queue takes thirty."""
PATIENCE_SECONDS: Final = 3.0
"""How long a terminal may take nothing of the last words before they are thrown away."""
LOOK_SECONDS: Final = 0.1
THROW_SECONDS: Final = 0.01


def is_held(driver: Driver | None) -> bool:
    """Whether the terminal is behind with what was painted, and is to get no more for now."""
    return _waiting(driver) > MOST_WAITING


def part_from(driver: Driver | None) -> None:
    """See to it that the end waits for no terminal; to be called first, on the main thread.

    What a terminal does not take is thrown away, so that there is room for what gives it back
    as it was. It may take that later.
    """
    if isinstance(driver, LinuxDriver) and driver._writer_thread is not None:  # noqa: SLF001
        writer = driver._writer_thread  # noqa: SLF001
        # Its only use is to have a write that waits look once more at what there is room for.
        signal.signal(signal.SIGURG, _heard)
        threading.Thread(target=_part, args=(driver, writer), name="parting", daemon=True).start()


def _waiting(driver: Driver | None) -> int:
    writer = driver._writer_thread if isinstance(driver, LinuxDriver) else None  # noqa: SLF001
    return 0 if writer is None else writer._queue.qsize()  # noqa: SLF001


def _heard(_number: int, _frame: FrameType | None) -> None:
    """Nothing else is done: that it interrupts is enough."""


def _part(driver: LinuxDriver, writer: threading.Thread) -> None:
    before, still, look = 0, 0.0, LOOK_SECONDS
    while writer.is_alive():
        writer.join(look)
        waiting = _waiting(driver)
        still = still + look if waiting and waiting == before else 0.0
        before = waiting
        if still >= (PATIENCE_SECONDS if look == LOOK_SECONDS else look):
            if look == LOOK_SECONDS:
                log.warning("the terminal takes nothing: what was painted last is thrown away")
            with suppress(termios.error):
                termios.tcflush(driver.fileno, termios.TCOFLUSH)
            if writer.ident is not None:
                signal.pthread_kill(writer.ident, signal.SIGURG)
            # A picture is many times as large as what there is room for at once.
            still, look = 0.0, THROW_SECONDS
