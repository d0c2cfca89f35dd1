"""Reading foreign JSON without ever trusting its shape."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from pixel_tui.json_reading import JsonValue, parse_json
from pixel_tui.late_pattern import LatePattern
from pixel_tui.text import SafeText, plain

JsonObject: TypeAlias = dict[str, JsonValue]
__all__ = ["JsonObject", "JsonValue", "Node", "load_object"]

LARGEST: Final = 2**63 - 1
"""What Docker's own numbers fit in, either sign."""


def load_object(raw: bytes | str) -> JsonObject:
    """Parse a JSON text whose top is an object.

    Raises:
        ValueError: It is no JSON, no object, too long or too deep.
    """
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def as_yaml(value: JsonValue) -> str:
    """The value as JSON that a YAML reader takes too: compose reads what it is given as YAML.

    JSON writes a character beyond the BMP as two escapes, which YAML refuses, and YAML takes
    some characters (such as DEL) only as escapes, which JSON need not write.
    """
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_NOT_IN_YAML = LatePattern("[\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value inside foreign JSON; whatever is missing or of another kind reads as empty."""

    value: JsonValue

    def __getitem__(self, key: str) -> "Node":
        """The member of this name, or an empty node."""
        return Node(self.value.get(key)) if isinstance(self.value, dict) else Node(None)

    def __iter__(self) -> Iterator["Node"]:
        """The items of a list; nothing for anything else."""
        if isinstance(self.value, list):
            for item in self.value:
                yield Node(item)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.value)

    def mentions(self, text: str) -> bool:
        """Whether any text in it, keys too, has this in it."""
        if isinstance(self.value, str):
            return text in self.value
        if isinstance(self.value, dict):
            return any(text in key or item.mentions(text) for key, item in self.members())
        return any(item.mentions(text) for item in self)

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """The members of an object, names as they came."""
        if isinstance(self.value, dict):
            for key, item in self.value.items():
                yield key, Node(item)

    @property
    def raw(self) -> str:
        """The text exactly as it came: for comparing and for asking again, never for a screen."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def text(self) -> SafeText:
        """The text, harmless; numbers are written out."""
        if isinstance(self.value, bool):
            return SafeText("true" if self.value else "false")
        if isinstance(self.value, int | float):
            return SafeText(str(self.value))
        return plain(self.raw)

    @property
    def integer(self) -> int:
        """The whole number, 0 when there is none of 64 bits; digits in a text count."""
        found: int | float = 0
        if isinstance(self.value, int | float):
            found = self.value
        elif isinstance(self.value, str):
            try:
                found = int(self.value)
            except ValueError:
                return 0
        return int(found) if abs(found) <= LARGEST else 0  # a float that is no number is not

    @property
    def flag(self) -> bool:
        """Whether it is true."""
        return self.value is True
