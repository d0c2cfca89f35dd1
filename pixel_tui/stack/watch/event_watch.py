"""Watches the engine's events: marks containers as changed, and keeps the last events."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from pixel_tui.errors import EngineError
from pixel_tui.stack.model.exit_tracker import ExitTracker
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.parse_event import parse_event
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.source import EngineReader
from pixel_tui.stack.watch.pace import retry_pause
from pixel_tui.stack.watch.wakeups import Wakeups
from pixel_tui.stack.watch.watch_state import WatchState

log = logging.getLogger(__name__)

KEPT_EVENTS: Final = 500


class EventWatch:
    """Listens to the engine's events, and reopens the stream whenever it ends.

    `run` is the thread "stack-events". It waits for events without a lock, and holds the lock of
    `seen`, which also guards the kept events, while it processes one. The other methods may be
    called on any thread that does not hold the lock.

    Args:
        engine: The engine to read from.
        seen: The shared state.
        wakeups: The events to wait for and to set.
        ends: Receives every event, in order, with the lock held.
        publish: Called after each event, without the lock.
    """

    def __init__(
        self,
        engine: EngineReader,
        seen: WatchState,
        wakeups: Wakeups,
        *,
        ends: ExitTracker,
        publish: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._seen = seen
        self._wakeups = wakeups
        self._ends = ends
        self._publish = publish
        self._events: deque[StackEvent] = deque(maxlen=KEPT_EVENTS)
        self._complete_since: datetime | None = None
        """The time of the first event of the open stream; no event is missing since then."""

    @property
    def events(self) -> Sequence[StackEvent]:
        """The last events, oldest first."""
        with self._seen.lock:
            return tuple(self._events)

    def run(self) -> None:
        """Listen until closed."""
        wakeups = self._wakeups
        wakeups.greeted.wait()
        failures = 0
        while not wakeups.closed.is_set():
            name = self._seen.asked_name
            try:
                stream = self._engine.events(name)
                with self._seen.lock:
                    self._seen.event_stream = stream
                    self._complete_since = None
                    # Changes before the stream was opened are found by reading once more.
                    self._seen.doubtful = True
                wakeups.listening.set()
                wakeups.containers.set()
                wakeups.named.wait()  # the project's name may change; events wait in the stream
                if wakeups.closed.is_set() or name != self._seen.asked_name:
                    stream.close()
                for raw in stream:
                    failures = 0
                    self._process(raw)
            except EngineError as error:
                log.info("Docker's events were interrupted: %s", error)
            wakeups.listening.set()
            wakeups.containers.set()
            if name != self._seen.asked_name:
                continue
            failures += 1
            wakeups.closed.wait(retry_pause(failures))

    def _process(self, raw: JsonObject) -> None:
        event = parse_event(raw)
        if event is None:
            return
        with self._seen.lock:
            self._events.append(event)
            self._ends.record(event)
            self._complete_since = self._complete_since or event.at
            self._seen.dirty.add(event.container_id)
        self._publish()
        self._wakeups.containers.set()

    def run_events(
        self, container_id: str, since: datetime, until: datetime | None
    ) -> Sequence[StackEvent]:
        """Return the starts and exits of a container; read past events if some may be missing.

        Args:
            container_id: The container.
            since: The start of the period.
            until: The time of a known start, by the engine's clock; None to use only the events
                already known.

        Raises:
            EngineError: The engine can't be reached.
        """
        with self._seen.lock:
            known = [
                event
                for event in self._events
                if event.container_id == container_id and event.at >= since
            ]
            complete_since = self._complete_since
            if complete_since is not None:
                complete_since = max(complete_since, self._events[0].at)  # older ones were dropped
        # Events of one stream come in order, so none is missing between its first event and the
        # last one received. Earlier events happened while no stream was open.
        is_complete = complete_since is not None and complete_since <= since
        if until is None or (is_complete and any(event.at >= until for event in known)):
            return known
        past = map(parse_event, self._engine.past_events(container_id, since, until))
        return list(dict.fromkeys([*known, *(event for event in past if event is not None)]))
