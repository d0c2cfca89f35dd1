"""What a screen asks of a log: which lines are shown, how serious they are, where the matches are.

A thread of its own keeps up with the ring, so that neither the reading of a log nor the
screen ever waits for the work on its lines. Its steps are short: whoever asks waits for one
at most.
"""

import logging
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pixel_tui.logs.annotations import SEAM, Annotations
from pixel_tui.logs.level import LogLevel
from pixel_tui.logs.search import Matcher
from pixel_tui.logs.shown import Shown, View
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring

log = logging.getLogger(__name__)

STEP: Final = 100
"""Lines that are looked at in one go."""
YIELD_SECONDS: Final = 0.0002
GATHER_SECONDS: Final = 0.03
"""How long the next lines are gathered, once some were looked at."""


class LineTally(Protocol):
    """Counts lines: how many there were, and how bad."""

    def note(self, line: LogLine, level: LogLevel) -> None:
        """One line more."""
        ...


@dataclass(frozen=True, slots=True)
class ShownLine:
    """What is known of a line that is shown."""

    number: int
    line: LogLine | None
    """None if it was dropped meanwhile."""
    level: LogLevel
    """That of the group that it belongs to."""
    around: bool = False
    """It is shown only as the context of another line."""
    match: bool = False
    """It has what is searched."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """What an index has found, at one moment."""

    epoch: int = 0
    """Another one when the feed stands at another place of the log."""
    first: int = 0
    """The number of the oldest line that is known."""
    stop: int = 0
    """The number behind the newest that is known."""
    shown: int = 0
    """How many lines are shown."""
    matches: int = 0
    """How many of these have what is searched."""
    behind: int = 0
    """How many lines are kept and not known yet."""
    version: int = 0
    """Grows with each change."""


class LogIndex:
    """Knows a ring's lines. Every public method may be called from any thread.

    Args:
        ring: The lines.
        tally: Counts each line once, as it comes.
        changed: Called on the index's thread when something has changed; must return at once.
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
        """The oldest and the newest stamp that the tally knows of each container."""
        self._recounted: dict[str, tuple[bytes, bytes]] = {}
        """The same when the feed went somewhere else: those lines may come again."""
        self._changed = changed
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._known = Annotations()
        self._shown = Shown(self._known, self._lines)
        self._wanted_view = View()
        self._wanted_search: Matcher | None = None
        self._search: Matcher | None = None
        self._told: tuple[View, Matcher | None] | None = None
        """What the state is of."""
        self._matches: list[int] = []
        self._state = IndexState(epoch=-1)
        self._started = False

    def start(self) -> None:
        """Begin to keep up with the ring."""
        self._started = True
        self._ring.listen(self._wake.set)
        threading.Thread(target=self._work, name="log-index", daemon=True).start()

    def close(self) -> None:
        """Stop. Returns at once; may be called twice."""
        self._closing.set()
        self._wake.set()

    def choose(self, view: View) -> None:
        """Show other lines. Returns at once; `state` changes when they are found."""
        self._wanted_view = view
        self._wake.set()

    def search(self, matcher: Matcher | None) -> None:
        """Find other matches among the shown lines. Returns at once."""
        self._wanted_search = matcher
        self._wake.set()

    # What a screen asks.

    @property
    def state(self) -> IndexState:
        """What it has found by now."""
        return self._state

    @property
    def settled(self) -> bool:
        """Whether what was chosen last is what is shown."""
        return (
            self._told is not None
            and self._told[0] is self._wanted_view
            and self._told[1] is self._wanted_search
            and not self._wake.is_set()
        )

    def numbers(self, start: int, stop: int) -> Sequence[int]:
        """The numbers of the shown lines from one place up to, not including, another."""
        with self._lock:
            return tuple(self._shown.numbers(start, stop))

    def page(self, start: int, count: int) -> Sequence[ShownLine]:
        """Some shown lines with what is known of them, at once: whoever paints waits once."""
        with self._lock:
            shown, known = self._shown, self._known
            numbers = tuple(shown.numbers(start, start + count))
            found = [
                (known.level(number), shown.around_only(number), self._has(number))
                for number in numbers
            ]
        # A flood holds the ring half of the time: nothing of the index waits for that.
        lines = self._ring.lines(numbers)
        return tuple(
            ShownLine(number, line, *facts)
            for number, line, facts in zip(numbers, lines, found, strict=True)
        )

    def _has(self, number: int) -> bool:
        at = bisect_left(self._matches, number)
        return at < len(self._matches) and self._matches[at] == number

    def place(self, number: int) -> int:
        """The place among the shown lines of this line, or of the next shown one behind it."""
        with self._lock:
            return self._shown.place(number)

    def number_at(self, stamp: bytes) -> int:
        """The number of the first shown line that is not older than this, or of the end.

        Lines stand in the order in which they were said, but for a late one here and there.
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
        """The numbers of the lines that belong together with this one."""
        with self._lock:
            if self._known.first <= number < self._known.stop:
                return tuple(self._known.members(self._known.start(number)))
            return (number,)

    def match_near(self, number: int, step: int) -> tuple[int, int, bool] | None:
        """The next match before (`step` -1) or behind (1) a line, or the nearest (0).

        Returns:
            Its number, its position from 1, and whether the search went round an end;
            None where nothing matches.
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
                    # Whoever waits for the lock gets it now, and not only at the end.
                    time.sleep(YIELD_SECONDS)
            except Exception:
                # The lines are still there, and everything is looked at anew.
                log.exception("the index of a log failed and begins anew")
                with self._lock:
                    self._known.restart(self._ring.extent.first)
                    self._shown.rebuild()
                    self._matches = []
            self._closing.wait(GATHER_SECONDS)

    def _step(self) -> bool:
        """Do a little; whether there is more to do."""
        extent = self._ring.extent
        moved = self._follow_ends(extent.epoch, extent.first, extent.following)
        looked = [self._choose_anew(), self._search_anew()]
        start = self._known.stop
        stop = min(start + STEP, extent.following)
        if start < stop:
            self._append(self._lines(start, stop), start)
        if moved or any(looked) or start < stop:
            self._tell(extent.epoch, extent.following)
        return stop < extent.following

    def _follow_ends(self, epoch: int, first: int, following: int) -> bool:
        """Begin anew, or take in what was put before the first line or dropped."""
        known = self._known
        if epoch != self._state.epoch:
            with self._lock:
                known.restart(first)
                self._shown.rebuild()
                self._matches = []
            self._recounted = dict(self._counted)
            return True
        moved = False
        if first < known.first:
            count = known.first - first
            older = self._lines(first, known.first)
            if len(older) == count:  # else the ring has moved once more meanwhile
                behind = self._lines(known.first, min(known.first + SEAM, known.stop))
                with self._lock:
                    known.prepend(older, behind)
                self._rebuild(self._shown.view)
                self._count(older, first, dict(self._counted))
                moved = True
        if first > known.first or following < known.stop:
            with self._lock:
                known.drop_from(following)
                known.drop_before(first)
                self._shown.trimmed()
                del self._matches[bisect_left(self._matches, following) :]
                del self._matches[: bisect_left(self._matches, first)]
            moved = True
        return moved

    def _append(self, lines: Sequence[LogLine], start: int) -> None:
        if len(lines) and self._known.stop == start:
            with self._lock:
                self._known.append(lines)
                self._shown.appended(start)
                if self._search is not None:
                    self._find_matches(start)
            self._count(lines, start, self._recounted)

    def _count(
        self, lines: Sequence[LogLine], start: int, known: Mapping[str, tuple[bytes, bytes]]
    ) -> None:
        """Tell the tally of lines; not of those between the stamps that it knows already."""
        if self._tally is None:
            return
        for number, line in enumerate(lines, start):
            first, last = known.get(line.source, (b"", b""))
            if not last or not first <= line.stamp <= last:
                self._tally.note(line, self._known.level(number))
            first, last = self._counted.get(line.source, (line.stamp, line.stamp))
            self._counted[line.source] = (min(first, line.stamp), max(last, line.stamp))

    def _choose_anew(self) -> bool:
        view = self._wanted_view
        if view is self._shown.view:
            return False
        self._rebuild(view)
        return True

    def _rebuild(self, view: View) -> None:
        """Look at every line again, while the screen still has what there was."""
        shown = Shown(self._known, self._lines)
        shown.choose(view)
        with self._lock:
            self._shown = shown
        self._match_anew()

    def _search_anew(self) -> bool:
        if self._wanted_search is self._search:
            return False
        self._search = self._wanted_search
        self._match_anew()
        return True

    def _match_anew(self) -> None:
        found = self._found(self._known.first)
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
        lines = self._lines(start, self._known.stop)
        return [
            number
            for number in shown
            if 0 <= number - start < len(lines) and matches(lines[number - start].text)
        ]

    def _lines(self, start: int, stop: int) -> Sequence[LogLine]:
        window = self._ring.window(start, stop)
        if window.first == start and len(window.lines) == stop - start:
            return window.lines
        # Some were dropped meanwhile: they are known to be gone in the next step.
        gone = LogLine(b"", "", LineKind.STDOUT, b"")
        before = [gone] * max(min(window.first, stop) - start, 0)
        lines = [*before, *window.lines]
        return lines + [gone] * (stop - start - len(lines))

    def _tell(self, epoch: int, following: int) -> None:
        self._state = IndexState(
            epoch=epoch,
            first=self._known.first,
            stop=self._known.stop,
            shown=len(self._shown),
            matches=len(self._matches),
            behind=max(following - self._known.stop, 0),
            version=self._state.version + 1,
        )
        self._told = self._shown.view, self._search
        self._changed()
