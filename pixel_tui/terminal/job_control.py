"""Stops the process as Ctrl+Z does, and finds out whether a shell could continue it.

Only the kernel knows if there is such a shell: it does not stop an orphaned process group,
such as the first program of a tmux window.
"""

import os
import signal
import time
from types import FrameType
from typing import Final

PATIENCE_SECONDS: Final = 0.1
"""How long a stop may take to have an effect."""
LOOK_SECONDS: Final = 0.01


def stop_group(number: signal.Signals = signal.SIGTSTP) -> bool:
    """Stop this process group until it is continued.

    The whole group, as the terminal does: a shell waits for every process of the command line, even
    one that only started the console. Call it on the main thread.

    Args:
        number: The signal: SIGTSTP, or SIGTTOU for a console in the background.

    Returns:
        True after it was stopped; False at once if the kernel refuses.
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
    """Whether this process may use the terminal; True if there is none."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True
