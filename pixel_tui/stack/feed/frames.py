"""Splits the bytes of `GET /containers/{id}/logs` into lines. Pure.

For a container without a TTY, the engine sends frames: a header of eight bytes (stream, three
zeros, the payload's length, big-endian) and a payload that is one message, which starts with its
timestamp. The engine splits a line of more than 16 KiB into several messages with the same
timestamp, all but the last of 16 KiB and without a line feed. The logging driver `local` omits the
line feed of the last part as well, and every driver omits it after an unfinished last line of a
process. So a line ends with a line feed, with a shorter part, or before another timestamp. For a
container with a TTY, the engine sends the same messages without headers.
"""

import re
from typing import Final, Protocol

from pixel_tui.stack.feed.ring import LineKind, LogLine

HEADER: Final = 8
MAX_FRAME: Final = 16 * 1024 * 1024
"""No engine sends a larger frame, so a larger length means that it is not a frame."""
MAX_LINE: Final = 8 * 1024 * 1024
"""Bytes of a line that are kept; a note gives the number of bytes cut."""
PART: Final = 16 * 1024
"""Bytes of each part of a line that the engine has split, except the last."""
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")
STAMP_SIZE: Final = len(b"2026-03-01T12:00:00.123456789Z ")
_LAST: Final = b"~"
"""Greater than any timestamp."""
_KINDS: Final = {0: LineKind.STDOUT, 1: LineKind.STDOUT, 2: LineKind.STDERR}


class Splitter(Protocol):
    """Splits a stream that comes in chunks of any size into lines."""

    def feed(self, chunk: bytes) -> list[LogLine]:
        """Add a chunk and return the lines completed by it."""
        ...

    def flush(self) -> list[LogLine]:
        """Return the unfinished lines at the end of the stream."""
        ...


def splitter(source: str, *, tty: bool) -> Splitter:
    """Return the splitter for a container with or without a TTY."""
    return LineSplitter(source) if tty else FrameSplitter(source)


class _PartialLine:
    """An incomplete line."""

    def __init__(self, stamp: bytes) -> None:
        self.stamp = stamp
        self._parts: list[bytes] = []
        self._room = MAX_LINE
        self.cut = 0

    def add(self, text: bytes) -> None:
        kept = text[: self._room]
        if kept:  # an endless line must not add empty parts for ever
            self._parts.append(kept)
        self._room -= len(kept)
        self.cut += len(text) - len(kept)

    def line(self, source: str, kind: LineKind) -> LogLine:
        text = b"".join(self._parts).removesuffix(b"\r")
        if self.cut:
            text += f" … {self.cut:,} bytes cut".encode()
        return LogLine(self.stamp, source, kind, text)


