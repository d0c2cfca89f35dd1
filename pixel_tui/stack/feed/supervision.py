"""The state shared by the supervisor of followed logs and its readers."""

import threading


class Supervision:
    """Wakes the supervisor, and signals the readers when following is over.

    Thread-safe. `lock` is reentrant; it also guards the readers of a follower, and the attributes
    of them that the supervisor reads.
    """

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self._pending = False
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether following is over."""
        return self._closed.is_set()

    def wake(self) -> None:
        """Wake the supervisor to check the readers again."""
        with self.lock:
            self._pending = True
            self.lock.notify_all()

    def wait(self, seconds: float | None) -> None:
        """Wait until there is a reason to check again, at most this long."""
        with self.lock:
            if not (self._pending or self.closed):
                self.lock.wait(seconds)
            self._pending = False

    def pause(self, seconds: float) -> None:
        """Wait this long, unless following is over."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """End following, and wake all threads."""
        with self.lock:
            self._closed.set()
            self.lock.notify_all()
