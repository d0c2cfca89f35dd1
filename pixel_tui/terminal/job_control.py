"""Stops the process as Ctrl+Z does, and finds out whether a shell could continue it.

Only the kernel knows if there is such a shell: it does not stop an orphaned process group,
such as the first program of a tmux window.
"""

import os
import signal
import time
from types import FrameType
from typing import Final

STOP_SECONDS: Final = 0.1
"""How long a stop may take to have an effect."""
POLL_SECONDS: Final = 0.01


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

    def on_continue(_number: int, _frame: FrameType | None) -> None:
        nonlocal continued
        continued = True

    old_stop_handler = signal.signal(number, signal.SIG_DFL)
    old_continue_handler = signal.signal(signal.SIGCONT, on_continue)
    try:
        os.killpg(os.getpgrp(), number)
        deadline = time.monotonic() + STOP_SECONDS
        while not continued and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    finally:
        signal.signal(signal.SIGCONT, old_continue_handler)
        signal.signal(number, old_stop_handler)
    return continued


def in_foreground(descriptor: int) -> bool:
    """Whether this process may use the terminal; True if there is none."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True
