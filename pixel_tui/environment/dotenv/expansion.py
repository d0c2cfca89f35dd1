"""The variables in a value, as compose puts them in.

`$A`, `${A}`, `${A:-d}`, `${A-d}`, `${A:?m}`, `${A?m}`, `${A:+r}`, `${A+r}`, nested to any depth,
and `$$` for a dollar. Compose works out the text behind an operator even where it does not use
it, so a wrong or a required variable in a default that is not needed is refused all the same.
A `}` closes what the last `{` before it has opened, except directly behind that `{`; where
nothing is closed that way the last `}` of the line is taken.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

Lookup = Callable[[str], str | None]

# The reader ignores case, and by that takes two letters that are no ASCII.
_FIRST: Final = "_A-Za-z\u017f\u212a"
_REFERENCE = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<name>[{_FIRST}][{_FIRST}0-9]*)"
    rf"|\{{(?:(?P<braced>[{_FIRST}][{_FIRST}0-9]*)(?P<operator>\}}|:?[-+?])|))"
)
_BRACE = re.compile(r"\{.?|\}|\n", re.DOTALL)


class Refusal(Exception):
    """Compose refuses the whole file for this value."""


class TooLong(Exception):
    """The value grows beyond what was allowed."""


@dataclass(slots=True)
class Expansion:
    """A value with its variables put in."""

    value: str = ""
    names: dict[str, None] = field(default_factory=dict)
    """The variables that were asked for, in order."""
    unset: dict[str, None] = field(default_factory=dict)
    """Those of them that compose warns of: they have no value and no operator."""


@dataclass(slots=True)
class _Frame:
    """Text that is worked through: the value itself, or what stands behind an operator."""

    end: int
    start: int = 0
    resume: int = 0
    """Where its parent goes on."""
    name: str = ""
    operator: str = ""
    parts: list[str] = field(default_factory=list)


def is_well_formed(text: str) -> bool:
    """Whether compose can make sense of all references, whatever the variables are."""
    if "${" not in text:
        return True
    return all(step is not None for step in _steps(text))


def expanded(text: str, lookup: Lookup, *, limit: int) -> Expansion:
    """Put the variables in.

    Args:
        text: The value, its quotes and escapes already resolved.
        lookup: The value of a variable; None where nobody has set it.
        limit: Characters that may be put together.

    Raises:
        Refusal: Compose would refuse the file.
        TooLong: More than `limit`.
    """
    result = Expansion()
    frames = [_Frame(len(text))]
    spent = 0
    for step in _steps(text):
        if step is None:
            raise Refusal("a “${” is not followed by a variable's name and a closing “}”")
        if isinstance(step, _Frame):
            frames.append(step)
            continue
        if isinstance(step, str):
            part = step
        elif isinstance(step, _Plain):
            found = lookup(step.name)
            result.names[step.name] = None
            if found is None:
                result.unset[step.name] = None
            part = found or ""
        else:
            part = _chosen(frames.pop(), text, lookup, result)
        spent += len(part)
        if spent > limit:
            raise TooLong
        frames[-1].parts.append(part)
    result.value = "".join(frames[0].parts)
    return result


@dataclass(frozen=True, slots=True)
class _Plain:
    """A variable without an operator."""

    name: str


@dataclass(frozen=True, slots=True)
class _Close:
    """The end of what stands behind an operator."""


_CLOSE: Final = _Close()


def _chosen(frame: _Frame, text: str, lookup: Lookup, result: Expansion) -> str:
    """What a variable with an operator comes to."""
    other = "".join(frame.parts)
    value = lookup(frame.name)
    result.names[frame.name] = None
    given = bool(value) if frame.operator.startswith(":") else value is not None
    match frame.operator[-1]:
        case "-":
            return value or "" if given else other
        case "+":
            return other if given else value or ""
        case _:
            if not given:
                # Not with its variables put in: they may be secret.
                said = text[frame.start : frame.end]
                raise Refusal(f"it needs the variable {frame.name}{f': {said}' if said else ''}")
            return value or ""


def _steps(text: str) -> Iterator[str | _Plain | _Frame | _Close | None]:
    """Text, variables, and the begin and end of what stands behind operators.

    None is a reference that compose can't read; nothing comes after it.
    """
    closing: dict[int, int] | None = None
    stack = [_Frame(len(text))]
    position = 0
    while True:
        frame = stack[-1]
        match = _REFERENCE.search(text, position, frame.end)
        if match is None:
            if position < frame.end:
                yield text[position : frame.end]
            if len(stack) == 1:
                return
            position = stack.pop().resume
            yield _CLOSE
            continue
        if match.start() > position:
            yield text[position : match.start()]
        position = match.end()
        operator = match["operator"]
        if match["dollar"]:
            yield "$"
        elif match["name"] or operator == "}":
            yield _Plain(match["name"] or match["braced"])
        elif operator:
            closing = _closing_braces(text) if closing is None else closing
            inner = _opened(text, match, frame.end, closing)
            if inner is None:
                yield None
                return
            stack.append(inner)
            yield inner
        else:
            yield None
            return


def _opened(text: str, match: re.Match[str], end: int, closing: dict[int, int]) -> _Frame | None:
    """What stands behind the operator of this reference; None where it has no end."""
    close = closing.get(match.start() + 1, end)
    if close >= end:
        line_end = text.find("\n", match.end(), end)
        close = text.rfind("}", match.end(), end if line_end < 0 else line_end)
        if close < 0:
            return None
    return _Frame(close, match.end(), close + 1, match["braced"], match["operator"])


def _closing_braces(text: str) -> dict[int, int]:
    """Where each `{` is closed; the character behind a `{` never closes it."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        match match.group()[0]:
            case "{":
                opened.append(match.start())
                if match.group().endswith("\n"):
                    opened.clear()
            case "}" if opened:
                closing[opened.pop()] = match.start()
            case "\n":
                opened.clear()
            case _:
                pass
    return closing
