"""What the supervisor of followed logs and its readers share."""

import threading


class Supervision:
    """Wakes the supervisor, and lets the readers know when no line is wanted any more.

    Safe to use from any thread. `lock` may be taken again by the thread that holds it; it also
    guards the readers of a follower, and what the supervisor reads of them.
    """

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self._pending = False
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether no line is wanted any more."""
        return self._closed.is_set()

    def look_again(self) -> None:
        """Have the supervisor compare again what is read with what there is to read."""
        with self.lock:
            self._pending = True
            self.lock.notify_all()

    def rest(self, seconds: float | None) -> None:
        """Wait until there is a reason to look again, at most so long."""
        with self.lock:
            if not (self._pending or self.closed):
                self.lock.wait(seconds)
            self._pending = False

    def gather(self, seconds: float) -> None:
        """Wait, unless no line is wanted any more."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """Wake everything; from now on no line is wanted."""
        with self.lock:
            self._closed.set()
            self.lock.notify_all()
