"""A ledger's file as it is written, cut into its tasks, so that one can be changed alone.

Nothing is ever written anew from parsed values: the bytes of every other task, unknown fields,
the order, the forms of numbers and the formatting stay as they are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pixel_tui.json_reading import is_too_deep, parse_json
from pixel_tui.ledger.file.json_edit import Foreign, decoder, written_out
from pixel_tui.stack.model.json_value import JsonObject, JsonValue

T = TypeVar("T")

_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_WINDOW: Final = 1 << 18
"""Bytes that are made text at a time: a ledger of 50 MB is never text as a whole."""
_MARK: Final = b"\xef\xbb\xbf"
_BEGINNING: Final = 56
"""A task is known by so much of its text: it begins with its id."""
_NEAR: Final = 4096
"""So much space between two values is stepped over."""
EMPTY: Final = b'{\n  "version": 1,\n  "tasks": []\n}'
"""What syntropy writes where there is no ledger."""


class LedgerInvalid(ValueError):
    """The file is no ledger: torn, no JSON, or JSON of another shape."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One element of the array of tasks."""

    gap: bytes
    """What stands before it: the comma and the space."""
    raw: bytes
    """The element, to the letter."""


@dataclass(frozen=True, slots=True)
class LedgerDocument(Generic[T]):
    """A ledger's file, and what was made of each of its tasks.

    Joined, `head`, the entries and `tail` are the file to the letter.
    """

    head: bytes
    """Up to the bracket that opens the array of tasks."""
    entries: tuple[LedgerEntry, ...]
    items: tuple[T, ...]
    """What `build` made of each entry."""
    tail: bytes
    """From the space before the closing bracket on."""
    version: JsonValue = None
    """What the file says of its own format."""

    @property
    def content(self) -> bytes:
        """The file."""
        return self._joined(self.entries, self.tail)

    def replaced(self, index: int, raw: bytes) -> bytes:
        """The file with another text for one task."""
        entry = LedgerEntry(self.entries[index].gap, raw)
        return self._joined((*self.entries[:index], entry, *self.entries[index + 1 :]), self.tail)

    def appended(self, value: JsonObject) -> bytes:
        """The file with one more task at its end, formatted as the file is."""
        closing = self.tail[_end_of_space(self.tail, 0) :]
        if self.entries:
            last = self.entries[-1].gap
            gap = last if len(self.entries) > 1 else b"," + last
            return self._joined(
                (*self.entries, LedgerEntry(gap, self._formatted(value, gap))), self.tail
            )
        if b"\n" not in self.head:
            return self._joined((LedgerEntry(b"", self._formatted(value, b"")),), closing)
        gap = b"\n" + self._indent * 2
        entry = LedgerEntry(gap, self._formatted(value, gap))
        return self._joined((entry,), b"\n" + self._indent + closing)

    @property
    def _indent(self) -> bytes:
        """The space of one level: two blanks, where the file does not say."""
        found = re.search(rb"\n([ \t]+)\"", self.head)
        return found[1] if found else b"  "

    def _formatted(self, value: JsonObject, gap: bytes) -> bytes:
        space = gap.rpartition(b",")[2]
        if b"\n" not in space:
            tight = not re.search(rb'":[ \t]', self.head)
            separators = (",", ":") if tight else (", ", ": ")
            return written_out(value, separators=separators)
        lines = written_out(value, indent=self._indent.decode()).split(b"\n")
        return space[space.rindex(b"\n") :].join(lines)

    def _joined(self, entries: tuple[LedgerEntry, ...], tail: bytes) -> bytes:
        parts = [self.head]
        for entry in entries:
            parts += (entry.gap, entry.raw)
        return b"".join((*parts, tail))


def parse_document(
    raw: bytes,
    build: Callable[[bytes, JsonValue], T],
    previous: LedgerDocument[T] | None = None,
) -> LedgerDocument[T]:
    """Cut a file into its tasks.

    Other threads get their turn between two tasks, however long the file is.

    Args:
        raw: The file.
        build: Makes something of the text and the value of a task; never called for a task
            that is the same, to the letter, as in `previous`.
        previous: The file as it was cut before.

    Raises:
        LedgerInvalid: It is no ledger; says why.
    """
    reader = _Reader(raw)
    try:
        return _parse(reader, build, previous)
    except RecursionError:
        raise LedgerInvalid("it is nested too deeply") from None


