"""The simulated engine's streams: logs as frames, and events."""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from pixel_tui.demo.stack.container import FakeContainer
from pixel_tui.demo.stack.journal import JournalLine
from pixel_tui.demo.stack.seeded_time import stamp_nanoseconds
from pixel_tui.demo.stack.world import DemoWorld
from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.source import LogRequest

WAIT_SECONDS: Final = 0.1
"""Real seconds between two reads of the clock, whichever clock it is."""
MAX_LINES_PER_READ: Final = 2000


class DemoLog:
    """A `ByteStream` of a container's log, existing lines first, then new ones if followed.

    Args:
        world: The stack.
        container: The container, from a `world.locked()` block.
        request: Which lines to return.
        now: The time in that block.
    """

    def __init__(
        self, world: DemoWorld, container: FakeContainer, request: LogRequest, now: float
    ) -> None:
        self._world = world
        self._journal = container.journal
        self._journal.catch_up(now)
        first, end = self._journal.bounds
        self._next = max(first, self._journal.since(_since(request)))
        if request.tail is not None:
            self._next = max(self._next, end - request.tail)
        self._run = self._journal.ended_runs
        # The end of the stream; None until the followed container exits.
        self._end = None if request.follow and container.running else end
        self._closed = False

    def read(self) -> bytes:
        """Return the next lines as frames; blocks until there are some. Empty at the end."""
        while True:
            with self._world.changed:
                if self._closed:
                    return b""
                with self._world.locked() as (_, now):
                    self._journal.catch_up(now)
                lines = self._next_lines()
                if lines or self._end is not None:
                    break
                self._world.changed.wait(WAIT_SECONDS)
        return b"".join(map(_frame, lines))

    def close(self) -> None:
        """End a `read` that blocks."""
        with self._world.changed:
            self._closed = True
            self._world.changed.notify_all()

    def _next_lines(self) -> list[JournalLine]:
        first, end = self._journal.bounds
        if self._end is None and self._journal.ended_runs > self._run:
            self._end = self._journal.end_of_run(self._run)
        start = max(self._next, first)
        stop = min(end if self._end is None else self._end, start + MAX_LINES_PER_READ)
        self._next = max(stop, self._next)
        return self._journal.lines(start, stop)


class DemoEvents:
    """An `EventStream` of the project's container events, from now on.

    Args:
        world: The stack.
        project: The compose project's name.
    """

    def __init__(self, world: DemoWorld, project: str) -> None:
        self._world = world
        self._project = project
        _, self._next = world.events_from(0)
        self._closed = False

    def __iter__(self) -> Iterator[JsonObject]:
        """Yield events as they come, until the stream is closed."""
        while not self._closed:
            yield from self._of_project(self._wait())

    def close(self) -> None:
        """End an iteration that blocks."""
        with self._world.changed:
            self._closed = True
            self._world.changed.notify_all()

    def _wait(self) -> list[JsonObject]:
        with self._world.changed:
            found, self._next = self._world.events_from(self._next)
            if not found and not self._closed:
                self._world.changed.wait(WAIT_SECONDS)
            return found

    def _of_project(self, events: Iterable[JsonObject]) -> Iterator[JsonObject]:
        for event in events:
            if Node(event)["Actor"]["Attributes"][f"{LABEL}project"].raw == self._project:
                yield event


def _since(request: LogRequest) -> int:
    """Return the request's start in nanoseconds, as an int: a float is not precise enough."""
    try:
        return int(Decimal(request.since or 0) * 1_000_000_000)
    except InvalidOperation:
        return 0


def _frame(line: JournalLine) -> bytes:
    payload = f"{stamp_nanoseconds(line.stamp)} {line.text}\n".encode()
    return bytes([line.stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload
