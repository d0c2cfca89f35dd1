"""The log of one container of the simulated stack, as the engine would keep it.

Lines depend only on the time, the seed and the container's fault: line k of a service comes
at about k times its interval. They are generated when the log is read, so that a log without
readers costs nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pixel_tui.demo.stack.faults import FLOOD_SECONDS, DemoFault
from pixel_tui.demo.stack.log_messages import log_line, shutdown_lines, startup_lines
from pixel_tui.demo.stack.seeded_time import nanoseconds, noise

MAX_LINES: Final = 20_000
MAX_BACKLOG: Final = 5000
"""The most lines generated at once; older ones that were never read are left out."""
STARTUP_LINE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of a log; its stamp is Unix nanoseconds."""

    stamp: int
    stream: int
    text: str


class Journal:
    """A container's log.

    Args:
        service: The service's name; it selects the messages.
        name: The container's name; two of a service log different lines at different times.
        interval: Seconds between two lines.
        seed: The seed of the simulated stack.
        since: Start of the history, in Unix seconds.
    """

    def __init__(
        self, service: str, name: str, *, interval: float, seed: int, since: float
    ) -> None:
        self._service = service
        self._interval = interval
        self._seed = f"{seed} {name}"
        self._caught_up_to = since
        self._quiet_until = since
        self._startup: list[tuple[float, int, str]] = []
        self._fault: DemoFault | None = None
        self._running = False
        self._lines: list[JournalLine] = []
        self._first = 0
        self._ends: list[int] = []

    @property
    def bounds(self) -> tuple[int, int]:
        """The number of the oldest line that is kept, and of the next one."""
        return self._first, self._first + len(self._lines)

    def lines(self, start: int, stop: int) -> list[JournalLine]:
        """Return the kept lines from `start` up to, but not including, `stop`."""
        return self._lines[max(start - self._first, 0) : max(stop - self._first, 0)]

    def since(self, stamp: int) -> int:
        """Return the number of the first line at or after a time in Unix nanoseconds."""
        return self._first + bisect_left(self._lines, stamp, key=lambda line: line.stamp)

    @property
    def ended_runs(self) -> int:
        """How many runs of the container have ended."""
        return len(self._ends)

    def end_of_run(self, run: int) -> int:
        """Return the number after the last line of a run that has ended."""
        return self._ends[run]

    # Events of the container.

    def begin(self, at: float) -> None:
        """Start a run of the container with its start-up messages."""
        self._running = True
        self._caught_up_to = max(self._caught_up_to, at)
        messages = startup_lines(self._service, at)
        due = [
            (at + STARTUP_LINE_SECONDS * (index + 1), *line) for index, line in enumerate(messages)
        ]
        self._startup = [line for line in due if line[0] > self._caught_up_to]
        self._quiet_until = due[-1][0] if due else at

    def set_fault(self, fault: DemoFault | None, at: float) -> None:
        """Set or clear (None) the fault that decides what is logged."""
        self.catch_up(at)
        self._fault = fault

    def end(self, at: float, *, crashed: bool, killed: bool) -> None:
        """End a run of the container; a killed one logs no last message."""
        self.catch_up(at)
        if not killed:
            self._append((at, *line) for line in shutdown_lines(self._service, at, crashed=crashed))
        self._startup.clear()
        self._running = False
        self._ends.append(self._first + len(self._lines))

    def catch_up(self, now: float) -> None:
        """Generate the lines up to a time."""
        if now <= self._caught_up_to:
            return
        if self._running:
            due = [line for line in self._startup if line[0] <= now]
            self._startup = [line for line in self._startup if line[0] > now]
            self._append(sorted([*due, *self._due(self._caught_up_to, now)]))
        self._caught_up_to = now

    def _due(self, after: float, now: float) -> Iterator[tuple[float, int, str]]:
        flood = self._fault is DemoFault.FLOOD
        interval = FLOOD_SECONDS if flood else self._interval
        last = int(now / interval)
        for number in range(max(int(after / interval) - 1, last - MAX_BACKLOG), last + 1):
            # Floods are regular; other lines come a little early or late.
            delay = 0.0 if flood else 0.7 * noise(f"{self._seed} {number}")
            at = (number + delay) * interval
            if after < at <= now and at > self._quiet_until:
                yield at, *log_line(self._service, number, at, seed=self._seed, fault=self._fault)

    def _append(self, messages: Iterable[tuple[float, int, str]]) -> None:
        newest = self._lines[-1].stamp if self._lines else 0
        for at, stream, text in messages:
            # Stamps are unique and increase.
            newest = max(nanoseconds(at), newest + 1000)
            self._lines.append(JournalLine(newest, stream, text))
        surplus = len(self._lines) - MAX_LINES
        if surplus > MAX_LINES // 10:
            del self._lines[:surplus]
            self._first += surplus
