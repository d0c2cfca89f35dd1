"""Splits a document into units that move together: all lines of an entry, or another line."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

Identity = tuple[tuple[str, ...], int] | bytes
"""Identifies the same unit in several documents: a line by its text, an entry by its keys and
its number among the entries with the same keys, counted from the last, which is in effect.
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines of a document."""

    identity: Identity
    text: bytes = field(repr=False)
    """Without the final line end."""
    line_end: bytes
    """Empty only for the last line of a file without a final line end."""
    entries: tuple[DotenvEntry, ...] = ()
    """Its entries, nearly always one; empty for a comment or a blank line."""

    @property
    def name(self) -> str:
        """Its keys, separated by spaces."""
        return " ".join(entry.key for entry in self.entries)


@dataclass(frozen=True, slots=True)
class DocumentUnits:
    """The units of a document."""

    units: tuple[Unit, ...]
    has_bom: bool
    """Whether the document starts with a byte order mark."""


def split_units(document: DotenvDocument) -> DocumentUnits:
    """Split a document; an entry that is commented out or has no key is an ordinary line."""
    units: list[Unit] = []
    entries = [entry for entry in document.entries if entry.key and not entry.commented]
    for block in line_blocks(document, entries):
        text, line_end = _split_line_end(block.data)
        units.append(Unit(text, text, line_end, block.entries))
    return DocumentUnits(
        tuple(_number_duplicates(units)), document.data.startswith(BYTE_ORDER_MARK)
    )


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Lines that belong together."""

    line: int
    """The number of the first line, from 1."""
    data: bytes = field(repr=False)
    """With line ends, without a byte order mark."""
    entries: tuple[DotenvEntry, ...]


def line_blocks(document: DotenvDocument, entries: Sequence[DotenvEntry]) -> Iterator[LineBlock]:
    """Yield all lines of a document; entries that share a line are in one block."""
    lines = document.data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    lines = [*(line + b"\n" for line in lines[:-1]), *filter(None, lines[-1:])]
    index = following = 0
    while index < len(lines):
        end, block_entries = index + 1, list[DotenvEntry]()
        # Entries may share a line: `A="x"B=y` is two.
        while following < len(entries) and entries[following].line <= end:
            block_entries.append(entries[following])
            end = max(end, entries[following].last_line)
            following += 1
        yield LineBlock(index + 1, b"".join(lines[index:end]), tuple(block_entries))
        index = end


def _number_duplicates(units: Sequence[Unit]) -> list[Unit]:
    numbered: list[Unit] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for unit in reversed(units):
        keys = tuple(entry.key for entry in unit.entries)
        numbered.append(replace(unit, identity=(keys, seen[keys])) if keys else unit)
        seen[keys] += 1
    return numbered[::-1]


def join_units(pieces: Sequence[tuple[bytes, bytes]], *, has_bom: bool) -> DotenvDocument:
    """Join texts and their line ends to a document; only the last line end may be empty."""
    ends = Counter(line_end for _, line_end in pieces if line_end)
    default_line_end = ends.most_common(1)[0][0] if ends else b"\n"
    data = b"".join(
        text + (line_end or (default_line_end if number < len(pieces) else b""))
        for number, (text, line_end) in enumerate(pieces, 1)
    )
    return DotenvDocument.parse((BYTE_ORDER_MARK if has_bom else b"") + data)


def _split_line_end(data: bytes) -> tuple[bytes, bytes]:
    for line_end in (b"\r\n", b"\n"):
        if data.endswith(line_end):
            return data[: -len(line_end)], line_end
    return data, b""
