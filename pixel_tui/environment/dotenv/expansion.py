"""Expands the variables in a value as compose does.

`$A`, `${A}`, `${A:-d}`, `${A-d}`, `${A:?m}`, `${A?m}`, `${A:+r}`, `${A+r}`, nested to any depth,
and `$$` for a dollar sign. Compose expands the text after an operator even if it does not use it,
so an invalid or required variable in an unused default is refused too. A `}` closes the last `{`
before it, except directly after that `{`; if nothing is closed that way, the last `}` of the line
counts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

Lookup = Callable[[str], str | None]

# Compose's reader ignores case, and so accepts two letters that are not ASCII.
_FIRST: Final = "_A-Za-z\u017f\u212a"
_REFERENCE = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<name>[{_FIRST}][{_FIRST}0-9]*)"
    rf"|\{{(?:(?P<braced>[{_FIRST}][{_FIRST}0-9]*)(?P<operator>\}}|:?[-+?])|))"
)
_BRACE = re.compile(r"\{.?|\}|\n", re.DOTALL)


class ExpansionError(Exception):
    """Compose refuses the file for this value."""


class ExpansionTooLong(Exception):
    """The expanded value exceeds the limit."""


@dataclass(slots=True)
class Expansion:
    """An expanded value and its variables."""

    value: str = ""
    names: dict[str, None] = field(default_factory=dict)
    """The variables that were looked up, in order."""
    unset: dict[str, None] = field(default_factory=dict)
    """Those that compose warns of: without a value and an operator."""


@dataclass(slots=True)
class _Frame:
    """A text being expanded: the value itself, or the text after an operator."""

    end: int
    start: int = 0
    resume: int = 0
    """Where its parent continues."""
    name: str = ""
    operator: str = ""
    parts: list[str] = field(default_factory=list)


def is_well_formed(text: str) -> bool:
    """Whether compose can parse all references, regardless of the variables' values."""
    if "${" not in text:
        return True
    return all(token is not None for token in _tokens(text))


def expand(text: str, lookup: Lookup, *, limit: int) -> Expansion:
    """Expand the variables of a value.

    Args:
        text: The value, with its quotes and escapes resolved.
        lookup: Returns the value of a variable; None if it is unset.
        limit: The most characters of the result.

    Raises:
        Refusal: Compose would refuse the file.
        TooLong: The result exceeds `limit`.
    """
    result = Expansion()
    frames = [_Frame(len(text))]
    length = 0
    for token in _tokens(text):
        if token is None:
            raise ExpansionError("a “${” is not followed by a variable's name and a closing “}”")
        if isinstance(token, _Frame):
            frames.append(token)
            continue
        if isinstance(token, str):
            part = token
        elif isinstance(token, _SimpleReference):
            found = lookup(token.name)
            result.names[token.name] = None
            if found is None:
                result.unset[token.name] = None
            part = found or ""
        else:
            part = _apply_operator(frames.pop(), text, lookup, result)
        length += len(part)
        if length > limit:
            raise ExpansionTooLong
        frames[-1].parts.append(part)
    result.value = "".join(frames[0].parts)
    return result


@dataclass(frozen=True, slots=True)
class _SimpleReference:
    """A variable without an operator."""

    name: str


@dataclass(frozen=True, slots=True)
class _Close:
    """The end of the text after an operator."""


_CLOSE: Final = _Close()


def _apply_operator(frame: _Frame, text: str, lookup: Lookup, result: Expansion) -> str:
    """Return the value of a reference with an operator."""
    other = "".join(frame.parts)
    value = lookup(frame.name)
    result.names[frame.name] = None
    is_set = bool(value) if frame.operator.startswith(":") else value is not None
    match frame.operator[-1]:
        case "-":
            return value or "" if is_set else other
        case "+":
            return other if is_set else value or ""
        case _:
            if not is_set:
                # Not expanded: its variables may be secret.
                message = text[frame.start : frame.end]
                raise ExpansionError(
                    f"it needs the variable {frame.name}{f': {message}' if message else ''}"
                )
            return value or ""


def _tokens(text: str) -> Iterator[str | _SimpleReference | _Frame | _Close | None]:
    """Yield text, variables, and the start and end of the text after an operator.

    None is a reference that compose can't parse, and comes last.
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
            yield _SimpleReference(match["name"] or match["braced"])
        elif operator:
            closing = _closing_braces(text) if closing is None else closing
            inner = _operator_frame(text, match, frame.end, closing)
            if inner is None:
                yield None
                return
            stack.append(inner)
            yield inner
        else:
            yield None
            return


def _operator_frame(
    text: str, match: re.Match[str], end: int, closing: dict[int, int]
) -> _Frame | None:
    """Return the frame of the text after this reference's operator; None if it is not closed."""
    close = closing.get(match.start() + 1, end)
    if close >= end:
        line_end = text.find("\n", match.end(), end)
        close = text.rfind("}", match.end(), end if line_end < 0 else line_end)
        if close < 0:
            return None
    return _Frame(close, match.end(), close + 1, match["braced"], match["operator"])


def _closing_braces(text: str) -> dict[int, int]:
    """Return the position of the `}` for each `{`; the character after a `{` never closes it."""
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
