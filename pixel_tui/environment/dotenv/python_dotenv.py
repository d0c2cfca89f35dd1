"""Reads a `.env` as python-dotenv does.

Uses the library's parser and expansion as its `dotenv_values` does, but without the variables of
this process.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dotenv.parser import parse_stream
from dotenv.variables import Variable, parse_variables

MAX_CHARACTERS: Final = 1024 * 1024
"""The most characters of all expanded values together."""
_MAX_BLANKS: Final = 10_000
_MAX_STEPS: Final = 10_000_000
"""The library's time grows with the square of the length of white space, and with the number of
`${` times the length of a value."""
_BLANKS = re.compile(r"\s+")


class TooSlowToRead(Exception):
    """Reading the file would take too long."""


@dataclass(frozen=True, slots=True)
class PythonDotenvValue:
    """One key's value as python-dotenv reads it."""

    value: str | None = field(repr=False)
    """None for a bare key."""
    expanded: tuple[str, ...] = ()
    """The variables in the value, in order; names may be empty."""


def read_with_python_dotenv(text: str) -> Mapping[str, PythonDotenvValue]:
    """Return each key's value; the last line of a key counts, and unreadable lines are skipped.

    Args:
        text: The file. Values refer only to keys further up, not to the environment.

    Raises:
        TooLong: Reading it would take too long.
    """
    if any(len(blanks) > _MAX_BLANKS for blanks in _BLANKS.findall(text)):
        raise TooSlowToRead
    found: dict[str, PythonDotenvValue] = {}
    values: dict[str, str | None] = {}
    remaining = MAX_CHARACTERS
    # A program opens the file as text, where every kind of line end is read as `\n`.
    for binding in parse_stream(io.StringIO(text, newline=None)):
        if binding.key is None:
            continue
        reading = _expand(binding.value, values, remaining) if binding.value else None
        found[binding.key] = reading or PythonDotenvValue(binding.value)
        values[binding.key] = found[binding.key].value
        remaining -= len(values[binding.key] or "")
    return found


def _expand(value: str, values: Mapping[str, str | None], limit: int) -> PythonDotenvValue:
    if value.count("${") * len(value) > _MAX_STEPS:
        raise TooSlowToRead
    names, parts = [], []
    for atom in parse_variables(value):
        parts.append(atom.resolve(values))
        limit -= len(parts[-1])
        if limit < 0:
            raise TooSlowToRead
        if isinstance(atom, Variable):
            names.append(atom.name)
    return PythonDotenvValue("".join(parts), tuple(names))
