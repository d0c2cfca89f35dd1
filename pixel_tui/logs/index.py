"""An index of a log: which lines are shown, their levels, and which match a search.

A thread keeps it in step with the ring, so that neither the reading of a log nor the screen
waits for it. Callers wait for one of its short steps at most.
"""

import logging
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pixel_tui.logs.annotations import REGROUPED_LINES, Annotations
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import Matcher
from pixel_tui.logs.shown import FilteredLines, View
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring

log = logging.getLogger(__name__)

BATCH_LINES: Final = 100
"""Lines processed in one step."""
YIELD_SECONDS: Final = 0.0002
BATCH_SECONDS: Final = 0.03
"""How long lines are collected before the next batch."""


class LineTally(Protocol):
    """Counts lines and their levels."""

    def add(self, line: LogLine, level: LogLevel) -> None:
        """Count a line."""
        ...


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A shown line and its state."""

    number: int
    line: LogLine | None
    """None if it was dropped since."""
    level: LogLevel
    """The level of its group."""
    around: bool = False
    """Whether it is shown only as context of another line."""
    match: bool = False
    """Whether it matches the search."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state of an index at one moment."""

    epoch: int = 0
    """Changes when the feed moves to another part of the log."""
    first: int = 0
    """The number of the oldest indexed line."""
    stop: int = 0
    """The number after the newest indexed line."""
    shown: int = 0
    """How many lines are shown."""
    matches: int = 0
    """How many of the shown lines match the search."""
    behind: int = 0
    """How many lines are kept but not indexed yet."""
    version: int = 0
    """Increases with each change."""


