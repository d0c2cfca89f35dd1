"""Masks known secret values wherever they occur literally.

`redactor.py` detects secrets by name and form, and adds what it masks to these values.
Thread-safe.
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
from pixel_tui.text import plain, shown_line, split_removed

MASK: Final = "********"
_MASK: Final = MASK.encode()


class SecretForm(NamedTuple):
    """A spelling of a secret value that may occur in a line."""

    text: str
    anywhere: bool
    """Whether it is masked inside longer words, too."""


class KnownSecrets:
    """Values that are known to be secret, masked wherever they occur literally.

    An unmistakable value is masked everywhere. A plain one (`hunter22`) may be part of longer
    words: it is masked where it is a complete word, unless that word is a name (`spare`). This
    applies to paths, too: in `/srv/pixelsecret/data` it is masked unless the project, or a folder
    above it, has that name.
    """

    MIN_LENGTH: Final = 8
    MIN_NUMBER_LENGTH: Final = 12
    MAX_VALUES: Final = 1000
    MAX_LENGTH: Final = 4096
    _KINDS: Final = tuple(map(LatePattern, ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9\s]")))

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._values: tuple[str, ...] = ()
        self._forms_of: dict[str, tuple[SecretForm, ...]] = {}
        self._spared = SparedWords()
        self._spared_values: frozenset[str] = frozenset()
        """The values that are spared."""
        self._forms: tuple[SecretForm, ...] = ()
        """All masked spellings, the longest first, because one may be part of another."""
        self._revision = 0
        self._ready: tuple[int, ValueFinder | None] = (0, None)
        """The revision of the current finder for bytes, and that finder."""

    @property
    def revision(self) -> int:
        """Changes whenever the masked values change."""
        return self._revision

    @property
    def any(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._forms)

    def add(self, value: str) -> bool:
        """Remember a value; returns whether it is new, and masked from now on."""
        if value in self._seen:
            return False
        with self._lock:
            if len(self._seen) >= 4 * self.MAX_VALUES:
                self._seen.clear()
            self._seen.add(value)
            if value in self._values or not (self.is_unmistakable(value) or self.is_word(value)):
                return False
            newest = (value, *self._values)[: self.MAX_VALUES]
            self._values = tuple(sorted(newest, key=len, reverse=True))
            if not self.is_unmistakable(value) and self._spared.is_spared(value):
                self._spared_values |= {value}
                return False
            self._rebuild_forms()
            return True

    def spare(self, names: Iterable[str]) -> bool:
        """Stop masking the words of these names; returns whether the masked values change.

        Affects only values that are masked as words.
        """
        with self._lock:
            return self._spared.add_names(names) and self._update_spared()

    def spare_setting(self, key: str, value: str) -> bool:
        """Stop masking the value of a setting that is not secret, if it is a name or common.

        Returns:
            Whether the masked values change.
        """
        with self._lock:
            return self._spared.add_setting(key, value) and self._update_spared()

    def forget(self) -> None:
        """Forget all values and all spared names."""
        with self._lock:
            self._seen.clear()
            self._values = ()
            self._spared_values = frozenset()
            self._spared.clear()
            self._rebuild_forms()

    def is_unmistakable(self, value: str) -> bool:
        """Whether it is unmistakable; a password such as `postgres` is part of many names."""
        if not self._may_be_masked(value):
            return False
        kinds = sum(1 for kind in self._KINDS if kind.search(value))
        return kinds > 2 or (kinds > 1 and len(value) > 10) or len(value) > 20

    def is_word(self, value: str) -> bool:
        """Whether it can be masked where it is a complete word.

        Short values such as `Sh0rt!` or `plane`, and numbers of few digits, would match too much
        else: sizes, times, ids. Ordinary words such as `postgres` and `changeme` are spared.
        """
        if not self._may_be_masked(value) or not any(map(str.isalnum, value)):
            return False
        return not value.isdecimal() or len(value) >= self.MIN_NUMBER_LENGTH

    def mask(self, text: str) -> str:
        """Return the text with these values masked."""
        for form, anywhere in self._forms:
            if form in text:
                text = text.replace(form, MASK) if anywhere else replace_word(text, form, MASK)
        return text

    def mask_line(self, raw: bytes) -> bytes:
        """Return a line of output with these values masked; the same object if it has none.

        A value is found also with colours or invisible characters inside, and in the encoding of
        JSON, URLs or Base64.
        """
        if not self._forms:
            return raw
        revision, finder = self._ready
        if finder is None or revision != self._revision:
            finder = self._finder()
        masked = _replace_spans(raw, finder.spans(raw)) if finder.may_have(raw) else raw
        return _mask_shown(masked, finder) if masked.translate(None, _ORDINARY) else masked

    def _may_be_masked(self, value: str) -> bool:
        length = len(value)
        return self.MIN_LENGTH <= length <= self.MAX_LENGTH and not value.startswith(
            ("/", "./", "${")
        )

    def _update_spared(self) -> bool:
        spared_values = frozenset(
            value
            for value in self._values
            if not self.is_unmistakable(value) and self._spared.is_spared(value)
        )
        if spared_values == self._spared_values:
            return False
        self._spared_values = spared_values
        self._rebuild_forms()
        return True

    def _rebuild_forms(self) -> None:
        known = self._forms_of
        self._forms_of = {
            value: known.get(value) or tuple(self._forms_for(value))
            for value in self._values
            if value not in self._spared_values
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
        words, anywhere_forms = parts
        finder = ValueFinder(anywhere_forms, words)
        self._ready = revision, finder
        return finder

    def _forms_for(self, value: str) -> Iterator[SecretForm]:
        """Yield all spellings of a value that may occur in a line."""
        unmistakable = self.is_unmistakable(value)
        in_json = json.dumps(value, ensure_ascii=False)[1:-1]
        for form in (
            value,
            in_json,
            json.dumps(value)[1:-1],
            in_json.replace("/", "\\/"),  # as PHP does
            re.sub("[<>&]", lambda char: f"\\u{ord(char[0]):04x}", in_json),  # as Go does
            quote(value, "", errors="replace"),
            quote_plus(value, errors="replace"),
        ):
            # The escaped value may be unmistakable.
            yield SecretForm(form, unmistakable or self.is_unmistakable(form))
        yield SecretForm(_in_base64(value), anywhere=True)
        # A value of several lines occurs line by line; each long line of a key is unmistakable.
        parts = (part.strip() for part in _CONTROL.split(value))
        for part in parts:
            if self.is_unmistakable(part) and part[:5] != "-----":
                yield SecretForm(part, anywhere=True)
        shown = plain(value)
        if self.is_unmistakable(shown) or (not unmistakable and self.is_word(shown)):
            yield SecretForm(shown, self.is_unmistakable(shown))


def _in_base64(value: str) -> str:
    """Return the part of the Base64 text that does not depend on what follows the value."""
    data = value.encode("utf-8", "replace")
    return b64encode(data).decode()[: len(data) * 8 // 6]


_CONTROL: Final = LatePattern(r"[\x00-\x1f\x7f-\x9f]+")
_ORDINARY: Final = bytes(range(0x20, 0x7F))
"""A line with only these characters is shown as it is."""

known: Final = KnownSecrets()
"""The secrets known to this process."""


def mask_known(raw: bytes) -> bytes:
    """Return a line of output with known secrets masked."""
    return known.mask_line(raw)


def masked_text(text: str) -> str:
    """Return text that may contain a secret, such as typed words, as it may be shown."""
    raw = text.encode("utf-8", "surrogatepass")
    masked = known.mask_line(raw)
    return text if masked is raw else masked.decode("utf-8", "replace")


class LineMasker:
    """Masks known secrets in lines, unless they may be shown, and counts lines with secrets.

    Args:
        revealed: Don't mask, only count.
    """

    __slots__ = ("found", "revealed")

    def __init__(self, *, revealed: bool = False) -> None:
        self.revealed = revealed
        self.found = 0
        """The number of lines with a secret."""

    def __call__(self, raw: bytes) -> bytes:
        """Return a line as it may be shown."""
        masked = known.mask_line(raw)
        if masked is raw:
            return raw
        self.found += 1
        return raw if self.revealed else masked


def _replace_spans(data: bytes, spans: Sequence[Span]) -> bytes:
    if not spans:
        return data
    parts, at = [], 0
    for start, end in spans:
        parts += [data[at:start], _MASK]
        at = end
    return b"".join((*parts, data[at:]))


def _mask_shown(raw: bytes, finder: ValueFinder) -> bytes:
    """Mask a line that is shown differently: colours, tabs, carriage returns."""
    if not finder.may_have(shown_line(raw).encode()):
        return raw
    parts = [part.encode("utf-8", "surrogateescape") for part in split_removed(_text(raw))]
    masked = raw
    if spans := finder.spans(b"".join(parts[::2])):
        kept, at = list[bytes](), 0
        for index, part in enumerate(parts):
            if index % 2:
                kept.append(part)
                continue
            kept.append(_replace_part(part, at, spans))
            at += len(part)
        masked = b"".join(kept)
    # Overwriting or a tab may have completed a value.
    shown = shown_line(masked).encode()
    new_spans = finder.spans(shown)
    return _replace_spans(shown, new_spans) if new_spans else masked


def _replace_part(part: bytes, at: int, spans: Sequence[Span]) -> bytes:
    """Mask a part of a text, which starts at a place; a mask is put where its span starts."""
    kept, masked_to, end = [], at, at + len(part)
    for start, stop in spans:
        if stop <= masked_to or start >= end:
            continue
        kept.append(part[masked_to - at : max(start - at, 0)])
        kept.append(_MASK if start >= at else b"")
        masked_to = min(stop, end)
    return b"".join((*kept, part[masked_to - at :]))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
