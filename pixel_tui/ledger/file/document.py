"""The text of a ledger file, split into its tasks, so that single tasks can be changed.

Nothing is serialized from parsed values: the bytes of all other tasks, unknown fields, the
order, number formats and the formatting stay as they are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pixel_tui.json_reading import is_too_deep, parse_json
from pixel_tui.ledger.file.json_edit import NonStandardJson, decoder, serialize
from pixel_tui.stack.model.json_value import JsonObject, JsonValue

T = TypeVar("T")

_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_WINDOW: Final = 1 << 18
"""Bytes decoded at a time, so that a ledger of 50 MB is never decoded at once."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_PREFIX_BYTES: Final = 56
"""Bytes of a task's text that identify it: it starts with its id."""
_MAX_GAP: Final = 4096
"""The most bytes between two values that are skipped without decoding again."""
EMPTY: Final = b'{\n  "version": 1,\n  "tasks": []\n}'
"""What syntropy writes if there is no ledger."""


class LedgerInvalid(ValueError):
    """The file is not a ledger: truncated, not JSON, or JSON of another structure."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An element of the array of tasks."""

    gap: bytes
    """The comma and white space before it."""
    raw: bytes
    """Its exact text."""


@dataclass(frozen=True, slots=True)
class LedgerDocument(Generic[T]):
    """A ledger file, with an item built from each of its tasks.

    `head`, the entries and `tail`, joined, are the exact file.
    """

    head: bytes
    """The text up to the bracket that opens the array of tasks."""
    entries: tuple[LedgerEntry, ...]
    items: tuple[T, ...]
    """The result of `build` for each entry."""
    tail: bytes
    """The text from the white space before the closing bracket on."""
    version: JsonValue = None
    """The file's format version."""

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self._join(self.entries, self.tail)

    def replaced(self, index: int, raw: bytes) -> bytes:
        """Return the file with the text of one task replaced."""
        entry = LedgerEntry(self.entries[index].gap, raw)
        return self._join((*self.entries[:index], entry, *self.entries[index + 1 :]), self.tail)

    def appended(self, value: JsonObject) -> bytes:
        """Return the file with a task appended, formatted like the rest of the file."""
        closing = self.tail[_end_of_space(self.tail, 0) :]
        if self.entries:
            last = self.entries[-1].gap
            gap = last if len(self.entries) > 1 else b"," + last
            return self._join(
                (*self.entries, LedgerEntry(gap, self._format(value, gap))), self.tail
            )
        if b"\n" not in self.head:
            return self._join((LedgerEntry(b"", self._format(value, b"")),), closing)
        gap = b"\n" + self._indent * 2
        entry = LedgerEntry(gap, self._format(value, gap))
        return self._join((entry,), b"\n" + self._indent + closing)

    @property
    def _indent(self) -> bytes:
        """The white space of one level; two spaces if the file has none."""
        found = re.search(rb"\n([ \t]+)\"", self.head)
        return found[1] if found else b"  "

    def _format(self, value: JsonObject, gap: bytes) -> bytes:
        space = gap.rpartition(b",")[2]
        if b"\n" not in space:
            compact = not re.search(rb'":[ \t]', self.head)
            separators = (",", ":") if compact else (", ", ": ")
            return serialize(value, separators=separators)
        lines = serialize(value, indent=self._indent.decode()).split(b"\n")
        return space[space.rindex(b"\n") :].join(lines)

    def _join(self, entries: tuple[LedgerEntry, ...], tail: bytes) -> bytes:
        parts = [self.head]
        for entry in entries:
            parts += (entry.gap, entry.raw)
        return b"".join((*parts, tail))


