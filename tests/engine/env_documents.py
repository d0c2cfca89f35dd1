"""Documents and values that a seed makes, with everything in them that a `.env` may have."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

PROCESS = {"PROC": "of the process", "PROC_EMPTY": "", "K1": "shadow"}
"""The variables of the process in which they are read."""

_KEYS = (*(f"K{n}" for n in range(8)), "a.b", "C-D", "E[0]", "ÀÉ", "x_1", "9A", "export", "PROC")
_NAMES = (*(f"K{n}" for n in range(6)), "PROC", "PROC_EMPTY", "UNSET", "x_1", "_", "k1", "\u017f")
_BLANKS = ("", "", "", " ", "  ", "\t", "\r", "\x0b", "\x0c", "\x85", "\xa0", "\u3000")
_ENDS = ("\n",) * 8 + ("\r\n",) * 3 + (" \n", "\t\r\n", "\u2003\n", "\n\n")
_PLAIN = "abcXYZ019_-./:@,;=&%!?*()<>|~^é\u4e2d\U0001f600\x1b\x7f"
_ODD = ("#", " #", " ", "  ", "\t", "'", '"', "\\", "\\\\", "$", "$$", "{", "}", "`", "\r", "\x0b")
_ESCAPES = (
    *(f"\\{escaped}" for escaped in ("a", "b", "c", "f", "n", "r", "t", "v", "$", '"', "'", "\\")),
    *(f"\\0{digits}" for digits in ("101", "377", "400", "12", "8", "")),
    *("\\x41", "\\u0041", "\\\n", "\\é"),
)
_OPERATORS = (":-", "-", ":?", "?", ":+", "+")
_INVALID = ("${", "${}", "${1}", "${K1", "${K1!}", "${ K1}", "${K1:}", "${K1:x}")


class Documents:
    """Makes one document after another."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def document(self) -> bytes:
        """Lines of all kinds; about one document in six is one that compose refuses."""
        if self._chance(0.12):
            return self._soup()
        lines = [self._line() for _ in range(self._random.randint(0, 7))]
        text = "".join(lines)
        if self._chance(0.25):
            text = text[: -self._random.randint(1, 3)]
        data = (("\ufeff" if self._chance(0.1) else "") + text).encode()
        if data and self._chance(0.05):
            place = self._random.randrange(len(data))
            data = data[:place] + bytes([self._random.randrange(256)]) + data[place:]
        return data

    def value(self) -> str:
        """Text that somebody could want to be a value."""
        parts = [_PLAIN, _PLAIN, _ODD, ("\n", *_BLANKS), _ESCAPES, ("$K1", "${K1}", *_INVALID)]
        count = self._random.choice((0, 1, 2, 3, 5, 8, 13))
        return "".join(self._one(self._one(parts)) for _ in range(count))

    def _soup(self) -> bytes:
        pieces = (
            *_PLAIN[:12],
            *_ODD,
            *_BLANKS,
            "\n",
            "=",
            ":",
            "K1=",
            "\nK2='",
            '\nK3="',
            "export ",
        )
        return "".join(self._one(pieces) for _ in range(self._random.randint(1, 14))).encode()

    def _line(self) -> str:
        kind = self._random.random()
        if kind < 0.12:
            comments = ("#", "# K1=x", "#K2='a", "# ====", " \t# x", "", "   ", "\u2028")
            return self._one(comments) + self._one(_ENDS)
        key = ("export" + self._one((" ", "\t", "  "))) if kind > 0.9 else ""
        key += (
            self._one(_KEYS) if not self._chance(0.004) else self._one(("A B", "A$", "'", "", "é!"))
        )
        if self._chance(0.04):
            return self._one(_BLANKS) + key + self._one(_ENDS)
        separator = self._one(("=",) * 9 + (":", " = ", "= ", " : "))
        return self._one(_BLANKS[:8]) + key + separator + self._written() + self._one(_ENDS)

    def _written(self) -> str:
        """A value as it stands in a file."""
        kind = self._random.random()
        if kind < 0.45:
            note = self._one(("",) * 6 + (" # note", "#no note", "\t# no note", " #"))
            return self._text(self._bare) + note
        behind = self._one(
            ("",) * 12 + (" # note", "#note", " ", "tail", "K2=x", " x y")
            if self._chance(0.2)
            else ("",)
        )
        if kind < 0.65:
            return "'" + self._text(self._single) + "'" + behind
        return '"' + self._text(self._double) + '"' + behind

    def _text(self, piece: Callable[[], str]) -> str:
        return "".join(piece() for _ in range(self._random.choice((0, 1, 2, 4, 8))))

    def _bare(self) -> str:
        if self._chance(0.15):
            return self._reference(2)
        odd = self._one(("#", " ", "\t", "\\", "\\n", "{", "}", "$$", "$1", "\x0b", "\u3000"))
        return odd if self._chance(0.2) else self._one(_PLAIN)

    def _single(self) -> str:
        odd = self._one(("\n", "\r\n", "\\'", "\\\\", "\\n", "$K1", "${", '"', "#", " #", " "))
        return odd if self._chance(0.3) else self._one(_PLAIN)

    def _double(self) -> str:
        kind = self._random.random()
        if kind < 0.2:
            return self._reference(2)
        if kind < 0.4:
            return self._one(_ESCAPES)
        odd = self._one(("\n", "\r\n", "'", "#", " #", " ", "{", "}", "$$", "$ "))
        return odd if kind < 0.55 else self._one(_PLAIN)

    def _reference(self, depth: int) -> str:
        kind = self._random.random()
        if kind < 0.01:
            return self._one(_INVALID)
        name = self._one(_NAMES)
        if kind < 0.3:
            return f"${name}"
        if kind < 0.5:
            return f"${{{name}}}"
        operator = self._one(_OPERATORS[:2] * 4 + _OPERATORS[4:] * 3 + _OPERATORS[2:4])
        if "?" in operator and self._chance(0.85):
            name = "PROC"
        inner = self._text(lambda: self._inner(depth))
        return f"${{{name}{operator}{inner}}}"

    def _inner(self, depth: int) -> str:
        if depth and self._chance(0.3):
            return self._reference(depth - 1)
        odd = self._one(("{", "}", "{}", "{x}", "$$", ":-", "-", "?", "+", "#", " #", "$", " "))
        return odd if self._chance(0.25) else self._one(_PLAIN)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _one(self, of: Sequence[T]) -> T:
        return self._random.choice(of)