class LogIndex:
    """Indexes the lines of a ring; thread-safe.

    Args:
        ring: The lines.
        tally: Gets each line once.
        changed: Called on the index's thread after each change; must return at once.
    """

    def __init__(
        self,
        ring: Ring,
        tally: LineTally | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._ring = ring
        self._tally = tally
        self._counted: dict[str, tuple[bytes, bytes]] = {}
        """The oldest and newest counted stamp of each container."""
        self._recounted: dict[str, tuple[bytes, bytes]] = {}
        """The same at the last move of the feed, because those lines may come again."""
        self._changed = changed
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._annotations = Annotations()
        self._shown = FilteredLines(self._annotations, self._lines)
        self._wanted_view = View()
        self._wanted_search: Matcher | None = None
        self._search: Matcher | None = None
        self._published: tuple[View, Matcher | None] | None = None
        """What the state was computed for."""
        self._matches: list[int] = []
        self._state = IndexState(epoch=-1)
        self._started = False

    def start(self) -> None:
        """Start the thread."""
        self._started = True
        self._ring.set_listener(self._wake.set)
        threading.Thread(target=self._work, name="log-index", daemon=True).start()

    def close(self) -> None:
        """Stop the thread. Returns at once; may be called twice."""
        self._closing.set()
        self._wake.set()

    def set_view(self, view: View) -> None:
        """Change the view. Returns at once; `state` changes when it is applied."""
        self._wanted_view = view
        self._wake.set()

    def search(self, matcher: Matcher | None) -> None:
        """Change the search. Returns at once; `state` changes when it is applied."""
        self._wanted_search = matcher
        self._wake.set()

    # For the screen.

    @property
    def state(self) -> IndexState:
        """The current state."""
        return self._state

    @property
    def settled(self) -> bool:
        """Whether the state reflects the last chosen view and search."""
        return (
            self._published is not None
            and self._published[0] is self._wanted_view
            and self._published[1] is self._wanted_search
            and not self._wake.is_set()
        )

    def numbers(self, start: int, stop: int) -> Sequence[int]:
        """Return the numbers of the shown lines from one place up to, not including, another."""
        with self._lock:
            return tuple(self._shown.numbers(start, stop))

    def page(self, start: int, count: int) -> Sequence[ShownLine]:
        """Return some shown lines with their state, under a single lock."""
        with self._lock:
            shown, annotations = self._shown, self._annotations
            numbers = tuple(shown.numbers(start, start + count))
            found = [
                (annotations.level(number), shown.is_context(number), self._is_match(number))
                for number in numbers
            ]
        # A flood holds the ring's lock half of the time: the index's lock must not wait for it.
        lines = self._ring.lines(numbers)
        return tuple(
            ShownLine(number, line, *facts)
            for number, line, facts in zip(numbers, lines, found, strict=True)
        )

    def _is_match(self, number: int) -> bool:
        at = bisect_left(self._matches, number)
        return at < len(self._matches) and self._matches[at] == number

    def place(self, number: int) -> int:
        """Return the place of a line among the shown ones, or that of the next shown line."""
        with self._lock:
            return self._shown.place(number)

    def number_at(self, stamp: bytes) -> int:
        """Return the number of the first shown line not older than a stamp, or that of the end.

        Assumes that lines are in order of time; single late ones don't matter.
        """
        low, high = 0, self._state.shown
        while low < high:
            middle = (low + high) // 2
            if self._stamp_at(middle) < stamp:
                low = middle + 1
            else:
                high = middle
        numbers = self.numbers(low, low + 1)
        return numbers[0] if numbers else self._state.stop

    def _stamp_at(self, place: int) -> bytes:
        numbers = self.numbers(place, place + 1)
        line = self._ring.lines(numbers)[0] if numbers else None
        return line.stamp if line is not None else b""

    def group(self, number: int) -> Sequence[int]:
        """Return the numbers of the lines of a line's group."""
        with self._lock:
            if self._annotations.first <= number < self._annotations.stop:
                return tuple(self._annotations.members(self._annotations.start(number)))
            return (number,)

    def next_match(self, number: int, step: int) -> tuple[int, int, bool] | None:
        """Return the next match before (`step` -1) or after (1) a line, or the nearest (0).

        Returns:
            Its number, its position from 1, and whether the search wrapped around; None without
                matches.
        """
        with self._lock:
            found = self._matches
            if not found:
                return None
            if step < 0:
                at = bisect_left(found, number) - 1
            elif step > 0:
                at = bisect_right(found, number)
            else:
                at = min(bisect_left(found, number), len(found) - 1)
            wrapped = not 0 <= at < len(found)
            at %= len(found)
            return found[at], at + 1, wrapped

    # The thread.

    def _work(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            try:
                while not self._closing.is_set() and self._step():
                    # Give up the processor, so that a thread that waits for the lock gets it.
                    time.sleep(YIELD_SECONDS)
            except Exception:
                # The lines are still in the ring: index them again.
                log.exception("the index of a log failed and is rebuilt")
                with self._lock:
                    self._annotations.restart(self._ring.extent.first)
                    self._shown.rebuild()
                    self._matches = []
            self._closing.wait(BATCH_SECONDS)

    def _step(self) -> bool:
        """Process one batch; returns whether there is more to do."""
        extent = self._ring.extent
        changed = self._apply_ring_changes(extent.epoch, extent.first, extent.following)
        applied = [self._apply_view(), self._apply_search()]
        start = self._annotations.stop
        stop = min(start + BATCH_LINES, extent.following)
        if start < stop:
            self._append(self._lines(start, stop), start)
        if changed or any(applied) or start < stop:
            self._publish(extent.epoch, extent.following)
        return stop < extent.following

    def _apply_ring_changes(self, epoch: int, first: int, following: int) -> bool:
        """Apply changes at both ends of the ring: a new epoch, older lines, dropped lines."""
        annotations = self._annotations
        if epoch != self._state.epoch:
            with self._lock:
                annotations.restart(first)
                self._shown.rebuild()
                self._matches = []
            self._recounted = dict(self._counted)
            return True
        changed = False
        if first < annotations.first:
            count = annotations.first - first
            older = self._lines(first, annotations.first)
            if len(older) == count:  # else the ring has changed again since
                behind = self._lines(
                    annotations.first, min(annotations.first + REGROUPED_LINES, annotations.stop)
                )
                with self._lock:
                    annotations.prepend(older, behind)
                self._rebuild(self._shown.view)
                self._count(older, first, dict(self._counted))
                changed = True
        if first > annotations.first or following < annotations.stop:
            with self._lock:
                annotations.drop_from(following)
                annotations.drop_before(first)
                self._shown.trim()
                del self._matches[bisect_left(self._matches, following) :]
                del self._matches[: bisect_left(self._matches, first)]
            changed = True
        return changed

    def _append(self, lines: Sequence[LogLine], start: int) -> None:
        if len(lines) and self._annotations.stop == start:
            with self._lock:
                self._annotations.append(lines)
                self._shown.add_from(start)
                if self._search is not None:
                    self._find_matches(start)
            self._count(lines, start, self._recounted)

    def _count(
        self, lines: Sequence[LogLine], start: int, counted: Mapping[str, tuple[bytes, bytes]]
    ) -> None:
        """Pass lines to the tally, without those it has already counted."""
        if self._tally is None:
            return
        for number, line in enumerate(lines, start):
            first, last = counted.get(line.source, (b"", b""))
            if not last or not first <= line.stamp <= last:
                self._tally.add(line, self._annotations.level(number))
            first, last = self._counted.get(line.source, (line.stamp, line.stamp))
            self._counted[line.source] = (min(first, line.stamp), max(last, line.stamp))

    def _apply_view(self) -> bool:
        view = self._wanted_view
        if view is self._shown.view:
            return False
        self._rebuild(view)
        return True

    def _rebuild(self, view: View) -> None:
        """Filter all lines again; the screen keeps the old result until then."""
        shown = FilteredLines(self._annotations, self._lines)
        shown.set_view(view)
        with self._lock:
            self._shown = shown
        self._find_all_matches()

    def _apply_search(self) -> bool:
        if self._wanted_search is self._search:
            return False
        self._search = self._wanted_search
        self._find_all_matches()
        return True

    def _find_all_matches(self) -> None:
        found = self._found(self._annotations.first)
        with self._lock:
            self._matches = found

    def _find_matches(self, start: int) -> None:
        found = self._found(start)
        if found:
            del self._matches[bisect_left(self._matches, found[0]) :]
            self._matches += found

    def _found(self, start: int) -> list[int]:
        if self._search is None:
            return []
        matches = self._search.matches
        shown = self._shown.numbers(self._shown.place(start), len(self._shown))
        lines = self._lines(start, self._annotations.stop)
        return [
            number
            for number in shown
            if 0 <= number - start < len(lines) and matches(lines[number - start].text)
        ]

    def _lines(self, start: int, stop: int) -> Sequence[LogLine]:
        window = self._ring.window(start, stop)
        if window.first == start and len(window.lines) == stop - start:
            return window.lines
        # Some lines were dropped since; the next step removes them from the index.
        dropped = LogLine(b"", "", LineKind.STDOUT, b"")
        before = [dropped] * max(min(window.first, stop) - start, 0)
        lines = [*before, *window.lines]
        return lines + [dropped] * (stop - start - len(lines))

    def _publish(self, epoch: int, following: int) -> None:
        self._state = IndexState(
            epoch=epoch,
            first=self._annotations.first,
            stop=self._annotations.stop,
            shown=len(self._shown),
            matches=len(self._matches),
            behind=max(following - self._annotations.stop, 0),
            version=self._state.version + 1,
        )
        self._published = self._shown.view, self._search
        self._changed()
