"""A command that is told to end: what it asked is ended with it, and it says nothing more.

The programs that are asked are in groups of their own, which no signal reaches that is meant for
this process or its terminal.
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


LEAVE_SECONDS: Final = 5.0
"""How long what is left may take: a reader that does not read, an engine that does not answer."""
BY_SIGNAL: Final = 128
"""What a shell adds to a signal's number."""


class Interrupted(KeyboardInterrupt):
    """A signal told this process to end.

    Args:
        number: Which.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code: Final = BY_SIGNAL + number


class _Interruption:
    """Hears the first signal; those that follow, as a terminal that closes sends two, are one."""

    def __init__(self) -> None:
        self._ends: list[Callable[[], None]] = []
        self._number: int | None = None
        self._deferring = False
        self._deferred: KeyboardInterrupt | None = None

    def add(self, end: Callable[[], None]) -> None:
        self._ends.append(end)

    @property
    def heard(self) -> bool:
        return self._number is not None

    @property
    def exit_code(self) -> int | None:
        return None if self._number is None else BY_SIGNAL + self._number

    def hear(self, number: int, _frame: FrameType | None) -> None:
        if self.heard:
            return
        self._number = number
        # Not in here: it takes locks that this thread may hold. Nor by `threading`, for its own.
        _thread.start_new_thread(self._end, (number,))
        self.interrupt(Interrupted(number))

    def interrupt(self, error: KeyboardInterrupt) -> None:
        if not self._deferring:
            raise error
        self._deferred = error

    def _end(self, number: int) -> None:
        for end in self._ends:
            end()
        time.sleep(LEAVE_SECONDS)
        os._exit(BY_SIGNAL + number)

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


def when_interrupted(end: Callable[[], None]) -> None:
    """Have this called, on another thread, as soon as the process is told to end."""
    _INTERRUPTION.add(end)


def told_to_end() -> int | None:
    """The exit code of a process that was told to end; None where it was not."""
    return _INTERRUPTION.exit_code


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` here when this process is told to end; for the main thread.

    What is ignored, as by `nohup`, stays so.
    """
    before = {
        number: signal.signal(number, _INTERRUPTION.hear)
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        if not _INTERRUPTION.heard:
            for number, handler in before.items():
                signal.signal(number, handler)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """A handler of signals that raises `KeyboardInterrupt`, and not within what is `whole`.

    For a program that has to see to its end itself: unlike `interruptible`, this ends nothing.
    """
    _INTERRUPTION.interrupt(KeyboardInterrupt())


@contextmanager
def whole() -> Iterator[None]:
    """Be interrupted before or after this and not in between: for what must be short."""
    with _INTERRUPTION.deferred():
        yield