class FrameSplitter:
    """Splits the stream of a container without a TTY.

    Args:
        source: The container's name.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._buffer = b""
        self._partial: dict[LineKind, _PartialLine] = {}
        self._plain: LineSplitter | None = None

    def feed(self, chunk: bytes) -> list[LogLine]:
        """Split at frames; from the first invalid frame on, split at line feeds."""
        if self._plain is not None:
            return self._plain.feed(chunk)
        buffer = self._buffer + chunk if self._buffer else chunk
        lines: list[LogLine] = []
        position, size = 0, len(buffer)
        while size - position >= HEADER:
            kind = _KINDS.get(buffer[position])
            start = position + HEADER
            length = int.from_bytes(buffer[position + 4 : start], "big")
            invalid = buffer[position + 1 : position + 4] != b"\0\0\0" or length > MAX_FRAME
            if kind is None or invalid:
                lines += self.flush()
                self._plain = LineSplitter(self._source)
                return lines + self._plain.feed(buffer[position:])
            end = start + length
            if end > size:
                break
            self._add_message(kind, buffer[start:end], lines)
            position = end
        self._buffer = buffer[position:]
        return lines

    def flush(self) -> list[LogLine]:
        """Return unfinished lines; an incomplete frame is dropped."""
        if self._plain is not None:
            return self._plain.flush()
        lines = [partial.line(self._source, kind) for kind, partial in self._partial.items()]
        self._partial.clear()
        self._buffer = b""
        return lines

    def _add_message(self, kind: LineKind, payload: bytes, lines: list[LogLine]) -> None:
        stamp, space, text = payload.partition(b" ")
        if not space:  # keep a message without a timestamp
            stamp, text = b"", payload
        partial = self._partial.pop(kind, None)
        if partial is not None and partial.stamp != stamp:
            lines.append(partial.line(self._source, kind))
            partial = None
        ended = text.endswith(b"\n")
        if ended:
            text = text[:-1]
        elif len(text) >= PART:
            partial = self._partial[kind] = partial or _PartialLine(stamp)
            partial.add(text)
            return
        elif not text and partial is None:
            return
        if partial is None and len(text) <= MAX_LINE:
            lines.append(LogLine(stamp, self._source, kind, text.removesuffix(b"\r")))
            return
        partial = partial or _PartialLine(stamp)
        partial.add(text)
        lines.append(partial.line(self._source, kind))


class LineSplitter:
    """Splits the stream of a container with a TTY: lines that start with their timestamp.

    Args:
        source: The container's name.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._rest = b""
        self._skipped = 0

    def feed(self, chunk: bytes) -> list[LogLine]:
        """Split at line feeds."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        following = [*whole[1:], rest]
        lines: list[LogLine] = []
        for at, (raw, after) in enumerate(zip(whole, following, strict=False)):
            if at == len(whole) - 1 and len(after) < STAMP_SIZE and _has_later_stamp(raw):
                rest = raw + b"\n" + rest  # whether this is one line depends on what follows
                break
            lines += self._lines(raw, _stamp_of(after))
        if len(rest) > 2 * MAX_LINE:
            # Keep what can be shown, with the timestamps in between; only count the rest.
            held = MAX_LINE + MAX_LINE // 64
            self._skipped += len(rest) - held
            rest = rest[:held]
        self._rest = rest
        return lines

    def flush(self) -> list[LogLine]:
        """Return the unfinished line."""
        rest, self._rest = self._rest, b""
        raw, ended, after = rest.partition(b"\n")
        lines = self._lines(raw, _LAST) if raw or ended else []
        return [*lines, *self._lines(after, _LAST)] if after else lines

    def _lines(self, raw: bytes, limit: bytes) -> list[LogLine]:
        """Return the lines between two line feeds: several if a process exited without one.

        Args:
            raw: The bytes between the line feeds.
            limit: The timestamp of the next line; no line in here has a later one.
        """
        stamp, space, text = raw.partition(b" ")
        if not space or not stamp[:4].isdigit():
            stamp, text = b"", raw
        lines: list[LogLine] = []
        stamped = bool(_stamp_of(raw))  # `_has_later_stamp` only waits after lines with a timestamp
        partial, start = _PartialLine(stamp), 0
        for inner in _STAMP.finditer(text):
            at = inner.group()[:-1]
            if at == stamp and inner.start() >= start + PART:
                partial.add(text[start : inner.start()])  # the same line continues
            elif stamped and stamp < at <= limit:
                # A timestamp written by the program is earlier than the engine's for that line.
                partial.add(text[start : inner.start()])
                lines.append(partial.line(self._source, LineKind.STDOUT))
                partial, stamp = _PartialLine(at), at
            else:
                continue
            start = inner.end()
        partial.add(text[start:])
        partial.cut += self._skipped
        self._skipped = 0
        return [*lines, partial.line(self._source, LineKind.STDOUT)]


def _has_later_stamp(raw: bytes) -> bool:
    """Return whether another line may start inside this one (or the text has a future time)."""
    own = _stamp_of(raw)
    return bool(own) and any(found.group()[:-1] > own for found in _STAMP.finditer(raw))


def _stamp_of(raw: bytes) -> bytes:
    """Return the timestamp at the start of a line; empty if it has none."""
    match = _STAMP.match(raw)
    return match.group()[:-1] if match else b""
