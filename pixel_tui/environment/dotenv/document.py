"""A lossless model of a `.env` file: lines that are not edited keep every byte.

The grammar is the one of compose's dotenv reader (`grammar.py`). `values.py` expands variables.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from pixel_tui.environment.dotenv.comments import uncomment
from pixel_tui.environment.dotenv.entry import DotenvEntry, DotenvFault, Quoting
from pixel_tui.environment.dotenv.grammar import BLANKS, BYTE_ORDER_MARK
from pixel_tui.environment.dotenv.parsing import parse_lines
from pixel_tui.environment.dotenv.quoting import Unwritable, quote
from pixel_tui.text import SafeText

__all__ = ["MAX_BYTES", "DotenvDocument", "DotenvEntry", "DotenvFault", "Quoting"]

MAX_BYTES: Final = 1024 * 1024
MAX_LINES: Final = 20_000
"""Also the limit for entries. A larger file is not parsed: it can't be an environment, as Linux
refuses to start a program with a tenth of that."""

_TOO_LARGE: Final = DotenvFault(
    1,
    "",
    SafeText("The file is larger than 1MB or has more than 20,000 lines."),
    SafeText("Check the file: an environment file has a few kilobytes."),
)
_COMMENT_PREFIXES: Final = ("# ", "#", "## ")
"""Comment prefixes: the others are used if the first would join a line to the comment above."""
# Stricter than what compose accepts as a name (`grammar.py`).
_KEY = re.compile(r"[\w.\-\[\]]+")


@dataclass(frozen=True, slots=True)
class DotenvDocument:
    """A `.env` file. An edit returns a new document, in which only the edited entry's bytes differ.

    The entry to edit must come from the same document, otherwise a `ValueError` is raised.
    """

    data: bytes = field(repr=False)
    entries: tuple[DotenvEntry, ...]
    """In file order, with commented-out entries and duplicates."""
    faults: tuple[DotenvFault, ...]
    sections: tuple[SafeText, ...]
    """The titles of the section banners, in order."""
    lines: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """With their line ends; invalid UTF-8 as surrogates. Empty if the file is too large."""

    @classmethod
    def parse(cls, data: bytes) -> "DotenvDocument":
        """Parse any bytes: lines that can't be read become faults."""
        too_large = cls(data, (), (_TOO_LARGE,), ())
        if len(data) > MAX_BYTES or data.count(b"\n") > MAX_LINES:
            return too_large
        lines = tuple(_split_lines(data.decode("utf-8", "surrogateescape")))
        parsed = parse_lines(lines, MAX_LINES)
        if parsed is None:
            return too_large
        return cls(data, parsed.entries, parsed.faults, parsed.sections, lines)

    def entry(self, key: str) -> DotenvEntry | None:
        """Return the last entry of this key that is not commented out: the one that counts."""
        found = (item for item in reversed(self.entries) if item.key == key and not item.commented)
        return next(found, None)

    def with_value(self, entry: DotenvEntry, value: str) -> "DotenvDocument":
        """Set the entry's value, quoted so that compose reads exactly this (`quoting.quote`).

        Raises:
            Unwritable: The value can't be written in a `.env`, such as one with a NUL.
        """
        raw = quote(value, entry.quoting)
        if not raw and self._suffix(entry).strip():
            # A comment directly after the separator would be read as the value.
            raw = '""'
        return self.with_raw(entry, raw)

    def with_raw(self, entry: DotenvEntry, raw: str) -> "DotenvDocument":
        """Set the entry's value as typed, with its quotes; the result may have a fault."""
        index = self._index(entry)
        text = self._entry_text(entry)
        head = text[: entry.value_start]
        if not head.rstrip(BLANKS).endswith(("=", ":")):
            head += "="
        text = f"{head}{raw}{self._suffix(entry)}"
        if entry.comment_prefix:
            indent = self.lines[entry.line - 1].index(entry.comment_prefix)
            first, *others = _split_lines(f"{text[:indent]}{entry.comment_prefix}{text[indent:]}")
            text = "".join((first, *(f"{entry.comment_prefix}{line}" for line in others)))
        return self._replace_entry(entry, index, text)

    def with_added(
        self, key: str, value: str, *, after: DotenvEntry | None = None
    ) -> "DotenvDocument":
        """Add an entry, after another one or at the end.

        Raises:
            Unwritable: The key is invalid, the value can't be written in a `.env`, or the file is
                too large.
        """
        require_name(key)
        if after is not None:
            self._index(after)
        position = len(self.lines) if after is None else after.last_line
        line_above = self.lines[position - 1] if position else ""
        line_end = _line_end(line_above) or _line_end(self.lines[0] if self.lines else "") or "\n"
        separator = (
            line_end if line_above.strip(BYTE_ORDER_MARK) and not _line_end(line_above) else ""
        )
        return self._replace_lines(position, position, f"{separator}{key}={quote(value)}{line_end}")

    def without(self, entry: DotenvEntry) -> "DotenvDocument":
        """Remove the entry; of a line that it shares with another entry, only its part."""
        before, _, after = self._split_entry(entry)
        bom = BYTE_ORDER_MARK if self._entry_text(entry).startswith(BYTE_ORDER_MARK) else ""
        if before and not after:
            after = _line_end(self.lines[entry.last_line - 1])
        return self._replace_lines(entry.line - 1, entry.last_line, f"{before or bom}{after}")

    def commented_out(self, entry: DotenvEntry) -> "DotenvDocument":
        """Comment out each of the entry's lines."""
        for comment_prefix in _COMMENT_PREFIXES:
            changed = self._as_comment(entry, comment_prefix)
            if any(item.commented and _is_same_entry(item, entry) for item in changed.entries):
                return changed
        # A key without a value, for example, is not recognized again in a comment.
        return self._as_comment(entry, _COMMENT_PREFIXES[0])

    def restored(self, entry: DotenvEntry) -> "DotenvDocument":
        """Uncomment an entry."""
        self._index(entry)
        return self._replace_lines(entry.line - 1, entry.last_line, self._entry_text(entry))

    def _index(self, entry: DotenvEntry) -> int:
        """Return the entry's index in `entries`."""
        index = bisect_left(self.entries, entry.line, key=lambda item: item.line)
        for position in range(index, len(self.entries)):
            if self.entries[position] == entry:
                return position
            if self.entries[position].line > entry.line:
                break
        raise ValueError("the entry is not of this document")

    def _entry_text(self, entry: DotenvEntry) -> str:
        """Return the entry's lines without comment prefixes."""
        lines = self.lines[entry.line - 1 : entry.last_line]
        return "".join(uncomment(line, entry.comment_prefix) for line in lines)

    def _suffix(self, entry: DotenvEntry) -> str:
        """Return the text after the value, with the line end."""
        return self._entry_text(entry)[entry.value_start + len(entry.raw) :]

    def _split_entry(self, entry: DotenvEntry) -> tuple[str, str, str]:
        """Return the entry's lines in three parts: before the entry, the entry, and after it."""
        index = self._index(entry)
        text = "".join(self.lines[entry.line - 1 : entry.last_line])
        start, end = 0, len(text)
        if index and self.entries[index - 1].last_line == entry.line:
            start = entry.start
        if index + 1 < len(self.entries) and self.entries[index + 1].line == entry.last_line:
            following = self.entries[index + 1]
            last = len(self.lines[entry.last_line - 1])
            end = len(text) - last + following.start
        return text[:start], text[start:end], text[end:]

    def _replace_entry(self, entry: DotenvEntry, index: int, text: str) -> "DotenvDocument":
        """Replace the lines of an entry.

        Nearly always they are one entry again, and the rest need not be parsed again.
        """
        lines = tuple(_split_lines(text))
        other = self._parse_single_entry(entry, index, lines)
        if other is None:
            return self._replace_lines(entry.line - 1, entry.last_line, text)
        entries = (*self.entries[:index], other, *self.entries[index + 1 :])
        lines = (*self.lines[: entry.line - 1], *lines, *self.lines[entry.last_line :])
        return DotenvDocument(_encode(lines), entries, (), self.sections, lines)

    def _parse_single_entry(
        self, entry: DotenvEntry, index: int, lines: tuple[str, ...]
    ) -> DotenvEntry | None:
        """Return the entry in these lines if it is the only one and affects no other line."""
        if entry.commented or self.faults or len(lines) != entry.lines:
            return None
        if index and self.entries[index - 1].last_line == entry.line:
            return None
        if index + 1 < len(self.entries) and self.entries[index + 1].line == entry.last_line:
            return None
        parsed = parse_lines(lines, len(lines))
        if (
            parsed is None
            or parsed.faults
            or len(parsed.entries) != 1
            or parsed.entries[0].lines != len(lines)
        ):
            return None
        return replace(parsed.entries[0], line=entry.line, section=entry.section)

    def _as_comment(self, entry: DotenvEntry, comment_prefix: str) -> "DotenvDocument":
        """Comment out an entry; others in its lines move to separate lines."""
        before, own, after = self._split_entry(entry)
        bom = BYTE_ORDER_MARK if entry.line == 1 and own.startswith(BYTE_ORDER_MARK) else ""
        text = bom + "".join(
            f"{comment_prefix}{line}" for line in _split_lines(own.removeprefix(bom))
        )
        line_end = _line_end(self.lines[entry.last_line - 1]) or "\n"
        if before:
            text = f"{before}{line_end}{text}"
        if after:
            text = f"{text}{line_end}{after}"
        return self._replace_lines(entry.line - 1, entry.last_line, text)

    def _replace_lines(self, first: int, end: int, text: str) -> "DotenvDocument":
        """Replace the lines from index `first` up to but excluding `end`."""
        if self.data and not self.lines:
            raise Unwritable(_TOO_LARGE.message, hint=_TOO_LARGE.hint)
        return DotenvDocument.parse(_encode((*self.lines[:first], text, *self.lines[end:])))


def require_name(key: str) -> None:
    """Raise `Unwritable` if a new entry can't have this key."""
    if not _KEY.fullmatch(key):
        raise Unwritable(
            "Not a valid variable name.",
            on=key,
            hint="Use letters, digits and _ . - [ ] only.",
        )


def _is_same_entry(one: DotenvEntry, other: DotenvEntry) -> bool:
    """Whether they have the same key and value, on the same line or one below."""
    same_place = one.line - other.line in {0, 1}
    return same_place and (one.key, one.raw) == (other.key, other.raw)


def _split_lines(text: str) -> list[str]:
    """Split text into lines with their line ends; like compose, at LF only."""
    *ended, last = text.split("\n")
    lines = [f"{line}\n" for line in ended]
    return [*lines, last] if last else lines


def _line_end(line: str) -> str:
    if line.endswith("\r\n"):
        return "\r\n"
    return "\n" if line.endswith("\n") else ""


def _encode(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")
