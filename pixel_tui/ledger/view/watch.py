"""Keeps the view of a ledger up to date, by file events and by polling."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pixel_tui.clock import Clock
from pixel_tui.ledger.file.inotify import InotifyWatcher
from pixel_tui.ledger.reading.reading import LedgerReader
from pixel_tui.ledger.view.view import NO_VIEW, LedgerView, view_of
from pixel_tui.listeners import Listeners
from pixel_tui.stack.watch.observer import Observer, Topic

log = logging.getLogger(__name__)

LedgerListener = Callable[[LedgerView], None]


@dataclass(frozen=True, slots=True)
class LedgerPace:
    """Intervals in seconds."""

    poll: float = 2.0
    """How often to poll, for folders without events, such as network file systems."""
    collect: float = 0.05
    """How long to collect events: a rename is several."""


PACE: Final = LedgerPace()


class LedgerSource(Protocol):
    """Keeps the view of a ledger. The view never blocks."""

    @property
    def view(self) -> LedgerView:
        """The latest view of the ledger."""
        ...

    def subscribe(self, listener: LedgerListener) -> Callable[[], None]:
        """Call the listener with each new view, until the returned function is called.

        It is called on the watcher's thread, and must return at once.
        """
        ...

    def refresh(self) -> None:
        """Read the files now."""
        ...

    def start(self) -> None:
        """Start watching; a second call does nothing."""
        ...

    def close(self) -> None:
        """Stop watching."""
        ...


class LedgerWatch:
    """The `LedgerSource` of a real project.

    Args:
        reader: Reads the files; may be shared with other readers, with its state.
        observer: Watches the containers.
        clock: The time.
        pace: The intervals.
    """

    def __init__(
        self,
        reader: LedgerReader,
        observer: Observer,
        clock: Clock,
        pace: LedgerPace = PACE,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._pace = pace
        self._reader = reader
        self._lock = threading.Lock()
        self._listeners = Listeners[[LedgerView]]()
        self._view = NO_VIEW
        self._watcher: InotifyWatcher | None = None
        self._closed = False
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def view(self) -> LedgerView:
        """The latest view of the ledger."""
        return self._view

    def start(self) -> None:
        """Start the thread."""
        with self._lock:
            if self._watcher is not None or self._closed:
                return
            self._watcher = InotifyWatcher()
        self._unsubscribe = self._observer.subscribe(self._on_change)
        threading.Thread(target=self._run, name="ledger", daemon=True).start()

    def close(self) -> None:
        """Ask the thread to end."""
        self._closed = True
        self._unsubscribe()
        self.refresh()

    def subscribe(self, listener: LedgerListener) -> Callable[[], None]:
        """Call the listener with each new view, until the returned function is called."""
        return self._listeners.subscribe(listener)

    def refresh(self) -> None:
        """Read the files now."""
        with self._lock:
            if self._watcher is not None:
                self._watcher.wake()

    def _on_change(self, topic: Topic) -> None:
        if topic is Topic.SNAPSHOT:
            self.refresh()

    def _run(self) -> None:
        watcher = self._watcher
        if watcher is None:
            return
        try:
            while not self._closed:
                try:
                    # Watch before reading, so that no change in between is missed.
                    watcher.watch(self._reader.place.folders)
                    self._update()
                    if watcher.wait(self._pace.poll) and not self._closed:
                        threading.Event().wait(self._pace.collect)
                except Exception:
                    # A view that silently becomes outdated would be worse than none.
                    log.exception("the ledger can't be read")
                    watcher.wait(self._pace.poll)
        finally:
            with self._lock:
                self._watcher = None
                watcher.close()

    def _update(self) -> None:
        view = view_of(self._reader.read(), self._observer.snapshot, self._clock.now())
        if view == self._view:
            return
        self._view = view
        self._listeners.notify(view)
