"""Pretty-prints a log line over several lines. Pure."""

from collections.abc import Iterator
from typing import Final

from pixel_tui.logs.structure import MAX_SIZE, json_object, logfmt_pairs
from pixel_tui.text import SafeText, plain, plain_lines

MAX_DEPTH: Final = 12
"""Levels of nesting that are printed; deeper ones are only counted."""
MAX_LINES: Final = 2000
"""Lines that are returned."""
MAX_WIDTH: Final = 4000
"""Characters of one line."""
_INDENT: Final = "  "


def pretty(text: bytes | str) -> tuple[SafeText, ...]:
    """Return a line laid out over several: JSON indented, logfmt with one pair per line.

    Multi-line values, such as stack traces, are on lines of their own. A line that is
    neither, or too long to be parsed, stays one line.
    """
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if len(text) > MAX_SIZE:
        return (_cut(plain(line[: 4 * MAX_WIDTH])),)
    record = json_object(line) if line[:1] == "{" else None
    if record is not None:
        return _bounded(_layout(record, "", "", 0))
    pairs = logfmt_pairs(line) if "=" in line else None
    if pairs is not None:
        width = min(max(len(plain(name)) for name, _ in pairs), 24)
        return _bounded(
            part for name, value in pairs for part in _text(value, f"{plain(name):<{width}}  ", "")
        )
    return (_cut(plain(line)),)


def _bounded(lines: Iterator[SafeText]) -> tuple[SafeText, ...]:
    kept: list[SafeText] = []
    for line in lines:
        if len(kept) == MAX_LINES:
            kept.append(SafeText("… and more"))
            break
        kept.append(_cut(line))
    return tuple(kept)


def _cut(line: SafeText) -> SafeText:
    return (
        line
        if len(line) <= MAX_WIDTH
        else SafeText(f"{line[:MAX_WIDTH]} … ({len(line):,} characters)")
    )


def _layout(value: object, head: str, indent: str, depth: int) -> Iterator[SafeText]:
    """Yield a JSON value after its key, with nested values indented below."""
    if isinstance(value, str):
        yield from _text(value, head, indent)
    elif not isinstance(value, dict | list):
        yield SafeText(f"{indent}{head}{_scalar(value)}")
    elif not value:
        yield SafeText(f"{indent}{head}{'{}' if isinstance(value, dict) else '[]'}")
    elif depth == MAX_DEPTH:
        yield SafeText(f"{indent}{head}… {len(value)} inside")
    else:
        if head:
            yield SafeText(f"{indent}{head}".rstrip())
        inner = indent + _INDENT if head else indent
        if isinstance(value, dict):
            for name, part in value.items():
                yield from _layout(part, f"{plain(str(name)[:MAX_WIDTH])}: ", inner, depth + 1)
        else:
            for part in value:
                yield from _layout(part, "- ", inner, depth + 1)


def _scalar(value: object) -> SafeText:
    if isinstance(value, bool):
        return SafeText("true" if value else "false")
    return SafeText("null") if value is None else plain(repr(value))


def _text(value: str, head: str, indent: str) -> Iterator[SafeText]:
    """Yield text after its key; text of several lines, below it."""
    lines = plain_lines(value)
    if len(lines) == 1:
        yield SafeText(f"{indent}{head}{lines[0]}")
        return
    yield SafeText(f"{indent}{head}".rstrip())
    for line in lines:
        yield SafeText(f"{indent}{_INDENT}{line}")
