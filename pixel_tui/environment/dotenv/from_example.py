"""Keys that the example has and a file has not, brought into it at their place."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.units import LineBlock, cut, groups, joined
from pixel_tui.text import SafeText

_BANNER = re.compile(rb"\s*#[#\s]*[=\-*~_#]{3,}")
"""A line of a banner, with or without its title."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """An entry of the example with the lines that lead to it."""

    entry: DotenvEntry
    keys: frozenset[str]
    """Its own, and those of the entries that share its line."""
    lines: tuple[bytes, ...] = field(repr=False)
    """The comments directly above it, and itself."""
    banner: tuple[bytes, ...]
    """What begins its section."""


def missing_keys(document: DotenvDocument, example: DotenvDocument) -> tuple[str, ...]:
    """The keys that only the example has; one that is commented out is not missing."""
    known = {entry.key for entry in document.entries}
    found = (entry.key for entry in example.entries if entry.key and not entry.commented)
    return tuple(dict.fromkeys(key for key in found if key not in known))


def merge_example(
    document: DotenvDocument, example: DotenvDocument, keys: Collection[str] | None = None
) -> DotenvDocument:
    """Bring the example's missing keys into a file, with the comments above them.

    Each comes behind the key that it follows in the example, else to the end of its section,
    else to the end of the file, with its section's banner. Its value is the example's.

    Args:
        document: The file; all that is in it stays.
        example: The example.
        keys: Which of the missing keys; None: all.
    """
    wanted = set(missing_keys(document, example))
    if keys is not None:
        wanted &= set(keys)
    for run in _runs(example, wanted):
        document = _with_run(document, example, run)
    return document


def _runs(example: DotenvDocument, wanted: Collection[str]) -> Iterator[list[_Missing]]:
    """What is wanted of the example; what follows one another in a section comes at once."""
    left = set(wanted)
    place = {(entry.line, entry.start): index for index, entry in enumerate(example.entries)}
    run: list[_Missing] = []
    last = -1
    for item in _with_comments(example):
        if item.entry.key not in left:
            continue
        left -= item.keys
        here = place[item.entry.line, item.entry.start]
        if run and (here != last + 1 or item.entry.section != run[0].entry.section):
            yield run
            run = []
        run.append(item)
        last = here
    if run:
        yield run


def _with_run(
    document: DotenvDocument, example: DotenvDocument, run: Sequence[_Missing]
) -> DotenvDocument:
    whole = cut(document)
    there = list(groups(document, [entry for entry in document.entries if not entry.commented]))
    place, lines = _place(there, document, example, run[0]), [*chain(*(item.lines for item in run))]
    if place is None:
        place = len(there)
        apart = (b"",) if there and there[-1].data.strip() else ()
        lines = [*apart, *run[0].banner, *lines]
    carriage = b"\r" if document.data.count(b"\r\n") * 2 > document.data.count(b"\n") else b""
    pieces = [(group.data.removesuffix(b"\n"), group.data[-1:]) for group in there]
    pieces = [(text, end) if end == b"\n" else (text, b"") for text, end in pieces]
    pieces[place:place] = [(line, carriage + b"\n") for line in lines]
    return joined(pieces, marked=whole.marked)


def _place(
    there: Sequence[LineBlock], document: DotenvDocument, example: DotenvDocument, item: _Missing
) -> int | None:
    """Before which group it goes; None where the file has nothing of its section."""
    at = {entry.key: index for index, group in enumerate(there) for entry in group.entries}
    before = [
        entry.key
        for entry in example.entries
        if entry.line < item.entry.line and entry.section == item.entry.section and entry.key in at
    ]
    if before:
        return at[before[-1]] + 1
    own = [e.last_line for e in document.entries if e.section == item.entry.section]
    if not own:
        return None
    return max(index for index, group in enumerate(there) if group.line <= max(own)) + 1


def _with_comments(example: DotenvDocument) -> Iterator[_Missing]:
    banners: dict[SafeText, tuple[bytes, ...]] = {}
    above: list[bytes] = []
    for group in groups(example, [entry for entry in example.entries if not entry.commented]):
        lines = [line.removesuffix(b"\r") for line in group.data.removesuffix(b"\n").split(b"\n")]
        if not group.entries:
            above += lines
            continue
        start = _directly_above(above)
        keys = frozenset(entry.key for entry in group.entries)
        for entry in group.entries:
            banner = banners.setdefault(entry.section, _without_blanks(above[:start]))
            yield _Missing(entry, keys, (*above[start:], *lines), banner if entry.section else ())
        above = []


def _directly_above(lines: Sequence[bytes]) -> int:
    """Where the comments begin that stand directly above an entry and are no banner."""
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith(b"#"):
        if _BANNER.match(lines[start - 1]):
            break
        start -= 1
    return start


def _without_blanks(lines: Sequence[bytes]) -> tuple[bytes, ...]:
    """Lines without the blank ones before them."""
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    return tuple(lines[first:])
