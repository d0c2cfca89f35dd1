"""Two edits of one file brought together, by entries.

What only one side changed is taken, and what both changed alike once. Where both changed the
same entry in different ways a person has to choose: the conflict names it. Comments never
conflict: where both sides wrote different ones, both stay.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.three_way import regions
from pixel_tui.environment.dotenv.units import Identity, Unit, cut, joined
from pixel_tui.errors import UsageError


class Side(StrEnum):
    """Whose change is taken."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entry that both sides changed, each in its way. Its values may be secret."""

    key: str
    """Several, with blanks between, where they share a line."""
    occurrence: int
    """Which entry of this key, from the last: 0 is the one that counts."""
    base: DotenvEntry | None
    """What it was; None where it was not there."""
    mine: DotenvEntry | None
    """None where this side removed it."""
    theirs: DotenvEntry | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of two edits."""

    document: DotenvDocument
    """With my side of each conflict."""
    conflicts: tuple[Conflict, ...]
    """In the file's order; empty where nothing has to be chosen."""
    parts: tuple["MergedUnit", ...]
    """What the document is put together from."""
    marked: bool
    """Whether it begins with a byte order mark."""


@dataclass(frozen=True, slots=True)
class MergedUnit:
    """One unit of the result. Where there is a conflict, one for each choice."""

    mine: Unit | None
    theirs: Unit | None
    conflict: Conflict | None = None


def merge(base: DotenvDocument, mine: DotenvDocument, theirs: DotenvDocument) -> Merged:
    """Bring two edits of one document together.

    Args:
        base: What both were made from.
        mine: The edit of this console.
        theirs: What is on the disk now.
    """
    return _Merge(base, mine, theirs).merged()


def resolve(merged: Merged, choices: Mapping[Conflict, Side]) -> DotenvDocument:
    """The document with each conflict as it was chosen.

    Raises:
        UsageError: One was not chosen.
    """
    pieces: list[tuple[bytes, bytes]] = []
    for part in merged.parts:
        side = Side.MINE
        if part.conflict is not None:
            if part.conflict not in choices:
                raise UsageError(
                    "Both sides changed this key, and none was chosen.",
                    on=part.conflict.key,
                    hint="Choose one side for each.",
                )
            side = choices[part.conflict]
        unit = part.mine if side is Side.MINE else part.theirs
        if unit is not None:
            pieces.append((unit.text, unit.line_end))
    return joined(pieces, marked=merged.marked)


class _Merge:
    def __init__(self, base: DotenvDocument, mine: DotenvDocument, theirs: DotenvDocument) -> None:
        cuts = [cut(document) for document in (base, mine, theirs)]
        self._base, self._mine, self._theirs = (whole.units for whole in cuts)
        self._in_base, self._in_mine, self._in_theirs = (
            {unit.identity: unit for unit in whole.units if unit.entries} for whole in cuts
        )
        self._marked = _either(*(whole.marked for whole in cuts))

    def merged(self) -> Merged:
        parts = tuple(
            self._entry(unit.identity) if unit.entries else MergedUnit(unit, unit)
            for unit in self._with_all_entries(self._in_order())
        )
        conflicts = tuple(part.conflict for part in parts if part.conflict is not None)
        pieces = [(part.mine.text, part.mine.line_end) for part in parts if part.mine is not None]
        return Merged(joined(pieces, marked=self._marked), conflicts, parts, self._marked)

    def _in_order(self) -> Iterator[Unit]:
        """The lines of the result, and its entries by name; some may come twice, or not at all."""
        sides = (self._base, self._mine, self._theirs)
        for region in regions(*([unit.identity for unit in units] for units in sides)):
            base = self._base[region.base]
            mine, theirs = self._mine[region.mine], self._theirs[region.theirs]
            if region.stable:
                yield from map(_with_line_end, base, mine, theirs)
            elif _same(mine, base):
                yield from theirs
            elif _same(theirs, base) or _same(mine, theirs):
                yield from mine
            else:
                yield from _both(base, mine, theirs)

    def _with_all_entries(self, ordered: Iterable[Unit]) -> list[Unit]:
        """Each entry that stays, once: both may have moved it, or one moved and one removed it."""
        known = {**self._in_base, **self._in_theirs, **self._in_mine}
        missing = {identity: unit for identity, unit in known.items() if self._stays(identity)}
        result = [
            unit
            for unit in ordered
            if not unit.entries or missing.pop(unit.identity, None) is not None
        ]
        for unit in missing.values():
            side = self._mine if unit.identity in self._in_mine else self._theirs
            result.insert(_place(unit, side, result), unit)
        return _last_counts(result)

    def _stays(self, identity: Identity) -> bool:
        base = self._in_base.get(identity)
        mine, theirs = self._in_mine.get(identity), self._in_theirs.get(identity)
        if base is None or (mine is not None and theirs is not None):
            return True
        # One side removed it: that counts where the other has not changed it.
        kept = mine or theirs
        return kept is not None and kept.text != base.text

    def _entry(self, identity: Identity) -> MergedUnit:
        """The entry of the result, or both where a person has to choose."""
        base = self._in_base.get(identity)
        mine, theirs = self._in_mine.get(identity), self._in_theirs.get(identity)
        if base is None and (mine is None or theirs is None):
            without = self._in_mine if mine is None else self._in_theirs
            if not self._removed_by(without, identity):
                return MergedUnit(mine or theirs, mine or theirs)
        if mine is not None and theirs is not None:
            was = mine if base is None else base
            line_end = _either(was.line_end, mine.line_end, theirs.line_end)
            if mine.text == theirs.text or (
                base is not None and base.text in {mine.text, theirs.text}
            ):
                taken = theirs if mine.text == was.text else mine
                taken = replace(taken, line_end=line_end)
                return MergedUnit(taken, taken)
        some = mine or theirs or base
        conflict = Conflict(
            key=some.name if some else "",
            occurrence=_occurrence(some) if some else 0,
            base=_last(base),
            mine=_last(mine),
            theirs=_last(theirs),
        )
        return MergedUnit(mine, theirs, conflict)

    def _removed_by(self, side: Mapping[Identity, Unit], identity: Identity) -> bool:
        """Whether a side has removed the key to which the other one added a second entry."""
        counts: Identity = (identity[0], 0) if isinstance(identity, tuple) else identity
        return counts in self._in_base and counts not in side


