"""Adds keys of the example file that an environment file lacks."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.units import LineBlock, join_units, line_blocks, split_units
from pixel_tui.text import SafeText

_BANNER = re.compile(rb"\s*#[#\s]*[=\-*~_#]{3,}")
"""A rule of a banner, with or without a title."""


@dataclass(frozen=True, slots=True)
class _MissingEntry:
    """An entry of the example with the comments above it."""

    entry: DotenvEntry
    keys: frozenset[str]
    """Its key, and those of the entries on the same line."""
    lines: tuple[bytes, ...] = field(repr=False)
    """The comments directly above it, and its own lines."""
    banner: tuple[bytes, ...]
    """The banner of its section."""


def missing_keys(document: DotenvDocument, example: DotenvDocument) -> tuple[str, ...]:
    """Return the keys that only the example has; a commented-out key is not missing."""
    known = {entry.key for entry in document.entries}
    found = (entry.key for entry in example.entries if entry.key and not entry.commented)
    return tuple(dict.fromkeys(key for key in found if key not in known))


def merge_example(
    document: DotenvDocument, example: DotenvDocument, keys: Collection[str] | None = None
) -> DotenvDocument:
    """Add the example's missing keys to a file, with their values and the comments above them.

    Each goes below the key that it follows in the example, else to the end of its section, else
    with its section's banner to the end of the file.

    Args:
        document: The file; nothing in it is changed or removed.
        example: The example.
        keys: Which of the missing keys; None for all.
    """
    wanted = set(missing_keys(document, example))
    if keys is not None:
        wanted &= set(keys)
    for run in _runs(example, wanted):
        document = _insert_run(document, example, run)
    return document


def _runs(example: DotenvDocument, wanted: Collection[str]) -> Iterator[list[_MissingEntry]]:
    """Yield the wanted entries of the example, grouped if they are adjacent in a section."""
    remaining = set(wanted)
    positions = {(entry.line, entry.start): index for index, entry in enumerate(example.entries)}
    run: list[_MissingEntry] = []
    last_position = -1
    for item in _entries_with_comments(example):
        if item.entry.key not in remaining:
            continue
        remaining -= item.keys
        position = positions[item.entry.line, item.entry.start]
        if run and (position != last_position + 1 or item.entry.section != run[0].entry.section):
            yield run
            run = []
        run.append(item)
        last_position = position
    if run:
        yield run


def _insert_run(
    document: DotenvDocument, example: DotenvDocument, run: Sequence[_MissingEntry]
) -> DotenvDocument:
    units = split_units(document)
    active = [entry for entry in document.entries if not entry.commented]
    blocks = list(line_blocks(document, active))
    lines = [*chain(*(item.lines for item in run))]
    index = _insertion_index(blocks, document, example, run[0])
    if index is None:
        index = len(blocks)
        separator = (b"",) if blocks and blocks[-1].data.strip() else ()
        lines = [*separator, *run[0].banner, *lines]
    mostly_crlf = document.data.count(b"\r\n") * 2 > document.data.count(b"\n")
    line_end = b"\r\n" if mostly_crlf else b"\n"
    pieces = [(block.data.removesuffix(b"\n"), block.data[-1:]) for block in blocks]
    pieces = [(text, end) if end == b"\n" else (text, b"") for text, end in pieces]
    pieces[index:index] = [(line, line_end) for line in lines]
    return join_units(pieces, has_bom=units.has_bom)


def _insertion_index(
    blocks: Sequence[LineBlock],
    document: DotenvDocument,
    example: DotenvDocument,
    item: _MissingEntry,
) -> int | None:
    """Return the index of the block to insert it before; None if the file lacks its section."""
    at = {entry.key: index for index, block in enumerate(blocks) for entry in block.entries}
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
    return max(index for index, block in enumerate(blocks) if block.line <= max(own)) + 1


def _entries_with_comments(example: DotenvDocument) -> Iterator[_MissingEntry]:
    banners: dict[SafeText, tuple[bytes, ...]] = {}
    above: list[bytes] = []
    for block in line_blocks(example, [entry for entry in example.entries if not entry.commented]):
        lines = [line.removesuffix(b"\r") for line in block.data.removesuffix(b"\n").split(b"\n")]
        if not block.entries:
            above += lines
            continue
        start = _comments_start(above)
        keys = frozenset(entry.key for entry in block.entries)
        for entry in block.entries:
            banner = banners.setdefault(entry.section, _strip_leading_blanks(above[:start]))
            yield _MissingEntry(
                entry, keys, (*above[start:], *lines), banner if entry.section else ()
            )
        above = []


def _comments_start(lines: Sequence[bytes]) -> int:
    """Return the index of the first comment directly above an entry that is not a banner."""
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith(b"#"):
        if _BANNER.match(lines[start - 1]):
            break
        start -= 1
    return start


def _strip_leading_blanks(lines: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the lines without leading blank ones."""
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    return tuple(lines[first:])
