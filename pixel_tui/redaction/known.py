"""Values that are known to be secret, found wherever they are written literally.

What a name or a shape makes a secret is the business of `redactor.py`, which remembers here
what it masks. Any thread may ask.
"""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

from pixel_tui.late_pattern import LatePattern
from pixel_tui.redaction.spared_words import SparedWords
from pixel_tui.redaction.value_finder import Span, ValueFinder, replace_word
from pixel_tui.text import plain, shown_line, split_dropped

MASK: Final = "********"
_MASK: Final = MASK.encode()


class SecretForm(NamedTuple):
    """What a line may have of a secret value."""

    text: str
    anywhere: bool
    """Whether it is looked for inside of longer words too."""


class KnownSecrets:
    """Values that are known to be secret, to be masked wherever they turn up literally.

    One that can be nothing else is masked wherever it is. A plain one (`hunter22`) may be a part of
    longer words: it is masked where it is a word, unless that word names something (`spare`). That
    holds in paths too: of `/srv/pixelsecret/data` it is masked unless the project is called so, or
    is in a folder of that name.
    """

    SHORTEST: Final = 8
    SHORTEST_NUMBER: Final = 12
    MOST: Final = 1000
    LONGEST: Final = 4096
    _TELLING: Final = tuple(map(LatePattern, ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9\s]")))

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._values: tuple[str, ...] = ()
        self._forms_of: dict[str, tuple[SecretForm, ...]] = {}
        self._spared = SparedWords()
        self._left: frozenset[str] = frozenset()
        """Those of the values that are spared."""
        self._forms: tuple[SecretForm, ...] = ()
        """All that is masked, the longest first: one may be a part of another."""
        self._revision = 0
        self._ready: tuple[int, ValueFinder | None] = (0, None)
        """The revision that was made ready for bytes, and what finds its values."""

    @property
    def revision(self) -> int:
        """Another number whenever other values are masked."""
        return self._revision

    @property
    def any(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._forms)

    def add(self, value: str) -> bool:
        """Remember a value; whether it is new, and masked from now on."""
        if value in self._seen:
            return False
        with self._lock:
            if len(self._seen) >= 4 * self.MOST:
                self._seen.clear()
            self._seen.add(value)
            if value in self._values or not (self.is_telling(value) or self.is_word(value)):
                return False
            newest = (value, *self._values)[: self.MOST]
            self._values = tuple(sorted(newest, key=len, reverse=True))
            if not self.is_telling(value) and self._spared.has(value):
                self._left |= {value}
                return False
            self._renew()
            return True

    def spare(self, names: Iterable[str]) -> bool:
        """Leave the words of these names alone from now on; whether other values are masked.

        Only values that are masked as words are spared.
        """
        with self._lock:
            return self._spared.add_names(names) and self._judge_again()

    def spare_setting(self, key: str, value: str) -> bool:
        """Leave the value of a setting alone that is no secret, if it is a name or common.

        Returns:
            Whether other values are masked from now on.
        """
        with self._lock:
            return self._spared.add_setting(key, value) and self._judge_again()

    def forget(self) -> None:
        """Know none any more, and spare none."""
        with self._lock:
            self._seen.clear()
            self._values = ()
            self._left = frozenset()
            self._spared.clear()
            self._renew()

    def is_telling(self, value: str) -> bool:
        """Whether it can be nothing else: a password `postgres` is a part of many names."""
        if not self._may_be_masked(value):
            return False
        kinds = sum(1 for kind in self._TELLING if kind.search(value))
        return kinds > 2 or (kinds > 1 and len(value) > 10) or len(value) > 20

    def is_word(self, value: str) -> bool:
        """Whether it can be masked where it is a word.

        What is shorter, as `Sh0rt!` or `plane`, or a number with fewer digits, as `12345678`, is in
        too much else: sizes, times, ids. Ordinary words, as `postgres` and `changeme`, are spared.
        """
        if not self._may_be_masked(value) or not any(map(str.isalnum, value)):
            return False
        return not value.isdecimal() or len(value) >= self.SHORTEST_NUMBER

    def mask(self, text: str) -> str:
        """Text without these values."""
        for form, anywhere in self._forms:
            if form in text:
                text = text.replace(form, MASK) if anywhere else replace_word(text, form, MASK)
        return text

    def mask_line(self, raw: bytes) -> bytes:
        """A line of output without these values; the same object where none is in it.

        A value is found also where colours or invisible characters are in its midst, and as
        JSON, a URL or Base64 write it.
        """
        if not self._forms:
            return raw
        revision, finder = self._ready
        if finder is None or revision != self._revision:
            finder = self._finder()
        masked = _masked(raw, finder.spans(raw)) if finder.may_have(raw) else raw
        return _mask_shown(masked, finder) if masked.translate(None, _ORDINARY) else masked

    def _may_be_masked(self, value: str) -> bool:
        length = len(value)
        return self.SHORTEST <= length <= self.LONGEST and not value.startswith(("/", "./", "${"))

    def _judge_again(self) -> bool:
        left = frozenset(
            value
            for value in self._values
            if not self.is_telling(value) and self._spared.has(value)
        )
        if left == self._left:
            return False
        self._left = left
        self._renew()
        return True

    def _renew(self) -> None:
        known = self._forms_of
        self._forms_of = {
            value: known.get(value) or tuple(self._forms_for(value))
            for value in self._values
            if value not in self._left
        }
        forms: dict[str, bool] = {}
        for form, anywhere in chain.from_iterable(self._forms_of.values()):
            forms[form] = anywhere or forms.get(form, False)
        ordered = sorted(forms, key=len, reverse=True)
        self._forms = tuple(SecretForm(form, forms[form]) for form in ordered)
        self._revision += 1

    def _finder(self) -> ValueFinder:
        with self._lock:
            revision, forms = self._revision, self._forms
        parts: tuple[set[bytes], set[bytes]] = (set(), set())
        for form, anywhere in forms:
            parts[anywhere].add(form.encode("utf-8", "replace"))
        words, anywheres = parts
        finder = ValueFinder(anywheres, words)
        self._ready = revision, finder
        return finder

    def _forms_for(self, value: str) -> Iterator[SecretForm]:
        """All that a line may have of a value."""
        telling = self.is_telling(value)
        in_json = json.dumps(value, ensure_ascii=False)[1:-1]
        for form in (
            value,
            in_json,
            json.dumps(value)[1:-1],
            in_json.replace("/", "\\/"),  # as PHP does
            re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", in_json),  # as Go does
            quote(value, "", errors="replace"),
            quote_plus(value, errors="replace"),
        ):
            # As it is escaped it may be nothing else.
            yield SecretForm(form, telling or self.is_telling(form))
        yield SecretForm(_in_base64(value), anywhere=True)
        # A line has one line of several, and of those of a key each tells something.
        parts = (part.strip() for part in _CONTROL.split(value))
        for part in parts:
            if self.is_telling(part) and part[:5] != "-----":
                yield SecretForm(part, anywhere=True)
        shown = plain(value)
        if self.is_telling(shown) or (not telling and self.is_word(shown)):
            yield SecretForm(shown, self.is_telling(shown))


def _in_base64(value: str) -> str:
    """What is the same in Base64 whatever comes after the value: a line end, or another value."""
    data = value.encode("utf-8", "replace")
    return b64encode(data).decode()[: len(data) * 8 // 6]


_CONTROL: Final = LatePattern(r"[\x00-\x1f\x7f-\x9f]+")
_ORDINARY: Final = bytes(range(0x20, 0x7F))
"""What a line that has nothing else is made of is shown as it was written."""

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


def _masked(data: bytes, spans: Sequence[Span]) -> bytes:
    if not spans:
        return data
    parts, at = [], 0
    for start, end in spans:
        parts += [data[at:start], _MASK]
        at = end
    return b"".join((*parts, data[at:]))


def _mask_shown(raw: bytes, finder: ValueFinder) -> bytes:
    """A line of which what is shown is not what was written: colours, tabs, carriage returns."""
    if not finder.may_have(shown_line(raw).encode()):
        return raw
    parts = [part.encode("utf-8", "surrogateescape") for part in split_dropped(_text(raw))]
    masked = raw
    if spans := finder.spans(b"".join(parts[::2])):
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
    again = finder.spans(shown)
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
