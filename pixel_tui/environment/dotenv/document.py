"""A `.env` file as its lines, lossless: what is not edited keeps every byte.

The grammar is compose's own (its dotenv reader), told in `grammar.py`; what a value means
once variables are expanded is `values.py`'s business.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from pixel_tui.environment.dotenv.comments import uncommented
from pixel_tui.environment.dotenv.entry import DotenvEntry, DotenvFault, Quoting
from pixel_tui.environment.dotenv.grammar import BLANKS, BYTE_ORDER_MARK
from pixel_tui.environment.dotenv.parsing import parse_lines
from pixel_tui.environment.dotenv.quoting import Unwritable, quoted
from pixel_tui.text import SafeText

__all__ = ["MAX_BYTES", "DotenvDocument", "DotenvEntry", "DotenvFault", "Quoting"]

MAX_BYTES: Final = 1024 * 1024
MAX_LINES: Final = 20_000
"""What has more lines, or more entries, or is larger is no environment: it is not looked at. A
system refuses to start a program with a tenth of that."""

_TOO_LARGE: Final = DotenvFault(
    1,
    "",
    SafeText("The file is larger than 1MB or has more than 20,000 lines."),
    SafeText("Check the file: an environment file has a few kilobytes."),
)
_MARKS: Final = ("# ", "#", "## ")
"""What makes a comment of a line; the others where the first would join it to a comment above."""
# Of what compose's reader takes for a name (`grammar.py`).
_KEY = re.compile(r"[\w.\-\[\]]+")


@dataclass(frozen=True, slots=True)
class DotenvDocument:
    """A `.env` file. Edits give a new document; only the bytes of the edited entry change.

    An entry that is edited has to be of this very document, else it is a `ValueError`.
    """

    data: bytes = field(repr=False)
    entries: tuple[DotenvEntry, ...]
    """In the file's order, those that are commented out among them; duplicates are kept."""
    faults: tuple[DotenvFault, ...]
    sections: tuple[SafeText, ...]
    """The banners, in order."""
    lines: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """With their line ends; bytes that are no UTF-8 are surrogates. Empty where it is too large."""

    @classmethod
    def parse(cls, data: bytes) -> "DotenvDocument":
        """Any bytes are a document: what can't be read is a fault."""
        too_large = cls(data, (), (_TOO_LARGE,), ())
        if len(data) > MAX_BYTES or data.count(b"\n") > MAX_LINES:
            return too_large
        lines = tuple(_lines(data.decode("utf-8", "surrogateescape")))
        parsed = parse_lines(lines, MAX_LINES)
        if parsed is None:
            return too_large
        return cls(data, parsed.entries, parsed.faults, parsed.sections, lines)

    def entry(self, key: str) -> DotenvEntry | None:
        """The entry that counts: the last of this key that is not commented out."""
        found = (item for item in reversed(self.entries) if item.key == key and not item.commented)
        return next(found, None)

    def with_value(self, entry: DotenvEntry, value: str) -> "DotenvDocument":
        """The entry's value is written so that compose reads exactly this (`quoting.quoted`).

        Raises:
            Unwritable: No way of writing is read as this value by compose (a NUL, for one).
        """
        raw = quoted(value, entry.quoting)
        if not raw and self._behind(entry).strip():
            # A comment directly behind the separator would be the value.
            raw = '""'
        return self.with_raw(entry, raw)

    def with_raw(self, entry: DotenvEntry, raw: str) -> "DotenvDocument":
        """The entry's value as a person wrote it, quotes and all; it may be a fault."""
        index = self._index(entry)
        text = self._text(entry)
        head = text[: entry.value_start]
        if not head.rstrip(BLANKS).endswith(("=", ":")):
            head += "="
        text = f"{head}{raw}{self._behind(entry)}"
        if entry.mark:
            indent = self.lines[entry.line - 1].index(entry.mark)
            first, *others = _lines(f"{text[:indent]}{entry.mark}{text[indent:]}")
            text = "".join((first, *(f"{entry.mark}{line}" for line in others)))
        return self._with_text(entry, index, text)

    def with_added(
        self, key: str, value: str, *, after: DotenvEntry | None = None
    ) -> "DotenvDocument":
        """A new entry, behind another one or at the end.

        Raises:
            Unwritable: The key is none, no way of writing is read as this value, or the file is
                too large.
        """
        require_name(key)
        if after is not None:
            self._index(after)
        position = len(self.lines) if after is None else after.last_line
        neighbour = self.lines[position - 1] if position else ""
        line_end = _line_end(neighbour) or _line_end(self.lines[0] if self.lines else "") or "\n"
        lead = line_end if neighbour.strip(BYTE_ORDER_MARK) and not _line_end(neighbour) else ""
        return self._replaced(position, position, f"{lead}{key}={quoted(value)}{line_end}")

    def without(self, entry: DotenvEntry) -> "DotenvDocument":
        """The entry's lines are gone; of a line that it shares, only its part is."""
        before, _, after = self._parts(entry)
        bom = BYTE_ORDER_MARK if self._text(entry).startswith(BYTE_ORDER_MARK) else ""
        if before and not after:
            after = _line_end(self.lines[entry.last_line - 1])
        return self._replaced(entry.line - 1, entry.last_line, f"{before or bom}{after}")

    def commented_out(self, entry: DotenvEntry) -> "DotenvDocument":
        """Each of the entry's lines gets a `# `."""
        for mark in _MARKS:
            changed = self._marked(entry, mark)
            if any(item.commented and _same(item, entry) for item in changed.entries):
                return changed
        # One that has no form in which it is known again, such as a key alone.
        return self._marked(entry, _MARKS[0])

    def restored(self, entry: DotenvEntry) -> "DotenvDocument":
        """A commented-out entry counts again."""
        self._index(entry)
        return self._replaced(entry.line - 1, entry.last_line, self._text(entry))

    def with_line(self, line: int, text: str) -> "DotenvDocument":
        """Another text in a line (from 1), of which no entry could be made out, for one."""
        if not 1 <= line <= len(self.lines):
            raise ValueError(f"there is no line {line}")
        old = self.lines[line - 1]
        bom = BYTE_ORDER_MARK if old.startswith(BYTE_ORDER_MARK) else ""
        return self._replaced(line - 1, line, f"{bom}{text}{_line_end(old)}")

    def _index(self, entry: DotenvEntry) -> int:
        """Where the entry is among the entries."""
        index = bisect_left(self.entries, entry.line, key=lambda item: item.line)
        for position in range(index, len(self.entries)):
            if self.entries[position] == entry:
                return position
            if self.entries[position].line > entry.line:
                break
        raise ValueError("the entry is not of this document")

    def _text(self, entry: DotenvEntry) -> str:
        """The lines of an entry, without what makes comments of them."""
        lines = self.lines[entry.line - 1 : entry.last_line]
        return "".join(uncommented(line, entry.mark) for line in lines)

    def _behind(self, entry: DotenvEntry) -> str:
        """What stands behind the value, the line end too."""
        return self._text(entry)[entry.value_start + len(entry.raw) :]

    def _parts(self, entry: DotenvEntry) -> tuple[str, str, str]:
        """What stands in an entry's lines before it, it, and what stands there behind it."""
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

    def _with_text(self, entry: DotenvEntry, index: int, text: str) -> "DotenvDocument":
        """Other lines for an entry.

        Nearly always they are one entry as before, and nothing else has to be looked at again.
        """
        lines = tuple(_lines(text))
        other = self._alone(entry, index, lines)
        if other is None:
            return self._replaced(entry.line - 1, entry.last_line, text)
        entries = (*self.entries[:index], other, *self.entries[index + 1 :])
        lines = (*self.lines[: entry.line - 1], *lines, *self.lines[entry.last_line :])
        return DotenvDocument(_data(lines), entries, (), self.sections, lines)

    def _alone(self, entry: DotenvEntry, index: int, lines: tuple[str, ...]) -> DotenvEntry | None:
        """The one entry of these lines, where they can't mean anything to the other lines."""
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

    def _marked(self, entry: DotenvEntry, mark: str) -> "DotenvDocument":
        """A comment in the place of an entry; what shares its lines gets lines of its own."""
        before, own, after = self._parts(entry)
        bom = BYTE_ORDER_MARK if entry.line == 1 and own.startswith(BYTE_ORDER_MARK) else ""
        text = bom + "".join(f"{mark}{line}" for line in _lines(own.removeprefix(bom)))
        line_end = _line_end(self.lines[entry.last_line - 1]) or "\n"
        if before:
            text = f"{before}{line_end}{text}"
        if after:
            text = f"{text}{line_end}{after}"
        return self._replaced(entry.line - 1, entry.last_line, text)

    def _replaced(self, first: int, end: int, text: str) -> "DotenvDocument":
        """Other text in the place of these lines, by index."""
        if self.data and not self.lines:
            raise Unwritable(_TOO_LARGE.message, hint=_TOO_LARGE.hint)
        return DotenvDocument.parse(_data((*self.lines[:first], text, *self.lines[end:])))


def require_name(key: str) -> None:
    """Raise `Unwritable` where no new entry could have this key."""
    if not _KEY.fullmatch(key):
        raise Unwritable(
            "Not a valid variable name.",
            on=key,
            hint="Use letters, digits and _ . - [ ] only.",
        )


def _same(one: DotenvEntry, other: DotenvEntry) -> bool:
    """Whether they say the same, at the same place or one line on."""
    same_place = one.line - other.line in {0, 1}
    return same_place and (one.key, one.raw) == (other.key, other.raw)


def _lines(text: str) -> list[str]:
    """With their line ends. Only LF ends a line, for compose too."""
    *ended, last = text.split("\n")
    lines = [f"{line}\n" for line in ended]
    return [*lines, last] if last else lines


def _line_end(line: str) -> str:
    if line.endswith("\r\n"):
        return "\r\n"
    return "\n" if line.endswith("\n") else ""


def _data(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")
