"""Finds literal values in bytes: some anywhere, others only as complete words."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pixel_tui.late_pattern import LatePattern

Span = tuple[int, int]
"""Start and end (exclusive) of a match."""

_BRANCH_DEPTH: Final = 4
"""Characters that distinguish values before they are compared: of a hundred values, a place in
a line is compared with one at most."""
_SIEVE_LENGTH: Final = 8
"""Characters of a place that are checked by sets, before values are distinguished."""
_WORD_END: Final = rb"(?![0-9A-Za-z_])"
_ESCAPE: Final = r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\0?33|\\e)(?:\[[0-?]*[ -/]*[@-~]|[(#][0-~])"
_WORD_START: Final = LatePattern(
    rf"(?:\A|[^0-9A-Za-z_]|\\[abefnrtv0]|\\u[0-9A-Fa-f]{{4}}|\\x[0-9A-Fa-f]{{2}}|"
    rf"%[0-9A-Fa-f]{{2}}|{_ESCAPE})\Z"
)
"""Before a word is no ASCII letter, digit or `_`, or one that ends an escape sequence: in
`\\npixel`, `%3Dpixel` and after a colour the word is `pixel`. In doubt it is a word."""
_MAX_ESCAPE: Final = 32
"""The longest such escape sequence."""


class ValueFinder:
    """Finds many values in a line.

    Args:
        anywhere: Values that are found anywhere.
        words: Values that are found only as complete words.
    """

    def __init__(self, anywhere: Collection[bytes], words: Collection[bytes]) -> None:
        self._words = frozenset(words).difference(anywhere)
        pattern = _any_of(dict.fromkeys(anywhere, b"") | dict.fromkeys(self._words, _WORD_END))
        self.may_have: Final = pattern.search
        """Quick check whether a line may contain a value; then ask for `spans`."""

    def spans(self, data: bytes) -> list[Span]:
        """Return where the values are; adjacent ones are merged."""
        spans: list[Span] = []
        at = 0
        while found := self.may_have(data, at):
            start, end = found.span()
            at = start + 1
            # A longer value that is found only as a word starts with none that is found anywhere.
            if found.group() in self._words and not _begins_word(data, start):
                continue
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        return spans


def replace_word(text: str, word: str, replacement: str) -> str:
    """Return the text with a word replaced, wherever it is a complete word."""
    parts, copied_to, at = [], 0, -1
    while (at := text.find(word, at + 1)) >= 0:
        end = at + len(word)
        before, after = text[max(at - _MAX_ESCAPE, 0) : at], text[end : end + 1]
        if at >= copied_to and not _is_word_char(after) and _WORD_START.search(before):
            parts += [text[copied_to:at], replacement]
            copied_to = end
    return "".join((*parts, text[copied_to:]))


def has_word(text: str, word: str) -> bool:
    """Whether a text contains a word as a complete word."""
    return word in text and replace_word(text, word, "") != text


def _is_word_char(char: str) -> bool:
    return char == "_" or (char.isascii() and char.isalnum())


def _begins_word(data: bytes, start: int) -> bool:
    before = data[max(start - _MAX_ESCAPE, 0) : start]
    return _WORD_START.search(before.decode("latin-1")) is not None


def _any_of(values: dict[bytes, bytes]) -> re.Pattern[bytes]:
    """Return an expression for any of these values, each followed by its lookahead."""
    ordered = sorted(values, key=len, reverse=True)
    if len(ordered) == 1:
        return re.compile(_alternatives(ordered, values, 0))
    # Distinguish by the second character first, because the expression must start with a set:
    # the search for a set is fast, and the sieve after it skips most places.
    first, *sieve = (
        _set_of(value[at] for value in ordered)
        for at in range(min(_SIEVE_LENGTH, len(ordered[-1])))
    )
    branches: dict[bytes, dict[bytes, list[bytes]]] = {}
    for value in ordered:
        branches.setdefault(value[1:2], {}).setdefault(value[:1], []).append(value)
    return re.compile(
        b"%b(?=%b)(?:%b)"
        % (
            first,
            b"".join(sieve),
            b"|".join(
                b"%b(?:%b)"
                % (
                    re.escape(second),
                    b"|".join(
                        b"(?<=%b)%b" % (re.escape(char + second), _alternatives(group, values, 2))
                        for char, group in by_first.items()
                    ),
                )
                for second, by_first in branches.items()
            ),
        )
    )


def _alternatives(ordered: Sequence[bytes], values: dict[bytes, bytes], depth: int) -> bytes:
    """Return an expression for any of these from a character on, the longest first."""
    if depth == _BRANCH_DEPTH or len(ordered) == 1:
        return b"(?:%b)" % b"|".join(re.escape(each[depth:]) + values[each] for each in ordered)
    branches: dict[bytes, list[bytes]] = {}
    for value in ordered:
        branches.setdefault(value[depth : depth + 1], []).append(value)
    return b"(?:%b)" % b"|".join(
        re.escape(char) + _alternatives(group, values, depth + 1)
        for char, group in branches.items()
    )


def _set_of(chars: Iterable[int]) -> bytes:
    return b"[%b]" % b"".join(re.escape(bytes((char,))) for char in sorted(set(chars)))