def parse_document(
    raw: bytes,
    build: Callable[[bytes, JsonValue], T],
    previous: LedgerDocument[T] | None = None,
) -> LedgerDocument[T]:
    """Split a file into its tasks.

    Lets other threads run between two tasks, however long the file is.

    Args:
        raw: The file.
        build: Builds an item from the text and the value of a task; not called for a task whose
            text is the same as in `previous`.
        previous: The result for an earlier version of the file.

    Raises:
        LedgerInvalid: It is not a ledger; the message says why.
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
    at = reader.skip(len(_BYTE_ORDER_MARK) if raw.startswith(_BYTE_ORDER_MARK) else 0)
    if at == len(raw):
        raise LedgerInvalid("it is empty")
    if not raw.startswith(b"{", at):
        raise LedgerInvalid("it does not start with an object")
    found: tuple[int, int, list[LedgerEntry], list[T]] | None = None
    for key, start in reader.members(at):
        if key == "tasks" and raw.startswith(b"[", start):
            found = _read_tasks(reader, start, build, previous)
            reader.at = found[1]
        elif key == "tasks":
            raise LedgerInvalid("tasks is not an array")
        else:
            reader.value(start)
    if reader.skip(reader.at) != len(raw):
        raise LedgerInvalid(f"data after the end, at byte {reader.at}")
    if found is None:
        raise LedgerInvalid("it has no tasks")
    start, end, entries, items = found
    end_of_tasks = start + 1 + sum(len(entry.gap) + len(entry.raw) for entry in entries)
    head, tail = raw[: start + 1], raw[end_of_tasks:]
    if end < end_of_tasks:
        raise LedgerInvalid("its array of tasks does not end")
    return LedgerDocument(head, tuple(entries), tuple(items), tail, _version(head + tail))


def _version(frame: bytes) -> JsonValue:
    """Return the member `version` of a ledger without its tasks."""
    value: JsonValue = parse_json(frame.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace"))
    return value.get("version") if isinstance(value, dict) else None


def _read_tasks(
    reader: "_Reader",
    start: int,
    build: Callable[[bytes, JsonValue], T],
    previous: LedgerDocument[T] | None,
) -> tuple[int, int, list[LedgerEntry], list[T]]:
    """Return an array's start and end, its elements and the items built from them."""
    raw = reader.raw
    entries: list[LedgerEntry] = []
    items: list[T] = []
    previous_tasks = _PreviousTasks(previous)
    at = start + 1
    while True:
        begin = reader.skip(at)
        if raw.startswith(b"]", begin):
            if entries and raw[at:begin].strip():
                raise LedgerInvalid(f"a task is missing at byte {begin}")
            return start, begin + 1, entries, items
        if entries:
            if not raw.startswith(b",", begin):
                raise LedgerInvalid(f"it is truncated or invalid at byte {begin}")
            begin = reader.skip(begin + 1)
        index = previous_tasks.at(raw, begin)
        if index is not None and previous is not None:
            entry = previous.entries[index]
            gap = raw[at:begin]
            entries.append(entry if entry.gap == gap else LedgerEntry(gap, entry.raw))
            items.append(previous.items[index])
            at = begin + len(entry.raw)
            continue
        value, end = reader.value(begin)
        text = raw[begin:end]
        entries.append(LedgerEntry(raw[at:begin], text))
        decode_again = reader.decoded_as_latin1 and not text.isascii()
        items.append(build(text, _decode_value(text) if decode_again else value))
        previous_tasks.skip(text)
        at = end


def _decode_value(text: bytes) -> JsonValue:
    value: JsonValue = decoder.decode(text.decode("utf-8", "replace"))
    return value


class _PreviousTasks(Generic[T]):
    """Finds tasks of the previous version again; most are in the same order."""

    def __init__(self, previous: LedgerDocument[T] | None) -> None:
        self._entries = previous.entries if previous is not None else ()
        self._next = 0
        self._index_by_prefix: dict[bytes, int] | None = None

    def at(self, raw: bytes, begin: int) -> int | None:
        """Return the index of the previous task with exactly this text."""
        if self._next < len(self._entries) and self._matches(self._next, raw, begin):
            self._next += 1
            return self._next - 1
        index = self._find(raw[begin : begin + _PREFIX_BYTES])
        if index is not None and self._matches(index, raw, begin):
            self._next = index + 1
            return index
        return None

    def skip(self, text: bytes) -> None:
        """Skip a new or changed task; a changed one starts with the same id."""
        index = self._find(text[:_PREFIX_BYTES])
        if index is not None:
            self._next = index + 1

    def _matches(self, index: int, raw: bytes, begin: int) -> bool:
        text = self._entries[index].raw
        # Only values with an end of their own: `12` is also the start of `123`.
        return text.endswith(b"}") and raw.startswith(text, begin)

    def _find(self, prefix: bytes) -> int | None:
        if self._index_by_prefix is None:
            self._index_by_prefix = {
                entry.raw[:_PREFIX_BYTES]: index for index, entry in enumerate(self._entries)
            }
        return self._index_by_prefix.get(prefix)


