"""Stopping as Ctrl+Z stops a program, and finding out whether anybody could bring it back.

Whether there is a shell that can is the kernel's knowledge alone: it does not stop a group
of processes that nobody would let go on, such as the first program of a tmux window.
"""

import os
import signal
import time
from types import FrameType
from typing import Final

PATIENCE_SECONDS: Final = 0.1
"""How long a stop may take to be felt."""
LOOK_SECONDS: Final = 0.01


def stop_group(number: signal.Signals = signal.SIGTSTP) -> bool:
    """Stop this process, and what was started with it, until it is told to go on.

    The whole group, as the terminal does it: a shell waits for every process of the command
    line, also for one that only started the console. To be called on the main thread.

    Args:
        number: What stops it: SIGTSTP, or SIGTTOU for a console in the background.

    Returns:
        True after it was stopped; False at once where the kernel refuses to.
    """
    continued = False

    def go_on(_number: int, _frame: FrameType | None) -> None:
        nonlocal continued
        continued = True

    stopping = signal.signal(number, signal.SIG_DFL)
    continuing = signal.signal(signal.SIGCONT, go_on)
    try:
        os.killpg(os.getpgrp(), number)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not continued and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    finally:
        signal.signal(signal.SIGCONT, continuing)
        signal.signal(number, stopping)
    return continued


def in_foreground(descriptor: int) -> bool:
    """Whether this process may use the terminal; True where there is none to ask."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True
