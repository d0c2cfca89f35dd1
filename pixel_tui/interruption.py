"""Ends a command on a signal, together with the programs it has started.

Those programs are in process groups of their own, which no signal to this process or its
terminal reaches.
"""

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


CLEANUP_SECONDS: Final = 5.0
"""How long the cleanup may take: a reader may not read, an engine may not answer."""
SIGNAL_EXIT_BASE: Final = 128
"""What a shell adds to a signal's number for the exit code."""


class Interrupted(KeyboardInterrupt):
    """A signal asked this process to terminate.

    Args:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code: Final = SIGNAL_EXIT_BASE + number


class _Interruption:
    """Handles the first signal; later ones are ignored, as a closing terminal sends two."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []
        self._number: int | None = None
        self._deferring = False
        self._deferred: KeyboardInterrupt | None = None

    def add(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)

    @property
    def is_signalled(self) -> bool:
        return self._number is not None

    @property
    def exit_code(self) -> int | None:
        return None if self._number is None else SIGNAL_EXIT_BASE + self._number

    def handle_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.is_signalled:
            return
        self._number = number
        # Not here: it takes locks that this thread may hold. Nor with `threading`, which has locks.
        _thread.start_new_thread(self._exit, (number,))
        self.interrupt(Interrupted(number))

    def interrupt(self, error: KeyboardInterrupt) -> None:
        if not self._deferring:
            raise error
        self._deferred = error

    def _exit(self, number: int) -> None:
        for callback in self._callbacks:
            callback()
        time.sleep(CLEANUP_SECONDS)
        os._exit(SIGNAL_EXIT_BASE + number)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        if self._deferring or threading.current_thread() is not threading.main_thread():
            yield  # only the main thread is interrupted
            return
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
            deferred, self._deferred = self._deferred, None
            if deferred is not None:
                raise deferred


_INTERRUPTION: Final = _Interruption()


def on_interrupt(callback: Callable[[], None]) -> None:
    """Call a function, on another thread, as soon as a signal asks the process to terminate."""
    _INTERRUPTION.add(callback)


def termination_exit_code() -> int | None:
    """Return the exit code of a process that was asked to terminate; None if it was not."""
    return _INTERRUPTION.exit_code


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` in this block on a signal to terminate; for the main thread.

    Ignored signals, as with `nohup`, stay ignored.
    """
    before = {
        number: signal.signal(number, _INTERRUPTION.handle_signal)
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        if not _INTERRUPTION.is_signalled:
            for number, handler in before.items():
                signal.signal(number, handler)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Signal handler that raises `KeyboardInterrupt`, but not during `interruption_deferred`.

    For programs that terminate by themselves: unlike `interruptible`, this ends nothing.
    """
    _INTERRUPTION.interrupt(KeyboardInterrupt())


@contextmanager
def interruption_deferred() -> Iterator[None]:
    """Defer interruptions until the end of this block, which must be short."""
    with _INTERRUPTION.deferred():
        yield