def _parse(
    reader: "_Reader", build: Callable[[bytes, JsonValue], T], previous: LedgerDocument[T] | None
) -> LedgerDocument[T]:
    raw = reader.raw
    at = reader.skip(len(_MARK) if raw.startswith(_MARK) else 0)
    if at == len(raw):
        raise LedgerInvalid("it is empty")
    if not raw.startswith(b"{", at):
        raise LedgerInvalid("it does not begin with an object")
    found: tuple[int, int, list[LedgerEntry], list[T]] | None = None
    for key, start in reader.members(at):
        if key == "tasks" and raw.startswith(b"[", start):
            found = _read_tasks(reader, start, build, previous)
            reader.at = found[1]
        elif key == "tasks":
            raise LedgerInvalid("its tasks are no array")
        else:
            reader.value(start)
    if reader.skip(reader.at) != len(raw):
        raise LedgerInvalid(f"there is something behind its end, at byte {reader.at}")
    if found is None:
        raise LedgerInvalid("it has no tasks")
    start, end, entries, items = found
    covered = start + 1 + sum(len(entry.gap) + len(entry.raw) for entry in entries)
    head, tail = raw[: start + 1], raw[covered:]
    if end < covered:
        raise LedgerInvalid("its array of tasks does not end")
    return LedgerDocument(head, tuple(entries), tuple(items), tail, _version(head + tail))


def _version(frame: bytes) -> JsonValue:
    """The member `version` of a ledger without its tasks."""
    value: JsonValue = parse_json(frame.removeprefix(_MARK).decode("utf-8", "replace"))
    return value.get("version") if isinstance(value, dict) else None


def _read_tasks(
    reader: "_Reader",
    start: int,
    build: Callable[[bytes, JsonValue], T],
    previous: LedgerDocument[T] | None,
) -> tuple[int, int, list[LedgerEntry], list[T]]:
    """The elements of an array; where it begins and ends."""
    raw = reader.raw
    entries: list[LedgerEntry] = []
    items: list[T] = []
    known = _Known(previous)
    at = start + 1
    while True:
        begin = reader.skip(at)
        if raw.startswith(b"]", begin):
            if entries and raw[at:begin].strip():
                raise LedgerInvalid(f"a task is missing at byte {begin}")
            return start, begin + 1, entries, items
        if entries:
            if not raw.startswith(b",", begin):
                raise LedgerInvalid(f"it is cut off, or broken, at byte {begin}")
            begin = reader.skip(begin + 1)
        same = known.at(raw, begin)
        if same is not None and previous is not None:
            entry = previous.entries[same]
            gap = raw[at:begin]
            entries.append(entry if entry.gap == gap else LedgerEntry(gap, entry.raw))
            items.append(previous.items[same])
            at = begin + len(entry.raw)
            continue
        value, end = reader.value(begin)
        text = raw[begin:end]
        entries.append(LedgerEntry(raw[at:begin], text))
        again = reader.foreign and not text.isascii()
        items.append(build(text, _foreign_value(text) if again else value))
        known.missed(text)
        at = end


def _foreign_value(text: bytes) -> JsonValue:
    value: JsonValue = decoder.decode(text.decode("utf-8", "replace"))
    return value


class _Known(Generic[T]):
    """Finds the tasks of before again: most of them stand in their order of before."""

    def __init__(self, previous: LedgerDocument[T] | None) -> None:
        self._entries = previous.entries if previous is not None else ()
        self._next = 0
        self._places: dict[bytes, int] | None = None

    def at(self, raw: bytes, begin: int) -> int | None:
        """The index of the task of before that stands here, to the letter."""
        if self._next < len(self._entries) and self._stands(self._next, raw, begin):
            self._next += 1
            return self._next - 1
        index = self._place(raw[begin : begin + _BEGINNING])
        if index is not None and self._stands(index, raw, begin):
            self._next = index + 1
            return index
        return None

    def missed(self, text: bytes) -> None:
        """A task has changed, or is new: a changed one begins with the id that it had."""
        index = self._place(text[:_BEGINNING])
        if index is not None:
            self._next = index + 1

    def _stands(self, index: int, raw: bytes, begin: int) -> bool:
        text = self._entries[index].raw
        # Only what ends by itself: the number 12 stands also where 123 does.
        return text.endswith(b"}") and raw.startswith(text, begin)

    def _place(self, beginning: bytes) -> int | None:
        if self._places is None:
            self._places = {
                entry.raw[:_BEGINNING]: index for index, entry in enumerate(self._entries)
            }
        return self._places.get(beginning)


