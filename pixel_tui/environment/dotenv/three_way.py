"""Finds where two descendants of a sequence agree with it, and where they don't (diff3)."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from pixel_tui.environment.dotenv.line_matcher import LineMatcher


@dataclass(frozen=True, slots=True)
class Region:
    """Corresponding parts of the three sequences; regions follow each other without gaps."""

    base: slice
    mine: slice
    theirs: slice
    stable: bool
    """Whether all three are equal here."""


def regions(
    base: Sequence[Hashable], mine: Sequence[Hashable], theirs: Sequence[Hashable]
) -> Iterator[Region]:
    """Split three sequences into regions where they agree and where they don't."""
    in_base = in_mine = in_theirs = 0
    for start, end, to_mine, to_theirs in _common(base, mine, theirs):
        if start > in_base or start + to_mine > in_mine or start + to_theirs > in_theirs:
            yield Region(
                slice(in_base, start),
                slice(in_mine, start + to_mine),
                slice(in_theirs, start + to_theirs),
                stable=False,
            )
        in_base, in_mine, in_theirs = end, end + to_mine, end + to_theirs
        if end > start:
            yield Region(
                slice(start, end),
                slice(start + to_mine, in_mine),
                slice(start + to_theirs, in_theirs),
                stable=True,
            )


def _common(
    base: Sequence[Hashable], mine: Sequence[Hashable], theirs: Sequence[Hashable]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the ranges of the base that both kept, and their offsets in each; last an empty one."""
    ours, others = _blocks(base, mine), _blocks(base, theirs)
    first = second = 0
    while first < len(ours) and second < len(others):
        start, mine_at, size = ours[first]
        other_start, theirs_at, other_size = others[second]
        low, high = max(start, other_start), min(start + size, other_start + other_size)
        if low < high:
            yield low, high, mine_at - start, theirs_at - other_start
        if start + size < other_start + other_size:
            first += 1
        else:
            second += 1
    end = len(base)
    yield end, end, len(mine) - end, len(theirs) - end


def _blocks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    blocks = LineMatcher(old, new).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]
