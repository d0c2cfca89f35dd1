"""Reading untrusted JSON without assumptions about its shape."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from pixel_tui.json_reading import JsonValue, parse_json
from pixel_tui.late_pattern import LatePattern
from pixel_tui.text import SafeText, plain

JsonObject: TypeAlias = dict[str, JsonValue]
__all__ = ["JsonObject", "JsonValue", "Node", "load_object"]

MAX_INTEGER: Final = 2**63 - 1
"""The largest number read, either sign: Docker's own are 64-bit."""


def load_object(raw: bytes | str) -> JsonObject:
    """Parse a JSON object.

    Raises:
        ValueError: It is not JSON, not an object, too long or too deeply nested.
    """
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def as_yaml(value: JsonValue) -> str:
    """Return the value as JSON that is valid YAML, because compose reads its files as YAML.

    JSON escapes a character beyond the BMP as a surrogate pair, which YAML rejects; and YAML
    accepts some characters (such as DEL) only as escapes, which JSON does not require.
    """
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_NOT_IN_YAML = LatePattern("[\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value in untrusted JSON; what is missing or of another type reads as empty."""

    value: JsonValue

    def __getitem__(self, key: str) -> "Node":
        """Return the member of this name, or an empty node."""
        return Node(self.value.get(key)) if isinstance(self.value, dict) else Node(None)

    def __iter__(self) -> Iterator["Node"]:
        """Iterate over the items of a list; over nothing if it is not one."""
        if isinstance(self.value, list):
            for item in self.value:
                yield Node(item)

    def __bool__(self) -> bool:
        """Return whether the value is non-empty."""
        return bool(self.value)

    def mentions(self, text: str) -> bool:
        """Return whether any string in it, keys included, contains this text."""
        if isinstance(self.value, str):
            return text in self.value
        if isinstance(self.value, dict):
            return any(text in key or item.mentions(text) for key, item in self.members())
        return any(item.mentions(text) for item in self)

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """Iterate over the members of an object, with their names unchanged."""
        if isinstance(self.value, dict):
            for key, item in self.value.items():
                yield key, Node(item)

    @property
    def raw(self) -> str:
        """The unchanged string: for comparisons and requests, never for the screen."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def text(self) -> SafeText:
        """The text, made harmless; numbers and booleans as text."""
        if isinstance(self.value, bool):
            return SafeText("true" if self.value else "false")
        if isinstance(self.value, int | float):
            return SafeText(str(self.value))
        return plain(self.raw)

    @property
    def integer(self) -> int:
        """The integer, also from a string of digits; 0 if it is none or exceeds 64 bits."""
        found: int | float = 0
        if isinstance(self.value, int | float):
            found = self.value
        elif isinstance(self.value, str):
            try:
                found = int(self.value)
            except ValueError:
                return 0
        return int(found) if abs(found) <= MAX_INTEGER else 0  # also 0 for NaN

    @property
    def flag(self) -> bool:
        """Whether it is true."""
        return self.value is True
