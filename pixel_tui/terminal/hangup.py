"""Ending when the terminal is gone.

A terminal that is closed under the console takes the toolkit's writer with it: its loop
then waits for good, and its reader spins. So this is watched from a thread of its own.
"""

import logging
import os
import termios
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
EXIT_CODE: Final = 129
"""What a shell reports of a program that SIGHUP ended."""


def watch_terminal(descriptor: int, tell: Callable[[], None]) -> None:
    """End the process soon after its terminal has gone.

    Args:
        descriptor: The terminal, as the process reads it.
        tell: Called before the end, on the watching thread: for what must be written down.
    """
    if os.isatty(descriptor):
        threading.Thread(
            target=_watch, args=(descriptor, tell), name="terminal-watch", daemon=True
        ).start()


def _watch(descriptor: int, tell: Callable[[], None]) -> None:
    pause = threading.Event()
    while _is_there(descriptor):
        pause.wait(LOOK_SECONDS)
    log.warning("the terminal is gone: the console ends")
    _silence()
    try:
        tell()
    except Exception:
        log.exception("what had to be told before the end was not")
    logging.shutdown()
    # Nothing is left to restore, and nobody to wait for: the loop may hang in a write.
    os._exit(EXIT_CODE)


def _silence() -> None:
    """Let nobody here meet the dead terminal again: its reader spins, its writer fails."""
    quiet, _stays_open = os.pipe()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for ours, gone in ((quiet, 0), (nowhere, 1), (nowhere, 2)):
        os.dup2(ours, gone, inheritable=False)


def _is_there(descriptor: int) -> bool:
    try:
        termios.tcgetattr(descriptor)
    except termios.error:
        return False
    return True
