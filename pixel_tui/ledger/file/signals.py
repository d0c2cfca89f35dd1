"""Some steps that no signal comes in between of."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ASKING: Final = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@contextmanager
def signals_blocked() -> Iterator[None]:
    """Let the signals that ask this thread to end wait until the steps are done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
