"""Values that are known to be secret, found wherever they are written literally.

What a name or a shape makes a secret is the business of `redaction.py`, which remembers here
what it masks. Any thread may ask.
"""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from pixel_tui.text import plain, shown_line, split_dropped

MASK: Final = "********"
_MASK: Final = MASK.encode()

Span = tuple[int, int]
"""Where something is in a text: from here up to, not including, there."""


class KnownSecrets:
    """Values that are known to be secret, to be masked wherever they turn up literally."""

    SHORTEST: Final = 8
    MOST: Final = 1000
    LONGEST: Final = 4096
    _TELLING: Final = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9\s]")))

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._values: tuple[str, ...] = ()
        self._revision = 0
        self._ready: tuple[int, re.Pattern[bytes] | None] = (0, None)
        """The revision that was made ready for bytes, and what finds its values."""

    @property
    def revision(self) -> int:
        """Another number whenever other values are known."""
        return self._revision

    @property
    def any(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._values)

    def add(self, value: str) -> bool:
        """Remember a value; whether it is new, and fit to be looked for."""
        if value in self._seen:
            return False
        with self._lock:
            if len(self._seen) >= 4 * self.MOST:
                self._seen.clear()
            self._seen.add(value)
            if not self.is_telling(value) or value in self._values:
                return False
            # The longest first: one may be a part of another.
            newest = (value, *self._values)[: self.MOST]
            self._values = tuple(sorted(newest, key=len, reverse=True))
            self._revision += 1
            return True

    def forget(self) -> None:
        """Know none any more."""
        with self._lock:
            self._seen.clear()
            self._values = ()
            self._revision += 1

    def is_telling(self, value: str) -> bool:
        """Whether it can be nothing else: a password `postgres` is a part of many names."""
        if not self.SHORTEST <= len(value) <= self.LONGEST or value.startswith(("/", "./", "${")):
            return False
        kinds = sum(1 for kind in self._TELLING if kind.search(value))
        return kinds > 2 or (kinds > 1 and len(value) > 10) or len(value) > 20

    def mask(self, text: str) -> str:
        """Text without these values."""
        for value in self._values:
            if value in text:
                text = text.replace(value, MASK)
        return text

    def mask_line(self, raw: bytes) -> bytes:
        """A line of output without these values; the same object where none is in it.

        A value is found also where colours or invisible characters are in its midst, and as
        JSON or a URL writes it.
        """
        if not self._values:
            return raw
        finder = self._finder()
        masked = _masked(raw, _spans(finder, raw)) if finder.search(raw) else raw
        return masked if _ORDINARY.fullmatch(masked) else _mask_shown(masked, finder)

    def _finder(self) -> re.Pattern[bytes]:
        revision, found = self._ready
        if found is None or revision != self._revision:
            with self._lock:
                revision, values = self._revision, self._values
            found = _one_of({form.encode("utf-8", "replace") for form in self._forms(values)})
            self._ready = revision, found
        return found

    def _forms(self, values: Sequence[str]) -> Iterator[str]:
        """All that a line may have of these values."""
        for value in values:
            in_json = json.dumps(value, ensure_ascii=False)[1:-1]
            yield from (value, in_json, json.dumps(value)[1:-1], quote(value, "", errors="replace"))
            yield in_json.replace("/", "\\/")  # as PHP does
            yield re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", in_json)  # as Go does
            # A line has one line of several, and of those of a key each tells something.
            parts = (part.strip() for part in _CONTROL.split(value))
            yield from (part for part in parts if self.is_telling(part) and part[:5] != "-----")
            shown = plain(value)
            if self.is_telling(shown):
                yield shown


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ORDINARY: Final = re.compile(rb"[ -~]*+")
"""A line that is shown as it was written."""
_BRANCHES: Final = 3
"""Characters by which values are told apart before they are compared: of a hundred values, a
place in a line is compared with one at most."""

known: Final = KnownSecrets()
"""Those of this process."""


def mask_known(raw: bytes) -> bytes:
    """A line of output without the values that are known to be secret."""
    return known.mask_line(raw)


def masked_words(text: str) -> str:
    """Words in which an operator may have typed such a value, as they are shown."""
    raw = text.encode("utf-8", "surrogatepass")
    masked = known.mask_line(raw)
    return text if masked is raw else masked.decode("utf-8", "replace")


class LineMasker:
    """Masks known secrets in lines, unless they are to be shown, and counts such lines.

    Args:
        revealed: Leave them as they were written, and only count.
    """

    __slots__ = ("found", "revealed")

    def __init__(self, *, revealed: bool = False) -> None:
        self.revealed = revealed
        self.found = 0
        """Lines that have a secret."""

    def __call__(self, raw: bytes) -> bytes:
        """A line as it may be shown."""
        masked = known.mask_line(raw)
        if masked is raw:
            return raw
        self.found += 1
        return raw if self.revealed else masked


def _one_of(values: set[bytes], depth: int = 0) -> re.Pattern[bytes]:
    return re.compile(_alternatives(sorted(values, key=len, reverse=True), depth))


def _alternatives(values: Sequence[bytes], depth: int) -> bytes:
    """An expression for any of these from a character on, the longest first."""
    if depth == _BRANCHES or len(values) == 1:
        return b"(?:%b)" % b"|".join(re.escape(value[depth:]) for value in values)
    branches: dict[bytes, list[bytes]] = {}
    for value in values:
        branches.setdefault(value[depth : depth + 1], []).append(value)
    return b"(?:%b)" % b"|".join(
        re.escape(sign) + _alternatives(those, depth + 1) for sign, those in branches.items()
    )


def _spans(finder: re.Pattern[bytes], data: bytes) -> list[Span]:
    """Where any of the values is; those that touch each other are one."""
    spans: list[Span] = []
    at = 0
    while found := finder.search(data, at):
        start, end = found.span()
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
        at = start + 1
    return spans


def _masked(data: bytes, spans: Sequence[Span]) -> bytes:
    parts, at = [], 0
    for start, end in spans:
        parts += [data[at:start], _MASK]
        at = end
    return b"".join((*parts, data[at:]))


def _mask_shown(raw: bytes, finder: re.Pattern[bytes]) -> bytes:
    """A line of which what is shown is not what was written: colours, tabs, carriage returns."""
    if not finder.search(shown_line(raw).encode()):
        return raw
    parts = [part.encode("utf-8", "surrogateescape") for part in split_dropped(_text(raw))]
    spans = _spans(finder, b"".join(parts[::2]))
    written, at = list[bytes](), 0
    for index, part in enumerate(parts):
        if index % 2:
            written.append(part)
            continue
        written.append(_masked_part(part, at, spans))
        at += len(part)
    masked = b"".join(written)
    # What was written over, or a tab, may have put it together.
    shown = shown_line(masked).encode()
    again = _spans(finder, shown)
    return _masked(shown, again) if again else masked


def _masked_part(part: bytes, at: int, spans: Sequence[Span]) -> bytes:
    """A part of a text that begins at a place of it; a mask stands where its span begins."""
    kept, done, end = [], at, at + len(part)
    for start, stop in spans:
        if stop <= done or start >= end:
            continue
        kept.append(part[done - at : max(start - at, 0)])
        kept.append(_MASK if start >= at else b"")
        done = min(stop, end)
    return b"".join((*kept, part[done - at :]))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
