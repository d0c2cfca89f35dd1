"""Finds literal values in bytes: some wherever they are, others only where they are a word."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pixel_tui.late_pattern import LatePattern

Span = tuple[int, int]
"""Where something is in a text: from here up to, not including, there."""

_DEPTH: Final = 4
"""Characters by which values are told apart before they are compared: of a hundred values, a
place in a line is compared with one at most."""
_SIEVE: Final = 8
"""Characters of a place that must each be one that a value has there, before it is told apart."""
_NO_WORD: Final = rb"(?![0-9A-Za-z_])"
_ESCAPE: Final = r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\0?33|\\e)(?:\[[0-?]*[ -/]*[@-~]|[(#][0-~])"
_BEGINNING: Final = LatePattern(
    rf"(?:\A|[^0-9A-Za-z_]|\\[abefnrtv0]|\\u[0-9A-Fa-f]{{4}}|\\x[0-9A-Fa-f]{{2}}|"
    rf"%[0-9A-Fa-f]{{2}}|{_ESCAPE})\Z"
)
"""Before a word is no letter, digit or `_` of ASCII, or one that ends the escape of something
else: in `\\npixel`, `%3Dpixel` and after a colour the word is `pixel`. In doubt it is one."""
_LOOKED_BACK: Final = 32
"""Characters in which such an escape has room."""


class ValueFinder:
    """Finds any of many values in a line.

    Args:
        anywhere: Values that are found wherever they are.
        words: Values that are found only where neither neighbour is a part of their word.
    """

    def __init__(self, anywhere: Collection[bytes], words: Collection[bytes]) -> None:
        self._words = frozenset(words).difference(anywhere)
        pattern = _one_of(dict.fromkeys(anywhere, b"") | dict.fromkeys(self._words, _NO_WORD))
        self.may_have: Final = pattern.search
        """Whether it is worth asking for the spans."""

    def spans(self, data: bytes) -> list[Span]:
        """Where any of the values is; those that touch each other are one."""
        spans: list[Span] = []
        at = 0
        while found := self.may_have(data, at):
            start, end = found.span()
            at = start + 1
            # A longer value that is found only as a word begins with none that is found anywhere.
            if found.group() in self._words and not _begins_word(data, start):
                continue
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        return spans


def replace_word(text: str, word: str, by: str) -> str:
    """Text with something else in the place of a word, wherever it is one."""
    parts, done, at = [], 0, -1
    while (at := text.find(word, at + 1)) >= 0:
        end = at + len(word)
        before, behind = text[max(at - _LOOKED_BACK, 0) : at], text[end : end + 1]
        if at >= done and not _is_of_word(behind) and _BEGINNING.search(before):
            parts += [text[done:at], by]
            done = end
    return "".join((*parts, text[done:]))


def has_word(text: str, word: str) -> bool:
    """Whether a word is somewhere in a text, and not only as a part of others."""
    return word in text and replace_word(text, word, "") != text


def _is_of_word(sign: str) -> bool:
    return sign == "_" or (sign.isascii() and sign.isalnum())


def _begins_word(data: bytes, start: int) -> bool:
    before = data[max(start - _LOOKED_BACK, 0) : start]
    return _BEGINNING.search(before.decode("latin-1")) is not None


def _one_of(values: dict[bytes, bytes]) -> re.Pattern[bytes]:
    """What finds any of these values, each with what must come behind it."""
    ordered = sorted(values, key=len, reverse=True)
    if len(ordered) == 1:
        return re.compile(_alternatives(ordered, values, 0))
    # Told apart by the second character first, for the expression has to begin with a set: that
    # is looked for at once, and most places are passed over by the sieve behind it.
    first, *sieve = (
        _set_of(value[at] for value in ordered) for at in range(min(_SIEVE, len(ordered[-1])))
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
                        b"(?<=%b)%b" % (re.escape(sign + second), _alternatives(those, values, 2))
                        for sign, those in by_first.items()
                    ),
                )
                for second, by_first in branches.items()
            ),
        )
    )


def _alternatives(ordered: Sequence[bytes], values: dict[bytes, bytes], depth: int) -> bytes:
    """An expression for any of these from a character on, the longest first."""
    if depth == _DEPTH or len(ordered) == 1:
        return b"(?:%b)" % b"|".join(re.escape(each[depth:]) + values[each] for each in ordered)
    branches: dict[bytes, list[bytes]] = {}
    for value in ordered:
        branches.setdefault(value[depth : depth + 1], []).append(value)
    return b"(?:%b)" % b"|".join(
        re.escape(sign) + _alternatives(those, values, depth + 1)
        for sign, those in branches.items()
    )


def _set_of(signs: Iterable[int]) -> bytes:
    return b"[%b]" % b"".join(re.escape(bytes((sign,))) for sign in sorted(set(signs)))
