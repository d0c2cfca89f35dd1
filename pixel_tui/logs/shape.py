"""The shape of a log message: the part that stays the same when it is repeated. Pure."""

import heapq
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.known import mask_known
from pixel_tui.stack.feed.ring import LogLine

MAX_MESSAGE: Final = 400
"""Bytes of a message that make its shape."""
MAX_SAMPLE: Final = 1024
"""Bytes of a message that are kept; more than `MAX_MESSAGE`, so that secrets are kept complete."""

_ESCAPE = LatePattern(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
_QUOTED = LatePattern(rb"\"[^\"\\]*+(?:\\.[^\"\\]*+)*\"|(?<!\w)'[^']{1,200}'(?!\w)")
_VARIABLE = LatePattern(
    rb"""
    (?P<time>\d{4}[-/]\d\d[-/]\d\d(?:T\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?
        |\b\d\d?:\d\d:\d\d(?:[.,]\d+)?)
    |(?P<uuid>\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b)
    |(?P<ip>(?:::[Ff]{4}:|\b)\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b
        |(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:]))
    |(?P<hex>\b0[xX][0-9A-Fa-f]+\b
        |\b(?=[0-9]{0,64}[A-Fa-f])(?=[A-Fa-f]{0,64}[0-9])[0-9A-Fa-f]{6,}\b)
    |(?P<number>(?<![A-Za-z])\d+(?:[.,]\d+)*)
    """,
    re.VERBOSE,
)
_DIGIT = LatePattern(rb"\d")
_PLACEHOLDERS: Final = {
    "time": b"<time>", "uuid": b"<uuid>", "ip": b"<ip>", "hex": b"<hex>", "number": b"<n>",
}  # fmt: skip


def shape_of(text: bytes) -> bytes:
    """Return a message with variable parts replaced, such as by `<n>`, `<hex>` or `<ip>`.

    Two messages with the same shape count as one message repeated. A digit at the end of a
    name (`worker3`) is part of it; numbers in a path are variable.
    """
    head = text[:MAX_MESSAGE]
    if b"\x1b" in head:
        head = _ESCAPE.sub(b"", head)
    if b'"' in head or b"'" in head:
        head = _QUOTED.sub(b"<text>", head)
    return b" ".join(
        word
        if word.isalpha() or not _DIGIT.search(word)
        else (b"<n>" if word.isdigit() else _VARIABLE.sub(_placeholder, word))
        for word in head.split()
    )


def _placeholder(match: re.Match[bytes]) -> bytes:
    return _PLACEHOLDERS[match.lastgroup or "number"]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A message and how often it occurred."""

    shape: bytes
    """May contain secrets: only to compare with. `masked_shape` is for the screen."""
    source: str
    count: int
    first: bytes
    """The stamp of its first occurrence."""
    last: bytes
    """The stamp of its last occurrence."""
    sample: bytes
    """Its last wording, or the start of it."""

    def masked_shape(self, mask: Callable[[bytes], bytes] = mask_known) -> bytes:
        """Return the shape with its secrets masked, even those with a variable part."""
        sample = mask(self.sample)
        return self.shape if sample is self.sample else shape_of(sample)


@dataclass(slots=True)
class _Tally:
    """The count of one shape so far."""

    first: bytes
    last: bytes = b""
    sample: bytes = b""
    count: int = 0


class Repeats:
    """Counts messages by source and shape.

    Args:
        max_shapes: How many shapes are kept; the least recently seen are forgotten.
    """

    def __init__(self, max_shapes: int = 1000) -> None:
        self._max_shapes = max_shapes
        self._seen: OrderedDict[tuple[str, bytes], _Tally] = OrderedDict()
        self._forgotten = 0

    @property
    def forgotten(self) -> int:
        """How many shapes were forgotten; if any, counts may be too low."""
        return self._forgotten

    def add(self, line: LogLine, message: bytes | None = None) -> int:
        """Count a line.

        Args:
            line: The line.
            message: Its message, if that is not the complete line.

        Returns:
            How often its shape has occurred, including this time.
        """
        text = line.text if message is None else message
        key = (line.source, shape_of(text))
        tally = self._seen.get(key)
        if tally is None:
            tally = self._seen[key] = _Tally(line.stamp)
            if len(self._seen) > self._max_shapes:
                self._seen.popitem(last=False)
                self._forgotten += 1
        else:
            self._seen.move_to_end(key)
        tally.last = line.stamp
        tally.sample = text[:MAX_SAMPLE]  # a thousand long lines would take much memory
        tally.count += 1
        return tally.count

    def most_frequent(self, limit: int = 50) -> tuple[Repeat, ...]:
        """Return the most frequent messages; of equally frequent ones, the latest first."""
        latest = reversed(self._seen.items())
        top = heapq.nlargest(limit, latest, key=lambda item: item[1].count)
        return tuple(
            Repeat(shape, source, tally.count, tally.first, tally.last, tally.sample)
            for (source, shape), tally in top
        )
