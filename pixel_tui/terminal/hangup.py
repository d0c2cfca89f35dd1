"""Exits when the terminal is gone.

If the terminal is closed, Textual's writer thread fails: its event loop then waits forever,
and its reader spins. So a thread watches the terminal.
"""

import logging
import os
import termios
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 2.0
EXIT_CODE: Final = 129
"""The exit code that a shell reports after SIGHUP."""


def watch_terminal(descriptor: int, before_exit: Callable[[], None]) -> None:
    """Exit the process soon after its terminal is gone.

    Args:
        descriptor: The process's input from the terminal.
        before_exit: Called before the exit, on the watching thread, to write down what must be.
    """
    if os.isatty(descriptor):
        threading.Thread(
            target=_watch, args=(descriptor, before_exit), name="terminal-watch", daemon=True
        ).start()


def _watch(descriptor: int, before_exit: Callable[[], None]) -> None:
    pause = threading.Event()
    while _is_connected(descriptor):
        pause.wait(POLL_SECONDS)
    log.warning("the terminal is gone: pixel-tui exits")
    _detach()
    try:
        before_exit()
    except Exception:
        log.exception("the exit message was not printed")
    logging.shutdown()
    # Nothing is left to restore, and no thread to wait for: the loop may hang in a write.
    os._exit(EXIT_CODE)


def _detach() -> None:
    """Detach the process from the dead terminal: its reader spins, its writer fails."""
    empty, _stays_open = os.pipe()
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor, standard in ((empty, 0), (null, 1), (null, 2)):
        os.dup2(descriptor, standard, inheritable=False)


def _is_connected(descriptor: int) -> bool:
    try:
        termios.tcgetattr(descriptor)
    except termios.error:
        return False
    return True