class _Reader:
    """Reads JSON from bytes, decoding a part at a time, and counts bytes."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0
        """The byte after the last value that was read."""
        self._window = ""
        self._reaches_end = False
        """Whether the window reaches the end of the file."""
        self._is_latin1 = False
        """Whether each character of the window is one byte."""
        self._at = -1
        self._index = 0
        """The index of byte `_at` in the window."""

    def skip(self, at: int) -> int:
        """Return the end of the white space from here."""
        return _end_of_space(self.raw, at)

    def members(self, at: int) -> Iterator[tuple[str, int]]:
        """Yield the names of an object's members, and where their values start.

        The caller must set `at` to the end of each value before the next.
        """
        self.at = self.skip(at + 1)
        if self.raw.startswith(b"}", self.at):
            self.at += 1
            return
        while True:
            if not self.raw.startswith(b'"', self.at):
                raise LedgerInvalid(f"it is truncated or invalid at byte {self.at}")
            key, end = self.value(self.at)
            colon = self.skip(end)
            if not self.raw.startswith(b":", colon):
                raise LedgerInvalid(f"it is truncated or invalid at byte {colon}")
            yield str(key), self.skip(colon + 1)
            end = self.skip(self.at)
            self.at = self.skip(end + 1)
            if self.raw.startswith(b"}", end):
                self.at = end + 1
                return
            if not self.raw.startswith(b",", end):
                raise LedgerInvalid(f"it is truncated or invalid at byte {end}")

    def value(self, at: int) -> tuple[JsonValue, int]:
        """Return the value that starts here, and its end.

        Raises:
            LedgerInvalid: There is no valid value.
        """
        size = _WINDOW
        begin = self._find(at)
        while True:
            if begin is None:
                begin = self._open(at, size)
            try:
                value, end = decoder.raw_decode(self._window, begin)
                if is_too_deep(value):
                    raise LedgerInvalid("it is nested too deeply")
            except NonStandardJson as error:
                raise LedgerInvalid(str(error)) from None
            except ValueError:
                if self._reaches_end:
                    reason = f"it is truncated or invalid after byte {at}"
                    raise LedgerInvalid(reason) from None
            else:
                if self._reaches_end or end < len(self._window):
                    found = self._window[begin:end]
                    plain = self._is_latin1 or found.isascii()
                    self.at = at + (end - begin if plain else len(found.encode()))
                    self._at, self._index = self.at, end
                    return value, self.at
            if begin == 0:
                size *= 4
            begin = None  # a longer window, which begins here

    def _find(self, at: int) -> int | None:
        """Return the index of this byte in the window; None if unknown or not in it."""
        space = at - self._at
        if not 0 <= space < _MAX_GAP or not self.raw[self._at : at].isascii():
            return None
        index = self._index + space
        return index if index < len(self._window) else None

    def _open(self, at: int, size: int) -> int:
        """Decode a new window that starts at this byte."""
        part = self.raw[at : at + size]
        self._reaches_end = at + size >= len(self.raw)
        if not self._reaches_end:
            # Don't split a character.
            while part and 0x80 <= part[-1] < 0xC0:
                part = part[:-1]
            if part and part[-1] >= 0xC0:
                part = part[:-1]
        try:
            self._window, self._is_latin1 = part.decode(), False
        except UnicodeDecodeError:
            # Not UTF-8: decode each byte as a character.
            self._window, self._is_latin1 = part.decode("latin-1"), True
        self._at, self._index = at, 0
        return 0

    @property
    def decoded_as_latin1(self) -> bool:
        """Whether the last value must be decoded again, because it was not UTF-8."""
        return self._is_latin1


def _end_of_space(raw: bytes, at: int) -> int:
    match = _SPACE.match(raw, at)
    return match.end() if match else at
