"""Values that are not of the kind that their key wants."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from pixel_tui.environment.checks.case import Check, CheckedFile
from pixel_tui.environment.checks.catalogue import Known, Shape
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

HIGHEST_PORT: Final = 65535
BOOLEANS: Final = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off"})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_LONGEST: Final = 100_000
"""Nothing longer is of any shape, and no time is spent on it."""


def shapes(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Values that don't have the shape that the catalogue tells of."""
    for key, _, value, known in case.filled:
        if known is None or known.shape is None or _fits_pattern(known, value):
            continue
        wrong = why_wrong(known, value)
        if not wrong:
            continue
        tidy = value.strip().strip("\"'").strip()
        yield case.finding(
            known.shape.value,
            EnvironmentLevel.WARNING if known.shape is Shape.TOKEN else EnvironmentLevel.ERROR,
            key,
            wrong,
            _hint(known),
            mend=tidy if tidy != value and not why_wrong(known, tidy) else None,
        )


def like_the_example(case: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Values of another kind than the example's, where nothing else is known of the key."""
    for key, _, value, known in case.filled:
        example = case.example.get(key)
        if example is None or example.commented or (known is not None and known.shape):
            continue
        shape = shape_of(key, example.written)
        wrong = why_wrong(Known(key, shape=shape), value) if shape is not None else ""
        if shape is not None and wrong:
            yield case.finding(
                shape.value,
                EnvironmentLevel.WARNING,
                key,
                f"{wrong} The example has one there.",
                _HINTS[shape],
            )


def shape_of(key: str, value: str) -> Shape | None:
    """The shape that an example's value shows."""
    if key.endswith("PORT") and _is_port(value):
        return Shape.PORT
    if value.lower() in {"true", "false"}:
        return Shape.BOOLEAN
    if _URL.fullmatch(value) and "," not in value:
        return Shape.URL
    return Shape.NUMBER if len(value) > 1 and _NUMBER.fullmatch(value) else None


def why_wrong(known: Known, value: str) -> str:
    """What keeps a value from having the shape of its key; empty where it has it."""
    if len(value) > _LONGEST:
        return f"The value is longer than {_LONGEST} characters."
    return _JUDGES[known.shape](known, value) if known.shape is not None else ""


def _fits_pattern(known: Known, value: str) -> bool:
    return known.pattern is not None and bool(known.pattern.fullmatch(value[:_LONGEST]))


def _url(known: Known, value: str) -> str:
    if any(letter.isspace() for letter in value):
        return "The URL has a space in it."
    if "://" not in value:
        return "Not a URL: the scheme is missing, such as https://."
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "Not a URL: its host or port is not valid."
    if known.schemes and parts.scheme.lower() not in known.schemes:
        allowed = ", ".join(f"{name}://" for name in known.schemes)
        return f"The URL does not start with one of {allowed}."
    if not host and parts.scheme.lower() not in {"file", "sqlite", "unix"}:
        return "Not a URL: the host is missing."
    if port == 0 or (host is not None and host in {"http", "https"}):
        return "Not a URL: its host or port is not valid."
    if "@" in parts.path + parts.query + parts.fragment and "@" not in parts.netloc:
        return "Not a URL: a character of the password must be encoded."
    return ""


def _port(_known: Known, value: str) -> str:
    return "" if _is_port(value) else "Not a port."


def _is_port(value: str) -> bool:
    return bool(_PORT.fullmatch(value)) and int(value) <= HIGHEST_PORT


def _boolean(_known: Known, value: str) -> str:
    return "" if value.lower() in BOOLEANS else "Not true or false."


def _number(_known: Known, value: str) -> str:
    return "" if _NUMBER.fullmatch(value) else "Not a number."


def _hex(known: Known, value: str) -> str:
    digits = value.removeprefix("0x")
    if not _HEX.fullmatch(digits):
        return "Not a hexadecimal key: it has characters other than 0-9 and a-f."
    if known.digits and len(value) != known.digits:
        return f"The key has {len(value)} characters instead of {known.digits}."
    return ""


def _token(known: Known, value: str) -> str:
    if known.pattern is None or _fits_pattern(known, value):
        return ""
    return "The value does not have the expected form."


_JUDGES: Final[Mapping[Shape, Callable[[Known, str], str]]] = {
    Shape.URL: _url,
    Shape.PORT: _port,
    Shape.BOOLEAN: _boolean,
    Shape.NUMBER: _number,
    Shape.HEX: _hex,
    Shape.TOKEN: _token,
}
_HINTS: Final[Mapping[Shape, str]] = {
    Shape.URL: "Write it as scheme://host/path; in a password, / # ? and @ are written as "
    "%2F %23 %3F and %40.",
    Shape.PORT: f"Write a number from 1 to {HIGHEST_PORT}.",
    Shape.BOOLEAN: "Write true or false.",
    Shape.NUMBER: "Write a number without words or units.",
    Shape.HEX: "Copy the complete key again.",
    Shape.TOKEN: "Copy it again, complete, without quotes or spaces.",
}


def _hint(known: Known) -> str:
    if known.looks:
        return f"It should look like: {known.looks}."
    return _HINTS[known.shape] if known.shape is not None else ""


CHECKS: Final[tuple[Check, ...]] = (shapes, like_the_example)
