"""An answer that is waited for until a deadline, and kept for a while."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError

log = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundValue(Generic[T]):
    """Asked on a thread; whoever can't wait gets the last answer that there was.

    Args:
        first: The answer until there is one.
        clock: The time.
        fresh: For so many seconds an answer is not asked for again: a screen that looks all
            the time must not keep the engine, or a disk, busy.
        keep: Give an older answer where there is no newer one; else `first` again.
    """

    def __init__(self, first: T, clock: Clock, fresh: float, *, keep: bool = True) -> None:
        self._first = first
        self._keep = keep
        self._value = first
        self._clock = clock
        self._fresh = fresh
        self._answered: float | None = None
        self._thread: threading.Thread | None = None

    def ask(self, read: Callable[[], T]) -> None:
        """Ask, unless it is being asked for already, or was a moment ago. Returns at once."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._answered is not None and self._clock.monotonic() - self._answered < self._fresh:
            return
        if not self._keep:
            self._value = self._first

        def work() -> None:
            try:
                self._value = read()
            except (ConsoleError, OSError) as error:
                log.info("a fact for plans can't be read: %s", error)  # the plan says so
            self._answered = self._clock.monotonic()

        self._thread = threading.Thread(target=work, name="facts", daemon=True)
        self._thread.start()

    def answer(self, deadline: float) -> T:
        """The last answer there is by then, on the clock's own seconds."""
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - self._clock.monotonic()))
        return self._value
