"""What a program gets that reads a `.env` with python-dotenv.

The library's own parser and its own variables, put together as its `dotenv_values` does, which
would also insert variables of this process.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dotenv.parser import parse_stream
from dotenv.variables import Variable, parse_variables

LONGEST: Final = 1024 * 1024
"""Characters that all values together may come to with their variables inserted."""
_MOST_BLANKS: Final = 10_000
_MOST_STEPS: Final = 10_000_000
"""What the library takes long for, because it grows with the square of it: white space without an
end, and the number of `${` times the length of a value."""
_BLANKS = re.compile(r"\s+")


class TooLong(Exception):
    """No one writes such a file by hand, and reading it would take too long."""


@dataclass(frozen=True, slots=True)
class PythonDotenvValue:
    """One key's value as python-dotenv reads it."""

    value: str | None = field(repr=False)
    """None for a key alone."""
    expanded: tuple[str, ...] = ()
    """The variables that it inserts, in order; empty names too."""


def read_with_python_dotenv(text: str) -> Mapping[str, PythonDotenvValue]:
    """Read each key's value; the last line of a key counts, and lines it can't read are left out.

    Args:
        text: The file. Values refer to keys further up and to no variables of the environment.

    Raises:
        TooLong: The library would take too long for it.
    """
    if any(len(blanks) > _MOST_BLANKS for blanks in _BLANKS.findall(text)):
        raise TooLong
    found: dict[str, PythonDotenvValue] = {}
    values: dict[str, str | None] = {}
    left = LONGEST
    # A program opens the file as text, where every kind of line end is read as `\n`.
    for binding in parse_stream(io.StringIO(text, newline=None)):
        if binding.key is None:
            continue
        reading = _resolved(binding.value, values, left) if binding.value else None
        found[binding.key] = reading or PythonDotenvValue(binding.value)
        values[binding.key] = found[binding.key].value
        left -= len(values[binding.key] or "")
    return found


def _resolved(value: str, values: Mapping[str, str | None], limit: int) -> PythonDotenvValue:
    if value.count("${") * len(value) > _MOST_STEPS:
        raise TooLong
    names, parts = [], []
    for atom in parse_variables(value):
        parts.append(atom.resolve(values))
        limit -= len(parts[-1])
        if limit < 0:
            raise TooLong
        if isinstance(atom, Variable):
            names.append(atom.name)
    return PythonDotenvValue("".join(parts), tuple(names))
