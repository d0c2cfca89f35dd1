"""Keyed hashes of values, to compare values without keeping them.

A mark is valid in this process only: the key is generated at each start and never stored, and
without it a mark reveals nothing about the value.
"""

import hashlib
import os
from collections.abc import Iterable
from typing import Final

from pixel_tui.text import SafeText, plain

_KEY: Final = os.urandom(32)

Marks = tuple[tuple[SafeText, str], ...]
"""(name, mark of the value) of variables, sorted by name."""


def value_mark(value: str) -> str:
    """Return the mark of a value."""
    data = value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=_KEY, digest_size=8).hexdigest()


def marks(pairs: Iterable[tuple[str, str]]) -> Marks:
    """Return the marks of variables given as (name, value)."""
    return tuple(sorted((plain(name), value_mark(value)) for name, value in pairs))


def differing_names(wanted: Marks, has: Marks) -> tuple[SafeText, ...]:
    """Return the names in `wanted` that are missing in `has` or have another value there."""
    there = dict(has)
    return tuple(name for name, mark in wanted if there.get(name) != mark)
