"""A minimal YAML reader that yields the scalars of a compose file with their paths.

It supports block and flow collections and quotes, but not anchors, tags and types: compose itself
is used to interpret a compose file, but it does not report which other files a file names.
"""

import re
from collections.abc import Iterator
from typing import Final

from pixel_tui.late_pattern import LatePattern

Path = tuple[str | int, ...]
"""Keys, and indexes of list items, from the top down."""
Scalar = tuple[Path, str]

_DASH = LatePattern(r"-(?:[^\S\n]+|$)", re.MULTILINE)
_KEY = LatePattern(
    r"""(?: "(?P<double>(?:[^"\\\n]|\\.)*)" | '(?P<single>[^'\n]*)'
    | (?P<plain>[^\s#\[\]{},&*!|>%@`"'][^\n#]*?) )[^\S\n]*:(?:[^\S\n]+|$)""",
    re.MULTILINE | re.VERBOSE,
)
_PROPERTY = LatePattern(r"[&!][^\s\[\]{},]*[^\S\n]+")
_PLAIN_IN_FLOW = LatePattern(r"[^\[\]{},\n]+")
_BLOCK = LatePattern(r"[|>][-+0-9]*[^\S\n]*(?:#.*)?$", re.MULTILINE)
_MAX_DEPTH: Final = 40


def scalars(text: str) -> Iterator[Scalar]:
    """Yield every scalar of a file in order. What can't be parsed is skipped."""
    return _Reader(text).block()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def block(self) -> Iterator[Scalar]:
        """Read the file line by line; a deeper indentation is a lower level."""
        levels: list[tuple[int, str | int]] = []
        while self._at < len(self._text):
            start = self._at
            self._skip_spaces()
            column = self._at - start
            if self._rest_is_blank():
                self._next_line()
                continue
            line = column - 1
            while dash := _DASH.match(self._text, self._at):
                levels = _levels_above_item(levels, column)
                line, column = column, column + dash.end() - self._at
                self._at = dash.end()
            while levels and levels[-1][0] >= column:
                levels.pop()
            if key := _KEY.match(self._text, self._at):
                levels.append((column, _key_name(key)))
                self._at = key.end()
                line = column
            yield from self._value(tuple(name for _, name in levels), line)
            self._next_line()

    def _value(self, path: Path, column: int) -> Iterator[Scalar]:
        while prefix := _PROPERTY.match(self._text, self._at):
            self._at = prefix.end()
        if self._at >= len(self._text) or self._rest_is_blank():
            return
        if _BLOCK.match(self._text, self._at):
            self._skip_deeper(column)
            return
        if self._text[self._at] in "[{":
            yield from self._flow(path, 0)
            return
        if self._text[self._at] in "\"'":
            yield path, self._quoted()
            return
        end = self._text.find("\n", self._at)
        line = self._text[self._at : end if end >= 0 else len(self._text)]
        yield path, re.split(r"\s#", line)[0].strip()

    def _flow(self, path: Path, depth: int) -> Iterator[Scalar]:
        """Read a flow collection up to its closing bracket."""
        if depth > _MAX_DEPTH:
            self._at = len(self._text)
            return
        listed = self._text[self._at] == "["
        self._at += 1
        item = 0
        below: Path = (*path, item) if listed else path
        while self._at < len(self._text):
            self._skip_blank()
            if self._at >= len(self._text):
                return
            sign = self._text[self._at]
            if sign in "]}":
                self._at += 1
                return
            if sign == ",":
                self._at += 1
                item += 1
                below = (*path, item) if listed else path
            elif sign in "[{":
                yield from self._flow(below, depth + 1)
            elif prefix := _PROPERTY.match(self._text, self._at):
                self._at = prefix.end()
            else:
                word = self._word_in_flow()
                self._skip_blank()
                if self._text[self._at : self._at + 1] == ":":
                    self._at += 1
                    below = (*below, word)
                elif word:
                    yield below, word

    def _word_in_flow(self) -> str:
        if self._text[self._at] in "\"'":
            return self._quoted()
        found = _PLAIN_IN_FLOW.match(self._text, self._at)
        if found is None:
            self._at += 1
            return ""
        word = found[0]
        # A colon ends a key, but not inside a word (`http://x`).
        key = re.match(r"[^:]*(?::(?!\s|$)[^:]*)*(?=:(?:\s|$))", word)
        comment = re.search(r"\s#", word)
        end = key.end() if key else comment.start() if comment else len(word)
        self._at = found.start() + end
        if comment and not key:
            self._next_line()
        return word[:end].strip()

    def _quoted(self) -> str:
        quote = self._text[self._at]
        start = at = self._at + 1
        while at < len(self._text):
            if quote == '"' and self._text[at] == "\\":
                at += 2
                continue
            if self._text[at] == quote:
                if quote == "'" and self._text[at + 1 : at + 2] == "'":
                    at += 2
                    continue
                break
            at += 1
        self._at = at + 1
        inside = self._text[start:at]
        return re.sub(r"\\(.)", r"\1", inside) if quote == '"' else inside.replace("''", "'")

    def _skip_deeper(self, column: int) -> None:
        """Skip the lines of a block scalar, up to the end of its last line."""
        while True:
            end = self._text.find("\n", self._at)
            if end < 0:
                self._at = len(self._text)
                return
            following = re.compile(r"[^\S\n]*").match(self._text, end + 1)
            width = following.end() - end - 1 if following else 0
            blank = self._text[end + 1 + width : end + 2 + width] in {"\n", ""}
            self._at = end
            if not blank and width <= column:
                return
            if end + 1 >= len(self._text):
                return
            self._at = end + 1 + (width if not blank else 0)
            if self._at >= len(self._text):
                return

    def _rest_is_blank(self) -> bool:
        rest = self._text[self._at : self._at + 1]
        return rest in {"", "\n", "#", "%"} or self._text.startswith(("---", "..."), self._at)

    def _skip_spaces(self) -> None:
        while self._text[self._at : self._at + 1] in {" ", "\t", "\r"}:
            self._at += 1

    def _skip_blank(self) -> None:
        while self._at < len(self._text):
            if self._text[self._at].isspace():
                self._at += 1
            elif self._text[self._at] == "#":
                self._next_line()
            else:
                return

    def _next_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end + 1


def _key_name(found: re.Match[str]) -> str:
    return next(text for text in found.groups() if text is not None)


def _levels_above_item(
    levels: list[tuple[int, str | int]], column: int
) -> list[tuple[int, str | int]]:
    """Return the levels above the next list item, whose dash is in this column, and the item.

    A list may have the same indentation as its key.
    """
    kept = [entry for entry in levels if entry[0] <= column]
    number = 0
    if kept and kept[-1][0] == column and isinstance(kept[-1][1], int):
        number = kept.pop()[1] + 1  # type: ignore[operator]
    return [*kept, (column, number)]
