"""Three-way merge of two edits of one environment file, by entries.

A change of one side is taken, and the same change of both sides once. If both sides changed the
same entry differently, the user has to choose: it is a conflict. Comments never conflict: if the
sides wrote different ones, both are kept.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.three_way import regions
from pixel_tui.environment.dotenv.units import Identity, Unit, join_units, split_units
from pixel_tui.errors import UsageError


class Side(StrEnum):
    """Whose change to take."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entry that the two sides changed differently. Its values may be secret."""

    key: str
    """Several keys, separated by spaces, if their entries share a line."""
    occurrence: int
    """Which entry of this key, counted from the last: 0 is the one that counts."""
    base: DotenvEntry | None
    """The entry before the edits; None if there was none."""
    mine: DotenvEntry | None
    """None if this side removed it."""
    theirs: DotenvEntry | None


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The result of a merge."""

    document: DotenvDocument
    """The merged document, with my side of each conflict."""
    conflicts: tuple[Conflict, ...]
    """In file order."""
    parts: tuple["MergedUnit", ...]
    """The units that the document consists of."""
    has_bom: bool
    """Whether it starts with a byte order mark."""


@dataclass(frozen=True, slots=True)
class MergedUnit:
    """One unit of the result; for a conflict, one per choice."""

    mine: Unit | None
    theirs: Unit | None
    conflict: Conflict | None = None


def merge(base: DotenvDocument, mine: DotenvDocument, theirs: DotenvDocument) -> MergeResult:
    """Merge two edits of one document.

    Args:
        base: The document that both edits started from.
        mine: The edit of this console.
        theirs: The current content of the file.
    """
    return _ThreeWayMerge(base, mine, theirs).merged()


def resolve(merged: MergeResult, choices: Mapping[Conflict, Side]) -> DotenvDocument:
    """Return the document with all conflicts resolved.

    Raises:
        UsageError: A choice is missing.
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
    return join_units(pieces, has_bom=merged.has_bom)


class _ThreeWayMerge:
    def __init__(self, base: DotenvDocument, mine: DotenvDocument, theirs: DotenvDocument) -> None:
        documents = [split_units(document) for document in (base, mine, theirs)]
        self._base, self._mine, self._theirs = (document.units for document in documents)
        self._in_base, self._in_mine, self._in_theirs = (
            {unit.identity: unit for unit in document.units if unit.entries}
            for document in documents
        )
        self._marked = _merge_value(*(document.has_bom for document in documents))

    def merged(self) -> MergeResult:
        parts = tuple(
            self._entry(unit.identity) if unit.entries else MergedUnit(unit, unit)
            for unit in self._with_all_entries(self._in_order())
        )
        conflicts = tuple(part.conflict for part in parts if part.conflict is not None)
        pieces = [(part.mine.text, part.mine.line_end) for part in parts if part.mine is not None]
        return MergeResult(join_units(pieces, has_bom=self._marked), conflicts, parts, self._marked)

    def _in_order(self) -> Iterator[Unit]:
        """Yield the units of the result in order; an entry may come twice, or be missing."""
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
                yield from _merge_lines(base, mine, theirs)

    def _with_all_entries(self, ordered: Iterable[Unit]) -> list[Unit]:
        """Return each remaining entry once: both sides may have moved it, or one removed it."""
        known = {**self._in_base, **self._in_theirs, **self._in_mine}
        missing = {identity: unit for identity, unit in known.items() if self._is_kept(identity)}
        result = [
            unit
            for unit in ordered
            if not unit.entries or missing.pop(unit.identity, None) is not None
        ]
        for unit in missing.values():
            side = self._mine if unit.identity in self._in_mine else self._theirs
            result.insert(_insertion_index(unit, side, result), unit)
        return _restore_order_of_duplicates(result)

    def _is_kept(self, identity: Identity) -> bool:
        base = self._in_base.get(identity)
        mine, theirs = self._in_mine.get(identity), self._in_theirs.get(identity)
        if base is None or (mine is not None and theirs is not None):
            return True
        # One side removed it: that counts if the other has not changed it.
        kept = mine or theirs
        return kept is not None and kept.text != base.text

    def _entry(self, identity: Identity) -> MergedUnit:
        """Return the merged entry, or both sides as a conflict."""
        base = self._in_base.get(identity)
        mine, theirs = self._in_mine.get(identity), self._in_theirs.get(identity)
        if base is None and (mine is None or theirs is None):
            without = self._in_mine if mine is None else self._in_theirs
            if not self._removed_by(without, identity):
                return MergedUnit(mine or theirs, mine or theirs)
        if mine is not None and theirs is not None:
            before = mine if base is None else base
            line_end = _merge_value(before.line_end, mine.line_end, theirs.line_end)
            if mine.text == theirs.text or (
                base is not None and base.text in {mine.text, theirs.text}
            ):
                taken = theirs if mine.text == before.text else mine
                taken = replace(taken, line_end=line_end)
                return MergedUnit(taken, taken)
        one = mine or theirs or base
        conflict = Conflict(
            key=one.name if one else "",
            occurrence=_occurrence(one) if one else 0,
            base=_last(base),
            mine=_last(mine),
            theirs=_last(theirs),
        )
        return MergedUnit(mine, theirs, conflict)

    def _removed_by(self, side: Mapping[Identity, Unit], identity: Identity) -> bool:
        """Whether a side removed the key that the other side added a second entry for."""
        counts: Identity = (identity[0], 0) if isinstance(identity, tuple) else identity
        return counts in self._in_base and counts not in side


T = TypeVar("T")


def _merge_value(base: T | None, mine: T, theirs: T) -> T:
    """Return the value of the side that changed it; mine if both did."""
    return theirs if mine == base else mine


def _with_line_end(base: Unit, mine: Unit, theirs: Unit) -> Unit:
    return replace(mine, line_end=_merge_value(base.line_end, mine.line_end, theirs.line_end))


def _same(one: Sequence[Unit], other: Sequence[Unit]) -> bool:
    return [unit.identity for unit in one] == [unit.identity for unit in other]


def _merge_lines(
    base: Sequence[Unit], mine: Sequence[Unit], theirs: Sequence[Unit]
) -> Iterator[Unit]:
    """Yield my units without the lines that they removed, then those that only they added."""
    before, is_mine, is_theirs = (
        Counter(unit.identity for unit in units) for units in (base, mine, theirs)
    )
    removed, added = before - is_theirs, is_theirs - before
    for identity, count in (is_mine - before).items():
        if identity:  # a blank line belongs to the lines around it
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


def _insertion_index(unit: Unit, side: Sequence[Unit], result: Sequence[Unit]) -> int:
    """Return where to insert a missing entry: next to its neighbour in its own side."""
    indexes = {found.identity: index for index, found in enumerate(result) if found.entries}
    own = next(index for index, found in enumerate(side) if found.identity == unit.identity)
    for before in reversed(side[:own]):
        if before.entries and before.identity in indexes:
            return indexes[before.identity] + 1
    for after in side[own + 1 :]:
        if after.entries and after.identity in indexes:
            return indexes[after.identity]
    return len(result)


def _restore_order_of_duplicates(units: list[Unit]) -> list[Unit]:
    """Restore the order of entries of the same key: the last one must still count."""
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
