"""Telling whether two values are the same without keeping either.

A mark is of this process alone: its key is made anew with each start, is written nowhere, and
without it a mark says nothing of the value.
"""

import hashlib
import os
from collections.abc import Iterable
from typing import Final

from pixel_tui.text import SafeText, plain

_KEY: Final = os.urandom(32)

Marks = tuple[tuple[SafeText, str], ...]
"""Names of variables, each with the mark of its value, by name."""


def value_mark(value: str) -> str:
    """The mark of a value."""
    data = value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=_KEY, digest_size=8).hexdigest()


def marks(pairs: Iterable[tuple[str, str]]) -> Marks:
    """The marks of variables."""
    return tuple(sorted((plain(name), value_mark(value)) for name, value in pairs))


def others(wanted: Marks, has: Marks) -> tuple[SafeText, ...]:
    """Names of what is wanted and is not there, or is there with another value."""
    there = dict(has)
    return tuple(name for name, mark in wanted if there.get(name) != mark)
