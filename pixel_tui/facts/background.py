"""A value that is read on a background thread and cached."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError

log = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundValue(Generic[T]):
    """A value read on a thread; on a timeout, the previous value is returned.

    Args:
        first: The value until one was read.
        clock: The clock.
        fresh: Seconds for which a value is not read again, so that a screen that needs it all
            the time does not keep the engine or a disk busy.
        keep: Return the previous value while a new one is being read; `first` if False.
    """

    def __init__(self, first: T, clock: Clock, fresh: float, *, keep: bool = True) -> None:
        self._first = first
        self._keep = keep
        self._value = first
        self._clock = clock
        self._fresh = fresh
        self._read_at: float | None = None
        self._thread: threading.Thread | None = None

    def refresh(self, read: Callable[[], T]) -> None:
        """Start to read, unless it is being read or is still fresh. Returns at once."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._read_at is not None and self._clock.monotonic() - self._read_at < self._fresh:
            return
        if not self._keep:
            self._value = self._first

        def work() -> None:
            try:
                self._value = read()
            except (ConsoleError, OSError) as error:
                log.info("a fact for plans can't be read: %s", error)  # the plan shows it, too
            self._read_at = self._clock.monotonic()

        self._thread = threading.Thread(target=work, name="facts", daemon=True)
        self._thread.start()

    def get(self, deadline: float) -> T:
        """Wait for a running read until the deadline (monotonic), and return the value."""
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - self._clock.monotonic()))
        return self._value
