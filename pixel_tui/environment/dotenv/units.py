"""A document cut into what is moved as a whole: an entry with all its lines, or any other line."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

Identity = tuple[tuple[str, ...], int] | bytes
"""Which unit of one document is which of another: a line by its text, an entry by its key.

Entries of one key are counted from the last, which is the one that counts.
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines of a document."""

    identity: Identity
    text: bytes = field(repr=False)
    """Without the last line end."""
    line_end: bytes
    """Empty only for the last line of a file that ends without one."""
    entries: tuple[DotenvEntry, ...] = ()
    """Those that count; nearly always one. None of a comment or a blank line."""

    @property
    def name(self) -> str:
        """The keys."""
        return " ".join(entry.key for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Units:
    """All of a document."""

    units: tuple[Unit, ...]
    marked: bool
    """Whether a byte order mark stands before them."""


def cut(document: DotenvDocument) -> Units:
    """Cut a document; an entry that is commented out, or has no name, is a line like another."""
    units: list[Unit] = []
    counting = [entry for entry in document.entries if entry.key and not entry.commented]
    for group in groups(document, counting):
        text, line_end = _ended(group.data)
        units.append(Unit(text, text, line_end, group.entries))
    return Units(tuple(_named(units)), document.data.startswith(BYTE_ORDER_MARK))


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines that belong together."""

    line: int
    """The first, from 1."""
    data: bytes = field(repr=False)
    """With the line ends, without a byte order mark."""
    entries: tuple[DotenvEntry, ...]


def groups(document: DotenvDocument, entries: Sequence[DotenvEntry]) -> Iterator[LineBlock]:
    """All lines of a document; those of an entry, and entries that share a line, together."""
    lines = document.data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    lines = [*(line + b"\n" for line in lines[:-1]), *filter(None, lines[-1:])]
    index = following = 0
    while index < len(lines):
        end, own = index + 1, list[DotenvEntry]()
        # Entries may share a line: `A="x"B=y` is two.
        while following < len(entries) and entries[following].line <= end:
            own.append(entries[following])
            end = max(end, entries[following].last_line)
            following += 1
        yield LineBlock(index + 1, b"".join(lines[index:end]), tuple(own))
        index = end


def _named(units: Sequence[Unit]) -> list[Unit]:
    named: list[Unit] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for unit in reversed(units):
        keys = tuple(entry.key for entry in unit.entries)
        named.append(replace(unit, identity=(keys, seen[keys])) if keys else unit)
        seen[keys] += 1
    return named[::-1]


def joined(pieces: Sequence[tuple[bytes, bytes]], *, marked: bool) -> DotenvDocument:
    """A document of texts and their line ends; only the last may be without one."""
    ends = Counter(line_end for _, line_end in pieces if line_end)
    usual = ends.most_common(1)[0][0] if ends else b"\n"
    data = b"".join(
        text + (line_end or (usual if number < len(pieces) else b""))
        for number, (text, line_end) in enumerate(pieces, 1)
    )
    return DotenvDocument.parse((BYTE_ORDER_MARK if marked else b"") + data)


def _ended(data: bytes) -> tuple[bytes, bytes]:
    for line_end in (b"\r\n", b"\n"):
        if data.endswith(line_end):
            return data[: -len(line_end)], line_end
    return data, b""