T = TypeVar("T")


def _either(base: T | None, mine: T, theirs: T) -> T:
    """What only one side changed; mine where both did."""
    return theirs if mine == base else mine


def _with_line_end(base: Unit, mine: Unit, theirs: Unit) -> Unit:
    return replace(mine, line_end=_either(base.line_end, mine.line_end, theirs.line_end))


def _same(some: Sequence[Unit], others: Sequence[Unit]) -> bool:
    return [unit.identity for unit in some] == [unit.identity for unit in others]


def _both(base: Sequence[Unit], mine: Sequence[Unit], theirs: Sequence[Unit]) -> Iterator[Unit]:
    """Mine without the lines that they removed, then what they added and I did not."""
    was, is_mine, is_theirs = (
        Counter(unit.identity for unit in units) for units in (base, mine, theirs)
    )
    removed, added = was - is_theirs, is_theirs - was
    for identity, count in (is_mine - was).items():
        if identity:  # a blank line belongs to what stands beside it
            added[identity] -= count
    for unit in mine:
        if not unit.entries and removed[unit.identity] > 0:
            removed[unit.identity] -= 1
        else:
            yield unit
    for unit in theirs:
        if added[unit.identity] > 0:
            added[unit.identity] -= 1
            yield unit


def _place(unit: Unit, side: Sequence[Unit], result: Sequence[Unit]) -> int:
    """Where an entry belongs that has no place yet: beside its neighbour in its own side."""
    there = {found.identity: index for index, found in enumerate(result) if found.entries}
    own = next(index for index, found in enumerate(side) if found.identity == unit.identity)
    for before in reversed(side[:own]):
        if before.entries and before.identity in there:
            return there[before.identity] + 1
    for behind in side[own + 1 :]:
        if behind.entries and behind.identity in there:
            return there[behind.identity]
    return len(result)


def _last_counts(units: list[Unit]) -> list[Unit]:
    """Entries of one key in the order in which they counted, however they were moved."""
    places: dict[tuple[str, ...], list[int]] = {}
    for index, unit in enumerate(units):
        if isinstance(unit.identity, tuple):
            places.setdefault(unit.identity[0], []).append(index)
    result = list(units)
    for indexes in places.values():
        found = sorted((units[index] for index in indexes), key=_occurrence, reverse=True)
        for index, unit in zip(indexes, found, strict=True):
            result[index] = unit
    return result


def _occurrence(unit: Unit) -> int:
    return unit.identity[1] if isinstance(unit.identity, tuple) else 0


def _last(unit: Unit | None) -> DotenvEntry | None:
    return unit.entries[-1] if unit is not None else None
