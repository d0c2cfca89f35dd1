"""Values that don't have the shape that their key needs."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from pixel_tui.environment.checks.catalogue import KnownKey, Shape
from pixel_tui.environment.checks.checked_file import Check, CheckedFile
from pixel_tui.environment.checks.finding import EnvironmentFinding, EnvironmentLevel

HIGHEST_PORT: Final = 65535
BOOLEANS: Final = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off"})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_MAX_LENGTH: Final = 100_000
"""Longer values have no valid shape and are not parsed."""


def shapes(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values without the shape that the catalogue defines."""
    for key, _, value, known in file.filled:
        if known is None or known.shape is None or _fits_pattern(known, value):
            continue
        error = shape_error(known, value)
        if not error:
            continue
        cleaned = value.strip().strip("\"'").strip()
        yield file.finding(
            known.shape.value,
            EnvironmentLevel.WARNING if known.shape is Shape.TOKEN else EnvironmentLevel.ERROR,
            key,
            error,
            _hint(known),
            fix=cleaned if cleaned != value and not shape_error(known, cleaned) else None,
        )


def like_the_example(file: CheckedFile) -> Iterator[EnvironmentFinding]:
    """Finds values of another shape than the example's, for keys without one in the catalogue."""
    for key, _, value, known in file.filled:
        example = file.example.get(key)
        if example is None or example.commented or (known is not None and known.shape):
            continue
        shape = shape_of(key, example.written)
        error = shape_error(KnownKey(key, shape=shape), value) if shape is not None else ""
        if shape is not None and error:
            yield file.finding(
                shape.value,
                EnvironmentLevel.WARNING,
                key,
                f"{error} The example has one there.",
                _HINTS[shape],
            )


def shape_of(key: str, value: str) -> Shape | None:
    """Return the shape of an example's value; None if it is not evident."""
    if key.endswith("PORT") and _is_port(value):
        return Shape.PORT
    if value.lower() in {"true", "false"}:
        return Shape.BOOLEAN
    if _URL.fullmatch(value) and "," not in value:
        return Shape.URL
    return Shape.NUMBER if len(value) > 1 and _NUMBER.fullmatch(value) else None


def shape_error(known: KnownKey, value: str) -> str:
    """Return why a value does not have the shape of its key; empty if it does."""
    if len(value) > _MAX_LENGTH:
        return f"The value is longer than {_MAX_LENGTH} characters."
    return _VALIDATORS[known.shape](known, value) if known.shape is not None else ""


def _fits_pattern(known: KnownKey, value: str) -> bool:
    return known.pattern is not None and bool(known.pattern.fullmatch(value[:_MAX_LENGTH]))


def _url(known: KnownKey, value: str) -> str:
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


def _port(_known: KnownKey, value: str) -> str:
    return "" if _is_port(value) else "Not a port."


def _is_port(value: str) -> bool:
    return bool(_PORT.fullmatch(value)) and int(value) <= HIGHEST_PORT


def _boolean(_known: KnownKey, value: str) -> str:
    return "" if value.lower() in BOOLEANS else "Not true or false."


def _number(_known: KnownKey, value: str) -> str:
    return "" if _NUMBER.fullmatch(value) else "Not a number."


def _hex(known: KnownKey, value: str) -> str:
    digits = value.removeprefix("0x")
    if not _HEX.fullmatch(digits):
        return "Not a hexadecimal key, since it has characters other than 0-9 and a-f."
    if known.digits and len(value) != known.digits:
        return f"The key has {len(value)} characters instead of {known.digits}."
    return ""


def _token(known: KnownKey, value: str) -> str:
    if known.pattern is None or _fits_pattern(known, value):
        return ""
    return "The value does not have the expected form."


_VALIDATORS: Final[Mapping[Shape, Callable[[KnownKey, str], str]]] = {
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


def _hint(known: KnownKey) -> str:
    if known.description:
        return f"It should look like: {known.description}."
    return _HINTS[known.shape] if known.shape is not None else ""


CHECKS: Final[tuple[Check, ...]] = (shapes, like_the_example)
