"""Parses JSON from outside: the engine, compose, other programs' files, and our own.

Invalid, too long or too deeply nested text is always a `ValueError`.
"""

import json
from typing import Final, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_BYTES: Final = 64 << 20
"""Bytes of a text. The largest answers of engines with thousands of containers are below 20 MiB."""
MAX_DEPTH: Final = 64
"""Levels of nesting. Docker's JSON has at most about ten."""


def parse_json(raw: bytes | str, *, max_bytes: int = MAX_BYTES) -> JsonValue:
    """Parse a JSON text.

    Args:
        raw: The text; bytes are in UTF-8, UTF-16 or UTF-32.
        max_bytes: The most bytes (characters of a `str`) of the text.

    Raises:
        ValueError: It is invalid, longer than that, or nested more than `MAX_DEPTH` deep.
    """
    if len(raw) > max_bytes:
        raise ValueError(f"longer than {max_bytes:,} bytes")
    try:
        value: JsonValue = json.loads(raw)
    except RecursionError:
        raise ValueError("nested too deep") from None
    # Text with fewer brackets can't be deeper; the usual case.
    brackets = raw.count(b"[") + raw.count(b"{") if isinstance(raw, bytes) else (
        raw.count("[") + raw.count("{")
    )  # fmt: skip
    if brackets > MAX_DEPTH and is_too_deep(value):
        raise ValueError("nested too deep")
    return value


def is_too_deep(value: object) -> bool:
    """Whether a value is nested more than `MAX_DEPTH` deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for item in level
            for inner in (
                item.values() if type(item) is dict else item if type(item) is list else ()
            )
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True
