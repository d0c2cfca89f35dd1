"""Finds where in a container's log one run of its process ends and the next one starts. Pure.

The engine sends `die` after it has received all output of the process, and starts the next run
after that, so the time of this event separates the lines of two runs. The start and finish times of
`inspect` differ slightly from those of the lines, and are of the last run only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.times import timestamp_at
from pixel_tui.stack.model.words import exit_words

START_TOLERANCE: Final = timedelta(milliseconds=5)
"""Tolerance between the time of a start in `inspect` and in events."""
AT_THE_END: Final = b"~"
"""Greater than any timestamp."""
KILLED: Final = 137


@dataclass(frozen=True, slots=True)
class Boundary:
    """Marks between the lines of two runs."""

    after: bytes
    """Lines up to this timestamp come before the marks, later ones after them."""
    marks: tuple[LogLine, ...]


@dataclass(slots=True)
class RunProgress:
    """The run up to which a log has been read."""

    started: datetime
    """The start of the last run that was read."""
    exited: bool = False
    """Whether its exit is marked."""
    ended: datetime | None = None
    """The time of its exit, if that is marked."""

    @property
    def since(self) -> datetime:
        """The time after which events are new."""
        return self.ended if self.exited and self.ended else self.started

    def is_up_to_date(self, container: Container) -> bool:
        """Return whether there is nothing to mark up to this state of the container."""
        started = container.started_at
        if started is None or started < self.started:
            return True  # this state is older than what was read
        return started == self.started and (self.exited or container.running)

    def advance(self, container: Container) -> None:
        """Record that the log was read and marked up to this state of the container."""
        if container.started_at is not None and container.started_at >= self.started:
            self.started, self.exited = container.started_at, not container.running
            self.ended = container.finished_at if self.exited else None


def boundaries(
    progress: RunProgress, now: Container, events: Sequence[StackEvent]
) -> Sequence[Boundary]:
    """Return the exits and starts since a log was read, in order.

    Args:
        progress: The run up to which it was read and marked.
        now: The present state of the container.
        events: The container's events since then; some may be missing.
    """
    if now.started_at is None:
        return ()
    found = _Boundaries(now)
    over, stamp = progress.exited, timestamp_at(progress.since)
    if now.started_at > progress.started:
        out_of_memory = False
        for event in sorted(events, key=lambda item: item.at):
            if not progress.since < event.at < now.started_at - START_TOLERANCE:
                continue
            if event.action == "oom":
                out_of_memory = True
            elif event.action == "die":
                stamp = timestamp_at(event.at)
                if not over:
                    found.end(stamp, event.at, _exit_text(event, out_of_memory=out_of_memory))
                over, out_of_memory = True, False
            elif event.action == "start" and over:  # else it is the start of the same run
                found.start(stamp, event.at)
                over = False
        if not over:
            ended = now.finished_at
            if ended is not None and progress.since < ended < now.started_at:
                stamp = timestamp_at(ended + (now.started_at - ended) / 2)
            else:
                ended, stamp = now.started_at, timestamp_at(now.started_at)
            found.end(stamp, ended, "")
        found.start(stamp, now.started_at)
        over = False
    if not (now.running or over) and now.exit_code is not None:
        words = exit_words(now.exit_code, oom_killed=now.oom_killed)
        found.end(AT_THE_END, now.finished_at or now.started_at, words)
    return found.in_order()


def exit_of_removed(
    progress: RunProgress, container: Container, events: Sequence[StackEvent]
) -> Sequence[Boundary]:
    """Return the exit of the last run of a removed container, if it was reported."""
    found = _Boundaries(container)
    died = [item for item in events if item.action == "die" and item.at > progress.since]
    if died and not progress.exited:
        found.end(AT_THE_END, died[-1].at, died[-1].detail)
    return found.in_order()


class _Boundaries:
    """Collects boundaries in order."""

    def __init__(self, container: Container) -> None:
        self._name = container.name
        # The engine counts a restart when the previous run exits.
        pending = container.state is ContainerState.RESTARTING
        self._restarts = container.restarts - pending
        self._found: list[tuple[bytes, datetime, str | None]] = []
        """Timestamp to follow, time, and text; the text is None for a start."""

    def end(self, after: bytes, at: datetime, words: str) -> None:
        self._found.append((after, at, f"exited with {words}" if words else "exited"))

    def start(self, after: bytes, at: datetime) -> None:
        self._found.append((after, at, None))

    def in_order(self) -> Sequence[Boundary]:
        number = self._restarts - sum(words is None for *_, words in self._found)
        made: list[Boundary] = []
        for after, at, words in self._found:
            what = words
            if what is None:
                number += 1
                what = f"started again (restart {number})" if number > 0 else "started again"
            text = f"{self._name} {what}".encode()
            made.append(
                Boundary(after, (LogLine(timestamp_at(at), self._name, LineKind.MARK, text),))
            )
        return made


def _exit_text(event: StackEvent, *, out_of_memory: bool) -> str:
    if event.exit_code is None:
        return event.detail
    return exit_words(event.exit_code, oom_killed=out_of_memory and event.exit_code == KILLED)