class _Reader:
    """Reads JSON in bytes: it makes text of a part of them at a time, and keeps count."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0
        """Behind what was read last."""
        self._window = ""
        self._whole = False
        """Whether the window reaches to the end."""
        self._single = False
        """Whether each character of the window is one byte."""
        self._at = -1
        self._index = 0
        """The place of the byte `_at` in the window."""

    def skip(self, at: int) -> int:
        """Where the space from here on ends."""
        return _end_of_space(self.raw, at)

    def members(self, at: int) -> Iterator[tuple[str, int]]:
        """The names of an object's members, and where their values begin.

        Whoever reads a value leaves `at` behind it.
        """
        self.at = self.skip(at + 1)
        if self.raw.startswith(b"}", self.at):
            self.at += 1
            return
        while True:
            if not self.raw.startswith(b'"', self.at):
                raise LedgerInvalid(f"it is cut off, or broken, at byte {self.at}")
            key, end = self.value(self.at)
            colon = self.skip(end)
            if not self.raw.startswith(b":", colon):
                raise LedgerInvalid(f"it is cut off, or broken, at byte {colon}")
            yield str(key), self.skip(colon + 1)
            end = self.skip(self.at)
            self.at = self.skip(end + 1)
            if self.raw.startswith(b"}", end):
                self.at = end + 1
                return
            if not self.raw.startswith(b",", end):
                raise LedgerInvalid(f"it is cut off, or broken, at byte {end}")

    def value(self, at: int) -> tuple[JsonValue, int]:
        """The value that begins here, and where it ends.

        Raises:
            LedgerInvalid: There is none.
        """
        size = _WINDOW
        begin = self._place(at)
        while True:
            if begin is None:
                begin = self._open(at, size)
            try:
                value, end = decoder.raw_decode(self._window, begin)
                if is_too_deep(value):
                    raise LedgerInvalid("it is nested too deeply")
            except Foreign as error:
                raise LedgerInvalid(str(error)) from None
            except ValueError:
                if self._whole:
                    reason = f"it is cut off, or broken, in what begins at byte {at}"
                    raise LedgerInvalid(reason) from None
            else:
                if self._whole or end < len(self._window):
                    found = self._window[begin:end]
                    plain = self._single or found.isascii()
                    self.at = at + (end - begin if plain else len(found.encode()))
                    self._at, self._index = self.at, end
                    return value, self.at
            if begin == 0:
                size *= 4
            begin = None  # a longer window, which begins here

    def _place(self, at: int) -> int | None:
        """Where in the window this byte is; None where that is not known, or not in it."""
        space = at - self._at
        if not 0 <= space < _NEAR or not self.raw[self._at : at].isascii():
            return None
        index = self._index + space
        return index if index < len(self._window) else None

    def _open(self, at: int, size: int) -> int:
        """Make text of what begins here; it is at the window's beginning."""
        part = self.raw[at : at + size]
        self._whole = at + size >= len(self.raw)
        if not self._whole:
            # No character is cut in two.
            while part and 0x80 <= part[-1] < 0xC0:
                part = part[:-1]
            if part and part[-1] >= 0xC0:
                part = part[:-1]
        try:
            self._window, self._single = part.decode(), False
        except UnicodeDecodeError:
            # Somebody wrote what is no text: a byte is a character then.
            self._window, self._single = part.decode("latin-1"), True
        self._at, self._index = at, 0
        return 0

    @property
    def foreign(self) -> bool:
        """Whether the value that was read last may have to be read again, as text."""
        return self._single


def _end_of_space(raw: bytes, at: int) -> int:
    match = _SPACE.match(raw, at)
    return match.end() if match else at
