"""Which build arguments an image was built with, from its history. Pure.

The engine tells them in the commands that could see them: `RUN |2 A=x B=y /bin/sh -c ...` of
BuildKit, `|2 A=x B=y /bin/sh -c ...` of the builder before it. Arguments of an earlier stage
are not in the image's history, and one that no command could see has no value in it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pixel_tui.stack.json_value import JsonObject, Node

BAKED_PREFIXES: Final = ("NEXT_PUBLIC_", "NUXT_PUBLIC_", "REACT_APP_", "VITE_")
"""Variables that a build writes into the program: another value needs another image."""

_COMMAND = re.compile(r"(?:RUN )?\|(\d+) (.*)", re.DOTALL)
_DECLARED = re.compile(r"(?:/bin/sh -c #\(nop\)\s+)?ARG ([A-Za-z_][A-Za-z0-9_]*)")


def is_baked(name: str) -> bool:
    """Whether a build writes the value of this variable into the program."""
    return name.startswith(BAKED_PREFIXES)


def build_arguments(history: Iterable[JsonObject]) -> Mapping[str, str]:
    """The values of build arguments, those only that can be told for certain.

    Args:
        history: `GET /images/{name}/history`, newest first.
    """
    commands = [Node(item)["CreatedBy"].raw for item in history]
    declared = {match[1] for command in commands if (match := _DECLARED.match(command))}
    found: dict[str, str] = {}
    for command in commands:
        match = _COMMAND.match(command)
        if match is not None:
            for name, value in _values(match[2], int(match[1]), declared).items():
                found.setdefault(name, value)
    return found


def _values(words: str, count: int, declared: set[str]) -> Mapping[str, str]:
    """`A=x y B=z /bin/sh -c ...`: nothing is quoted in it, so the names have to tell."""
    if not declared:
        return {}
    names = "|".join(re.escape(name) for name in sorted(declared, key=len, reverse=True))
    marks = list(re.finditer(rf"(?:^|(?<= ))({names})=", words))[:count]
    if len(marks) != count or marks[0].start() != 0:
        return {}
    ends = [mark.start() - 1 for mark in marks[1:]]
    # The shell stands behind the last one: it begins with its path.
    shell = words.find(" /", marks[-1].end())
    ends.append(shell if shell >= 0 else len(words))
    return {mark[1]: words[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
