"""The level, group and container of each kept log line. Not thread-safe.

Stored apart from the lines in dense arrays, so that a hundred thousand lines can be filtered
quickly, and so that readers never block the reading of a log.
"""

from array import array
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from pixel_tui.logs.continuation import Grouper
from pixel_tui.logs.level import LogLevel, level_of
from pixel_tui.stack.feed.ring import LineKind, LogLine

MARK: Final = 127
"""The level code of pixel-tui's own marks, which are always shown."""
REGROUPED_LINES: Final = 200
"""How many lines after newly loaded older ones are grouped again."""
_MAX_UNUSED: Final = 8192


class Annotations:
    """Levels, groups and containers of the lines from `first` up to, not including, `stop`."""

    def __init__(self) -> None:
        self.first = 0
        self.stop = 0
        self._grouper = Grouper()
        self._base = 0
        """The sequence number of the arrays' first item; items before `first` are unused."""
        self._levels = array("b")
        self._starts = array("q")
        self._sources = array("l")
        self._members: dict[int, list[int]] = {}
        """The lines of each group with more than one, by the first one; in order."""
        self._heads: dict[int, int] = {}
        """The line that replaces a group's first line after that was dropped."""
        self.names: list[str] = []
        """The containers' names, by their number."""
        self._numbers: dict[str, int] = {}

    def restart(self, first: int) -> None:
        """Forget all lines; the next one has this number."""
        self.first = self.stop = self._base = first
        self._grouper = Grouper()
        self._levels, self._starts, self._sources = array("b"), array("q"), array("l")
        self._members = {}
        self._heads = {}

    def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines at the end."""
        for line in lines:
            number = self.stop
            self.stop += 1
            self._levels.append(0)
            self._starts.append(number)
            self._sources.append(self._source_number(line.source))
            self._annotate(number, line)

    def prepend(self, lines: Sequence[LogLine], following: Sequence[LogLine]) -> None:
        """Add older lines at the start.

        Args:
            lines: The older lines.
            following: The first lines so far, at most `REGROUPED_LINES`: they may continue the
                older ones.
        """
        self._drop_unused()
        count = len(lines)
        self.first = self._base = self.first - count
        self._levels = array("b", bytes(count)) + self._levels
        self._starts = array("q", range(self.first, self.first + count)) + self._starts
        self._sources = (
            array("l", [self._source_number(line.source) for line in lines]) + self._sources
        )
        # The numbers of dropped lines are used again by the older ones.
        self._heads = {key: head for key, head in self._heads.items() if key < self.first}
        next_grouper, self._grouper = self._grouper, Grouper()
        for number, line in enumerate((*lines, *following[:REGROUPED_LINES]), self.first):
            self._annotate(number, line)
        if self.stop - self.first > count + len(following[:REGROUPED_LINES]):
            self._grouper = next_grouper
        self._members = dict(sorted(self._members.items()))

    def drop_before(self, first: int) -> None:
        """Forget the lines before a number."""
        if first <= self.first:
            return
        remaining_groups: dict[int, list[int]] = {}
        for start in list(takewhile(lambda start: start < first, self._members)):
            # The rest of a group whose first line was dropped stays a group.
            remaining = [number for number in self._members.pop(start) if number >= first]
            for number in remaining:
                self._starts[number - self._base] = remaining[0]
                self._levels[number - self._base] = self._levels[start - self._base]
            if remaining:
                self._heads[start] = remaining[0]
            if len(remaining) > 1:
                remaining_groups[remaining[0]] = remaining
        self._heads = {key: head for key, head in self._heads.items() if self._head(key) >= first}
        if remaining_groups:
            self._members = dict(sorted((remaining_groups | self._members).items()))
        self.first = min(first, self.stop)
        if first > self.stop:
            self.restart(first)
        elif self.first - self._base > max(_MAX_UNUSED, self.stop - self.first):
            self._drop_unused()

    def drop_from(self, stop: int) -> None:
        """Forget the lines from a number on."""
        if stop >= self.stop:
            return
        keep = max(stop - self._base, 0)
        del self._levels[keep:], self._starts[keep:], self._sources[keep:]
        self.stop = max(stop, self.first)
        self._grouper, self._heads = Grouper(), {}
        for start, members in list(self._members.items()):
            if members[-1] >= stop:
                remaining = [number for number in members if number < stop]
                if len(remaining) > 1:
                    self._members[start] = remaining
                else:
                    del self._members[start]

    def level(self, number: int) -> LogLevel:
        """Return the level of a line, which is that of its group."""
        code = self.code(number)
        return LogLevel.UNKNOWN if code == MARK else LogLevel(code)

    def code(self, number: int) -> int:
        """Return the level as a number, or `MARK`."""
        return self._levels[self.start(number) - self._base]

    def start(self, number: int) -> int:
        """Return the first line of a line's group."""
        return self._starts[number - self._base]

    def source(self, number: int) -> int:
        """Return the number of the container that wrote a line."""
        return self._sources[number - self._base]

    def members(self, start: int) -> Sequence[int]:
        """Return the lines of a group, by its first line."""
        return self._members.get(start) or (start,)

    def codes(self, first: int, stop: int) -> Sequence[int]:
        """Return the level codes of a range of lines; only those of first lines are valid."""
        return self._levels[first - self._base : stop - self._base]

    def starts(self, first: int, stop: int) -> Sequence[int]:
        """Return the first lines of the groups of a range of lines."""
        return self._starts[first - self._base : stop - self._base]

    def sources(self, first: int, stop: int) -> Sequence[int]:
        """Return the containers of a range of lines."""
        return self._sources[first - self._base : stop - self._base]

    def _annotate(self, number: int, line: LogLine) -> None:
        at = number - self._base
        if line.kind is LineKind.MARK:
            self._grouper.feed(number, line)
            self._levels[at] = MARK
            return
        own = level_of(line.text)
        group_start = self._grouper.feed(number, line, own)
        start = self._head(group_start)
        if start < self.first:
            start = self._heads[group_start] = number
        old_start = self._starts[at]
        if old_start not in {number, start}:
            self._leave_group(old_start, number)
        self._starts[at] = start
        if start == number:
            self._levels[at] = self._grouper.level(line)
            return
        members = self._members.setdefault(start, [start])
        if number not in members[-REGROUPED_LINES:]:
            members.append(number)
        self._levels[start - self._base] = self._grouper.level(line)

    def _head(self, start: int) -> int:
        """Return the current first line of a group."""
        while start in self._heads:
            start = self._heads[start]
        return start

    def _leave_group(self, start: int, number: int) -> None:
        members = self._members.get(start, [])
        if number in members:
            members.remove(number)
        if len(members) < 2:
            self._members.pop(start, None)

    def _source_number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def _drop_unused(self) -> None:
        unused = self.first - self._base
        if unused:
            del self._levels[:unused], self._starts[:unused], self._sources[:unused]
            self._base = self.first
