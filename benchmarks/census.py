"""What a process holds: its objects by type, and what C's allocator keeps for nobody."""

import ctypes
import gc
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SHOWN: Final = 25


@dataclass(frozen=True, slots=True)
class Held:
    """The objects of one type."""

    count: int
    size: int
    """Bytes, without what they refer to."""


@dataclass(frozen=True, slots=True)
class Census:
    """What was found at one moment."""

    objects: Mapping[str, Held]
    taken: int
    """Bytes that C's allocator has for objects too large for Python's own; 0 if not known."""
    unused: int
    """Bytes of these that hold nothing at the moment."""


class _Mallinfo(ctypes.Structure):
    """What glibc's `mallinfo2` gives, see its manual page."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def take_census() -> Census:
    """Count every object that the garbage collector knows, and what these refer to.

    It collects garbage first, and among what was frozen too. What counting needs itself is tens
    of megabytes: do it in a child of the process.
    """
    gc.unfreeze()
    gc.collect()
    found: dict[str, Held] = {}
    seen: set[int] = set()
    level: Iterable[object] = gc.get_objects()
    while level:
        below: list[object] = []
        for item in level:
            if id(item) not in seen:
                seen.add(id(item))
                kind = type(item)
                name = f"{kind.__module__}.{kind.__qualname__}"
                held = found.get(name, Held(0, 0))
                found[name] = Held(held.count + 1, held.size + sys.getsizeof(item))
                below += [part for part in gc.get_referents(item) if not gc.is_tracked(part)]
        level = below
    return Census(found, *_allocated())


def _allocated() -> tuple[int, int]:
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except AttributeError:  # another C library than glibc, or one before 2.33
        return 0, 0
    mallinfo.restype = _Mallinfo
    info = mallinfo()
    return int(info.arena + info.hblkhd), int(info.fordblks)


def differences(first: Census, last: Census) -> list[str]:
    """What is another amount than before, as lines of text; the most bytes first."""
    none = Held(0, 0)
    rows = [
        (first.objects.get(name, none), last.objects.get(name, none), name)
        for name in first.objects.keys() | last.objects.keys()
    ]
    rows.sort(key=lambda row: (row[0].size - row[1].size, row[2]))
    lines = [f"{'count':>9} {'then':>9} {'more KiB':>9}"]
    lines += [
        f"{one.count:9,} {two.count:9,} {(two.size - one.size) / 1024:+9.1f}  {name}"
        for one, two, name in rows[:SHOWN]
        if two.size > one.size
    ]
    lines += [
        f"C's allocator: {item.taken / 1024:,.0f} KiB, {item.unused / 1024:,.0f} of them unused"
        for item in (first, last)
    ]
    return lines
