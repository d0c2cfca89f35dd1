"""Blocks signals during steps that must not be interrupted."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_TERMINATING: Final = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@contextmanager
def signals_blocked() -> Iterator[None]:
    """Hold back the signals that ask to terminate until the block is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINATING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
