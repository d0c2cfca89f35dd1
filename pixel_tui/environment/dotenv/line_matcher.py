"""Matches the lines of two files: `difflib` with a bound on its time."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from typing import Final, TypeVar

MAX_STEPS: Final = 20_000_000
"""If `difflib` might need more, which is minutes at worst, only lines that occur once in each
file are matched, and equal lines next to them."""

T = TypeVar("T")


class LineMatcher(SequenceMatcher[T]):
    """A `SequenceMatcher` of lines, without junk.

    Args:
        old: The old lines.
        new: The new lines; hashable.
    """

    def __init__(self, old: Sequence[T], new: Sequence[T]) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._old, self._new = old, new

    def get_matching_blocks(self) -> list[Match]:
        """Return the common blocks in order, with an empty block at the end."""
        old, new = Counter(self._old), Counter(self._new)
        pairs = sum(count * new[line] for line, count in old.items())
        if pairs * min(len(self._old), len(self._new)) <= MAX_STEPS:
            return super().get_matching_blocks()
        return list(self._extended_blocks(self._anchors()))

    def _same_ends(self) -> tuple[int, int]:
        """Return the lengths of the common start and end."""
        most = min(len(self._old), len(self._new))
        start = 0
        while start < most and self._old[start] == self._new[start]:
            start += 1
        end = 0
        while end < most - start and self._old[-1 - end] == self._new[-1 - end]:
            end += 1
        return start, end

    def _anchors(self) -> Iterator[tuple[int, int]]:
        """Yield index pairs of matching lines, in order."""
        start, end = self._same_ends()
        inner, other = range(start, len(self._old) - end), range(start, len(self._new) - end)
        old, new = Counter(self._old[at] for at in inner), Counter(self._new[at] for at in other)
        places = {self._new[at]: at for at in other}
        yield from ((at, at) for at in range(start))
        yield from _longest_ascending(
            [(at, places[line]) for at in inner if old[line := self._old[at]] == new[line] == 1]
        )
        for at in range(-end, 0):
            yield len(self._old) + at, len(self._new) + at

    def _extended_blocks(self, anchors: Iterator[tuple[int, int]]) -> Iterator[Match]:
        """Join adjacent pairs to blocks, and extend each by the equal lines after it."""
        start = (0, 0)
        size = 0
        ends = (len(self._old), len(self._new))
        for at in (*anchors, ends):
            here = (start[0] + size, start[1] + size)
            while here[0] < at[0] and here[1] < at[1] and self._is_equal(*here):
                size += 1
                here = (start[0] + size, start[1] + size)
            if at == here and at != ends:
                size += 1
                continue
            if size:
                yield Match(*start, size)
            start, size = at, int(at != ends)
        yield Match(*ends, 0)

    def _is_equal(self, old: int, new: int) -> bool:
        return self._old[old] == self._new[new]


def _longest_ascending(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence that ascends in the second index; the first always does."""
    # For each length of a chain: the smallest second index it can end with, and its position.
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [index]
    found: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
