"""Callbacks that are called with each change of something that is watched."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Generic, ParamSpec

P = ParamSpec("P")

log = logging.getLogger(__name__)


class Listeners(Generic[P]):
    """The listeners of one thing. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: list[Callable[P, None]] = []

    def __len__(self) -> int:
        with self._lock:
            return len(self._listeners)

    def subscribe(self, listener: Callable[P, None]) -> Callable[[], None]:
        """Call the listener on each change, until the returned function is called.

        It is called on the thread that notices the change, and must return at once.
        """
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def notify(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call every listener. One that fails is logged: it must not stop the watch or a job."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(*args, **kwargs)
            except Exception:
                log.exception("a listener failed")
