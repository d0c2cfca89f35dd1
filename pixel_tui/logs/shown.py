"""Decides which of the kept lines are shown. Not thread-safe.

A group of lines, such as a stack trace, is shown or hidden as one: it is shown if any of its
lines matches a query, and hidden if any matches an inverted one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pixel_tui.logs.annotations import MARK, Annotations
from pixel_tui.logs.search import FilterStack
from pixel_tui.stack.feed.ring import LogLine

NO_FILTERS: Final = FilterStack()


@dataclass(frozen=True, slots=True)
class View:
    """Which lines of a log to show."""

    filters: FilterStack = NO_FILTERS
    context: int = 0
    """How many lines before and after each match to show."""

    @property
    def shows_all(self) -> bool:
        """Whether all lines are shown."""
        return self.filters.empty


class FilteredLines:
    """The sequence numbers of the shown lines, in order.

    Args:
        annotations: The lines' levels, groups and containers.
        lines: Returns the lines from a number up to, not including, another one.
    """

    def __init__(
        self, annotations: Annotations, lines: Callable[[int, int], Sequence[LogLine]]
    ) -> None:
        self._known = annotations
        self._lines = lines
        self._passing_lines: list[int] = []
        """The lines that pass the filters."""
        self._all: list[int] = []
        """Those and their context; the same list without context."""
        self._chosen: list[int] = []
        """The lines of the chosen containers, if context comes only from some."""
        self.view = View()

    def set_view(self, view: View) -> None:
        """Change the view."""
        self.view = view
        self.rebuild()

    def rebuild(self) -> None:
        """Filter all lines again."""
        self._passing_lines, self._chosen = [], []
        self._all = self._passing_lines
        if not self.view.shows_all:
            self._add_passing(self._known.first)

    def add_from(self, first: int) -> None:
        """Add lines, from this number on."""
        if not self.view.shows_all:
            self._add_passing(first)

    def trim(self) -> None:
        """Remove lines that were dropped at either end."""
        for numbers in {
            id(item): item for item in (self._passing_lines, self._all, self._chosen)
        }.values():
            del numbers[bisect_left(numbers, self._known.stop) :]
            del numbers[: bisect_left(numbers, self._known.first)]

    # For the screen.

    def __len__(self) -> int:
        """Return how many lines are shown."""
        return self._known.stop - self._known.first if self.view.shows_all else len(self._all)

    def numbers(self, start: int, stop: int) -> Sequence[int]:
        """Return the numbers of the shown lines from one place up to, not including, another."""
        if self.view.shows_all:
            first = self._known.first
            return range(first + max(start, 0), min(first + stop, self._known.stop))
        return self._all[max(start, 0) : max(stop, 0)]

    def place(self, number: int) -> int:
        """Return the place of a line, or that of the next shown line."""
        if self.view.shows_all:
            return min(max(number, self._known.first), self._known.stop) - self._known.first
        return bisect_left(self._all, number)

    def is_context(self, number: int) -> bool:
        """Whether a shown line is only context."""
        if self.view.shows_all or not self.view.context:
            return False
        at = bisect_left(self._passing_lines, number)
        return at == len(self._passing_lines) or self._passing_lines[at] != number

    # Filtering.

    def _add_passing(self, first: int) -> None:
        stop = self._known.stop
        if first >= stop:
            return
        added, grown_groups = self._find_passing(first, self._lines(first, stop))
        self._passing_lines += added
        changed = [self._recheck_group(start) for start in grown_groups]
        if not self.view.context:
            return
        self._collect_chosen(first, stop)
        if any(changed) or self._all is self._passing_lines:
            self._all = list(self._with_context(self._passing_lines))
            return
        last = len(self._passing_lines) - len(added) - 1
        anchor = self._passing_lines[last] if last >= 0 else self._known.first - 1
        del self._all[bisect_right(self._all, anchor) :]
        tail = self._with_context(self._passing_lines[max(last, 0) :])
        self._all += [number for number in tail if number > anchor]

    def _find_passing(self, first: int, lines: Sequence[LogLine]) -> tuple[list[int], set[int]]:
        """Return the lines that pass, and the groups that started before these lines."""
        known, filters = self._known, self.view.filters
        starts = known.starts(first, first + len(lines))
        grown_groups = {start for start in starts if start < first}
        heads = set(starts) - grown_groups
        for query in filters.queries:
            matches = query.matches
            if query.query.inverted:
                heads -= {
                    start
                    for start, line in zip(starts, lines, strict=True)
                    if not matches(line.text)
                }
            else:
                heads &= {
                    start for start, line in zip(starts, lines, strict=True) if matches(line.text)
                }
        codes = known.codes(first, first + len(lines))
        marks = {
            at
            for at, (code, line) in enumerate(zip(codes, lines, strict=True), first)
            if code == MARK and all(query.matches(line.text) for query in filters.queries)
        }
        if filters.level:
            heads = {start for start in heads if codes[start - first] >= filters.level}
        heads |= marks
        if filters.sources is not None:
            wanted = self._wanted_sources(filters.sources)
            sources = known.sources(first, first + len(lines))
            heads = {start for start in heads if sources[start - first] in wanted}
        found = sorted(chain.from_iterable(map(known.members, heads)))
        return [number for number in found if number < first + len(lines)], grown_groups

    def _recheck_group(self, start: int) -> bool:
        """Filter a group that has grown; returns whether earlier lines were shown or hidden."""
        members = self._known.members(start)
        passes = self._group_passes(start, members)
        changed = False
        for number in members:
            at = bisect_left(self._passing_lines, number)
            was_shown = at < len(self._passing_lines) and self._passing_lines[at] == number
            if passes and not was_shown:
                self._passing_lines.insert(at, number)
            elif was_shown and not passes:
                del self._passing_lines[at]
            changed = changed or was_shown != passes
        return changed

    def _group_passes(self, start: int, members: Sequence[int]) -> bool:
        filters = self.view.filters
        if filters.sources is not None and self._known.source(start) not in self._wanted_sources(
            filters.sources
        ):
            return False
        if self._known.code(start) < filters.level:
            return False
        texts = [line.text for number in members for line in self._lines(number, number + 1)]
        for query in filters.queries:
            every_or_any = all if query.query.inverted else any
            if not every_or_any(map(query.matches, texts)):
                return False
        return True

    def _wanted_sources(self, names: Iterable[str]) -> frozenset[int]:
        wanted = {*names, ""}  # marks of the complete stack belong to each container
        return frozenset(at for at, name in enumerate(self._known.names) if name in wanted)

    # Context.

    def _collect_chosen(self, first: int, stop: int) -> None:
        filters = self.view.filters
        if filters.sources is not None:
            wanted = self._wanted_sources(filters.sources)
            sources = self._known.sources(first, stop)
            self._chosen += [at for at, source in enumerate(sources, first) if source in wanted]

    def _with_context(self, passing: Sequence[int]) -> Iterator[int]:
        """Yield these lines and their neighbours, each once, in order."""
        base: Sequence[int] = (
            range(self._known.first, self._known.stop)
            if self.view.filters.sources is None
            else self._chosen
        )
        size, yielded_to = self.view.context, 0
        for number in passing:
            at = bisect_left(base, number)
            start, stop = max(at - size, yielded_to), min(at + size + 1, len(base))
            if start < stop:
                yield from base[start:stop]
                yielded_to = stop
